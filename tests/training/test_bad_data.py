"""Mistakes in data: Keras's type of error, and nothing has changed.

Each message names the layer or the argument, what was expected and what came.
"""

import numpy as np
import pytest

from ckeras import Input, Sequential, layers, utils
from tests.training.unchanged import (
    X,
    Y,
    assert_equal,
    assert_unchanged,
    classifier,
    numbers_of,
    refuses,
    state,
)


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
    with pytest.raises(ValueError, match=r"'hidden'.*value 4.*, 3"):
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
    with pytest.raises(ValueError, match=r"empty|at least one sample"):
        model.predict(empty, verbose=0)


def test_no_batches():
    class Nothing(utils.PyDataset):
        def __len__(self):
            return 0

        def __getitem__(self, index):
            raise IndexError(index)

    model = classifier()
    for method in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match="at least one batch"):
            method(Nothing(), verbose=0)


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
        with pytest.raises(IndexError, match=r"words`.*from -5 to 4.*Received"):
            method(x, np.ones((6, 1)), batch_size=6, verbose=0)
    for method in (model.predict, model.predict_on_batch, model):
        with pytest.raises(IndexError, match=r"from -5 to 4.*Received"):
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
