"""Mistakes in models and data: Keras's type of error, and nothing has changed.

Each message names the layer or the argument, what was expected and what came.
"""

import numpy as np
import pytest

from ckeras import Input, Sequential, layers, losses, metrics, optimizers, utils


def numbers_of(model):
    """Copies of the weights and of the optimizer's state."""
    held = [*model.weights, *(model.optimizer.variables if model.optimizer else ())]
    return [v.numpy().copy() for v in held]


def state(model):
    """Every number that training may change, and the record of training."""
    numbers = numbers_of(model) + [v.numpy().copy() for v in model.metrics_variables]
    history = getattr(model, "history", None)
    return numbers, history, dict(history.history) if history else None


def assert_equal(ones, others):
    assert len(ones) == len(others)
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_unchanged(model, before):
    numbers, history, record = state(model)
    assert_equal(numbers, before[0])
    assert history is before[1]
    assert record == before[2]


def refuses(model, kind, message, x, y, methods=("fit", "evaluate"), **arguments):
    """Asserts that methods raise `kind`, and leave the model as it was."""
    before = state(model)
    for method in methods:
        with pytest.raises(kind, match=message):
            getattr(model, method)(x, y, verbose=0, **arguments)
    assert_unchanged(model, before)


def classifier(loss="sparse_categorical_crossentropy", units=3):
    """A classifier of 4 features that has been trained, so that it has state."""
    utils.set_random_seed(1)
    model = Sequential(
        [
            Input((4,)),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(units, activation="softmax", name="classes"),
        ]
    )
    model.compile("adam", loss, metrics=["accuracy"])
    y = [0, 1, 2, 0, 1, 2]
    if loss == "categorical_crossentropy":
        y = utils.to_categorical(y, units)
    model.fit(X, np.asarray(y), epochs=2, verbose=0)
    return model


X = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2])


def sequences():
    utils.set_random_seed(1)
    model = Sequential([Input((5, 2)), layers.LSTM(3, name="reader"), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(np.ones((6, 5, 2)), np.ones((6, 1)), verbose=0)
    return model


def words():
    utils.set_random_seed(1)
    model = Sequential(
        [
            Input((3,), dtype="int32"),
            layers.Embedding(5, 2, name="words"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((6, 3), int), np.ones((6, 1)), verbose=0)
    return model


# --- shapes -------------------------------------------------------------------------


def test_feature_count():
    message = "'hidden'.*to have value 4.*received input with shape .*3"
    refuses(classifier(), ValueError, message, X[:, :3], Y)
    refuses(sequences(), ValueError, "'reader'.*value 2.*5, 3", np.ones((6, 5, 3)), Y)


def test_rank():
    refuses(classifier(), ValueError, "4.*6, 4, 2", np.ones((6, 4, 2)), Y)
    refuses(sequences(), ValueError, "5, 2.*6, 5", np.ones((6, 5)), Y)
    refuses(sequences(), ValueError, "5, 2.*6, 5, 2, 2", np.ones((6, 5, 2, 2)), Y)


@pytest.mark.parametrize("method", ["predict", "predict_on_batch", "__call__"])
def test_shapes_for_predict(method):
    model = classifier()
    model.predict(X, verbose=0)
    before = state(model)
    with pytest.raises(ValueError, match="'hidden'.*value 4.*, 3"):
        getattr(model, method)(X[:, :3])
    assert_unchanged(model, before)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_shapes_of_single_batches(method):
    model = classifier()
    before = state(model)
    for x, y, message in [
        (X[:, :3], Y, "'hidden'"),
        (X, Y[:5], "cardinality"),
        (X, Y + 1, "from 0 to 2"),
        (X.astype(str), Y, "dtype"),
        (X[:0], Y[:0], "empty"),
    ]:
        with pytest.raises(ValueError, match=message):
            getattr(model, method)(x, y)
    assert_unchanged(model, before)


def test_lengths():
    message = "(?s)same number of samples.*'x' sizes: 6.*'y' sizes: 5"
    refuses(classifier(), ValueError, message, X, Y[:5])
    model = classifier()
    before = state(model)
    with pytest.raises(ValueError, match="same number of samples"):
        model.fit(X, Y, validation_data=(X, Y[:2]), verbose=0)
    assert_unchanged(model, before)


@pytest.mark.parametrize("empty", [X[:0], [], np.zeros((0,))])
def test_empty(empty):
    model = classifier()
    refuses(model, ValueError, "empty|at least one sample", empty, Y[:0])
    with pytest.raises(ValueError, match="empty|at least one sample"):
        model.predict(empty, verbose=0)


def test_the_number_of_inputs():
    message = "(?s)Expected.*received|Expected.*Received"
    refuses(classifier(), ValueError, message, [X, X], Y)


# --- types --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtype", [str, bytes, object, complex, "datetime64[s]", [("a", "f4")]]
)
@pytest.mark.parametrize("argument", ["x", "y", "sample_weight"])
def test_types(dtype, argument):
    given = {"x": X, "y": Y, "sample_weight": np.ones(6)}
    if dtype is object:
        given[argument] = np.full(given[argument].shape, None)
    elif isinstance(dtype, list):
        given[argument] = np.zeros(given[argument].shape, dtype)
    else:
        given[argument] = given[argument].astype(dtype)
    x, y = given.pop("x"), given.pop("y")
    weight = given if argument == "sample_weight" else {}
    message = f"`{argument}` has a dtype.*Expected numbers.*Received: dtype="
    refuses(classifier(), ValueError, message, x, y, **weight)


def test_ragged_rows():
    refuses(classifier(), ValueError, "`x`.*same length", [[1.0, 2.0], [1.0]], Y[:2])


def test_things_that_are_no_data():
    for thing in (None, 3, "text", object()):
        refuses(classifier(), ValueError, "x", thing, Y)


# --- labels -------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["mse", "mae", "categorical_crossentropy"])
def test_nan_labels(loss):
    y = np.eye(3, dtype="float32")[Y]
    y[4, 1] = np.nan
    model = classifier("categorical_crossentropy")
    model.compile("adam", loss)
    model.fit(X, np.eye(3)[Y], verbose=0)
    refuses(model, ValueError, r"`y` holds NaN.*\(4, 1\)", X, y)


def test_nan_class_numbers():
    y = Y.astype("float32")
    y[3] = np.nan
    refuses(classifier(), ValueError, r"`y` holds NaN.*\(3,\)", X, y)


@pytest.mark.parametrize("label, more", [(3, "units=4"), (19, "units=20"), (-1, "-1")])
def test_labels_out_of_range(label, more):
    y = Y.copy()
    y[5] = label
    message = f"`y` is out of range.*from 0 to 2.*Received.*{more}"
    refuses(classifier(), ValueError, message, X, y)
    refuses(classifier(), ValueError, message, X, y[:, np.newaxis])
    refuses(classifier(), ValueError, message, X, y.astype("float32"))


def test_labels_for_the_other_crossentropy():
    one_hot = np.eye(3)[Y]
    message = "one-hot labels, use 'categorical_crossentropy'"
    refuses(classifier(), ValueError, message, X, one_hot)
    message = r"to_categorical\(y, 3\).*'sparse_categorical_crossentropy'"
    refuses(classifier("categorical_crossentropy"), ValueError, message, X, Y)


def test_more_classes_than_units():
    message = r"expected \(6, 3\).*Received shape \(6, 20\)"
    y = np.eye(20)[:6]
    refuses(classifier("categorical_crossentropy"), ValueError, message, X, y)


def test_one_unit_for_20_classes():
    model = Sequential([Input((4,)), layers.Dense(1, name="last")])
    model.compile("adam", "categorical_crossentropy")
    before = model.get_weights()
    message = "one output unit for each class.*20 classes.*units=20.*softmax"
    for y in (np.eye(20)[:6], np.arange(14, 20)):
        with pytest.raises(ValueError, match=message):
            model.fit(X, y, verbose=0)
    assert_equal(model.get_weights(), before)


def test_targets_left_out():
    model = classifier()
    refuses(model, ValueError, r"no `y`.*'classes'.*fit\(x, y\)", X, None)


# --- numbers of the loop ------------------------------------------------------------


@pytest.mark.parametrize("size", [0, -1, 2.5, "2", True])
def test_batch_size(size):
    message = f"`batch_size` must be an integer.*batch_size={size}"
    model = classifier()
    refuses(model, ValueError, message, X, Y, batch_size=size)
    with pytest.raises(ValueError, match=message):
        model.predict(X, batch_size=size, verbose=0)


@pytest.mark.parametrize("share", [1.0, 1.5, -0.5, 0.9999])
def test_validation_split(share):
    model = classifier()
    before = state(model)
    with pytest.raises(ValueError, match="validation_split"):
        model.fit(X[:2], Y[:2], validation_split=share, verbose=0)
    assert_unchanged(model, before)


# --- indices of embeddings ----------------------------------------------------------


@pytest.mark.parametrize("index", [5, 1000, 2**31 - 1, -6, -(2**31)])
@pytest.mark.parametrize("row", [0, 5])
def test_an_index_outside_the_table(index, row):
    x = np.ones((6, 3), "int64")
    x[row, 1] = index
    model = words()
    before, record = numbers_of(model), dict(model.history.history)
    for method in (model.fit, model.evaluate):
        with pytest.raises(IndexError, match="words`.*from -5 to 4.*Received"):
            method(x, np.ones((6, 1)), batch_size=6, verbose=0)
    for method in (model.predict, model.predict_on_batch, model):
        with pytest.raises(IndexError, match="from -5 to 4.*Received"):
            method(x)
    assert_equal(numbers_of(model), before)
    assert model.history.history in ({}, record)


def test_an_index_outside_the_table_in_a_later_batch():
    """Batches before it have trained; the one with the index has not."""
    x, y = np.ones((6, 3), int), np.ones((6, 1))
    x[5] = 7
    model, twin = words(), words()
    twin.fit(x[:4], y[:4], batch_size=2, shuffle=False, verbose=0)
    with pytest.raises(IndexError, match="Received"):
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
    assert_equal(numbers_of(model), numbers_of(twin))


def test_a_model_goes_on_after_an_index_outside_the_table():
    model, twin = words(), words()
    x, y = np.ones((6, 3), int), np.ones((6, 1))
    with pytest.raises(IndexError):
        model.fit(x + 9, y, verbose=0)
    for one in (model, twin):
        utils.set_random_seed(2)
        one.fit(x, y, epochs=2, verbose=0)
    assert_equal(numbers_of(model), numbers_of(twin))


# --- models that are not ready, and names that are not known ------------------------


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_not_compiled(method):
    model = Sequential([Input((4,)), layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match=rf"`compile\(\)`.*{method}.*'raw'"):
        getattr(model, method)(X, Y)
    assert model.optimizer is None


def test_not_built(tmp_path):
    model = Sequential([layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match=r"`count_params`.*'raw'.*build"):
        model.count_params()
    with pytest.raises(ValueError, match="not yet been built"):
        model.save_weights(tmp_path / "raw.weights.h5")
    with pytest.raises(AttributeError, match="no defined input"):
        model.inputs
    with pytest.raises(AttributeError, match="never been called"):
        layers.Dense(1, name="d").input
    with pytest.raises(ValueError, match="'raw'.*0 weights|expecting 0|built"):
        model.set_weights([np.ones((4, 1)), np.ones(1)])
    assert not model.built and not model.weights


def test_no_layers():
    model = Sequential(name="raw")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"raw cannot be built.*model\.add"):
        model.fit(X, Y, verbose=0)


def test_no_loss():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"No loss.*`loss`.*`compile\(\)`"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    "make, kind",
    [
        (lambda: layers.Dense(1, activation="nothing"), "activation"),
        (lambda: layers.LSTM(1, recurrent_activation="nothing"), "activation"),
        (lambda: layers.Dense(1, kernel_initializer="nothing"), "initializer"),
        (lambda: layers.Dense(1, kernel_regularizer="nothing"), "regularizer"),
        (lambda: layers.Dense(1, kernel_constraint="nothing"), "constraint"),
        (lambda: layers.Embedding(2, 3, "nothing"), "initializer"),
        (lambda: losses.get("nothing"), "loss"),
        (lambda: metrics.get("nothing"), "metric"),
        (lambda: optimizers.get("nothing"), "optimizer"),
    ],
)
def test_unknown_names(make, kind):
    message = f"Could not interpret {kind}.* identifier: nothing.*Expected"
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.Dense(0), "`units`.*positive integer.*0"),
        (lambda: layers.Dense(2.5), "`units`.*positive integer.*2.5"),
        (lambda: layers.LSTM(-1), "`units`.*positive integer.*-1"),
        (lambda: layers.Dropout(1.5), "`rate`.*between 0 and 1.*1.5"),
        (lambda: optimizers.SGD("fast"), "`learning_rate`.*fast"),
        (lambda: Sequential([3]), "`keras.Layer`.*3"),
    ],
)
def test_arguments_of_layers_and_optimizers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("weights", [[X], [X, X, X, X], [X.T] * 4])
def test_weights_of_other_shapes(weights):
    model = classifier()
    before = state(model)
    with pytest.raises(ValueError, match="weight"):
        model.set_weights(weights)
    assert_unchanged(model, before)


def test_set_weights_sets_all_or_nothing():
    model = classifier()
    before = state(model)
    wrong = [np.zeros_like(w) for w in model.get_weights()]
    wrong[-1] = np.zeros(7)
    with pytest.raises(ValueError, match=r"shape \(3,\).*shape \(7,\)"):
        model.set_weights(wrong)
    assert_unchanged(model, before)
