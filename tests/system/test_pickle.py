"""Models, optimizers and callbacks travel by pickle and deepcopy, and go on alike."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from ckeras import (
    Input,
    Model,
    callbacks,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    utils,
)
from tests.system.models import CASES, same_bits, state_of, trained


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


COPIES = pytest.mark.parametrize("copied", [pickled, copy.deepcopy])
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: optimizers.Adam(0.01, amsgrad=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "decaying": lambda: optimizers.Adam(
        optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), clipnorm=1.0
    ),
}


@COPIES
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_a_copy_trains_on_identically(copied, optimizer, name):
    model, x, y, _ = trained(name, optimizer=OPTIMIZERS[optimizer]())
    other = copied(model)
    assert type(other) is type(model) and other.name == model.name
    assert same_bits(state_of(other), state_of(model))
    before, held = state_of(model), []
    for one in (model, other):
        utils.set_random_seed(7)
        history = one.fit(x, y, epochs=2, batch_size=16, verbose=0)
        held.append([*state_of(one), history.history["loss"]])
    # A copy has its own memory: the first to train did not move the second.
    assert same_bits(*held)
    assert not same_bits(before, state_of(model))
    assert same_bits([model.predict(x, verbose=0)], [other.predict(x, verbose=0)])


@COPIES
@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_models_that_were_never_run(copied, name):
    make, data = CASES[name]
    x, _ = data(5)
    model = make()
    other = copied(model)
    assert same_bits([model.predict(x, verbose=0)], [other.predict(x, verbose=0)])


@COPIES
def test_unbuilt_and_uncompiled_models(copied):
    from ckeras import Sequential

    model = copied(Sequential([layers.Dense(3), layers.Dense(1)]))
    assert not model.built
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    model.fit(x, x[:, :1], verbose=0)
    assert [w.shape for w in model.weights] == [(2, 3), (3,), (3, 1), (1,)]


@COPIES
def test_a_functional_model_with_shared_layers(copied):
    left, right = Input((3,), name="left"), Input((3,), name="right")
    shared = layers.Dense(4, kernel_regularizer="l2", name="shared")
    total = layers.Add()([shared(left), shared(right)])
    model = Model([left, right], layers.Dense(1)(total))
    model.compile("adam", "mse", metrics=["mae"])
    x = [np.ones((6, 3)), np.zeros((6, 3))]
    model.fit(x, np.ones((6, 1)), verbose=0)
    other = copied(model)
    assert len(other.weights) == 4
    assert same_bits([model.predict(x, verbose=0)], [other.predict(x, verbose=0)])
    assert model.evaluate(x, np.ones((6, 1)), verbose=0) == other.evaluate(
        x, np.ones((6, 1)), verbose=0
    )


@COPIES
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(copied, optimizer):
    original = OPTIMIZERS[optimizer]()
    other = copied(original)
    assert other.get_config() == original.get_config()
    model, *_ = trained("mlp", optimizer=original)
    other = copied(model.optimizer)
    assert same_bits(
        [v.numpy() for v in other.variables],
        [v.numpy() for v in model.optimizer.variables],
    )


@COPIES
@pytest.mark.parametrize(
    "make",
    [
        callbacks.History,
        callbacks.EarlyStopping,
        callbacks.ReduceLROnPlateau,
        callbacks.TerminateOnNaN,
        lambda: callbacks.ModelCheckpoint("best.keras"),
        lambda: callbacks.CSVLogger("log.csv"),
    ],
)
def test_callbacks(copied, make):
    callback = make()
    other = copied(callback)
    assert type(other) is type(callback)
    assert other.__dict__.keys() == callback.__dict__.keys()


@COPIES
def test_a_history_that_recorded(copied):
    model, x, y, _ = trained("mlp")
    stopping = callbacks.EarlyStopping("loss", patience=5, restore_best_weights=True)
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[stopping])
    other = copied(history)
    assert other.history == history.history
    assert (other.epoch, other.params) == (history.epoch, history.params)
    assert same_bits(copied(stopping).best_weights, stopping.best_weights)


@COPIES
@pytest.mark.parametrize(
    "thing",
    [
        losses.Huber(2.0),
        losses.get("mse"),
        metrics.SparseCategoricalAccuracy(),
        metrics.AUC(num_thresholds=7),
        initializers.GlorotUniform(seed=3),
        regularizers.L1L2(0.1, 0.2),
        layers.Dense(3, activation="relu", kernel_initializer="he_normal"),
        layers.LSTM(3, dropout=0.1),
        layers.Column([layers.Dense(3), layers.Dropout(0.5)]),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_other_objects(copied, thing):
    other = copied(thing)
    assert type(other) is type(thing)
    if hasattr(thing, "get_config"):
        assert other.get_config() == thing.get_config()


@COPIES
def test_tensors_and_variables(copied):
    from ckeras import Variable, ops

    tensor = ops.reshape(ops.arange(6, dtype="float32"), (2, 3))
    assert same_bits([copied(tensor)], [tensor])
    variable = Variable(np.ones((2, 3)), name="weight", trainable=False)
    other = copied(variable)
    assert (other.name, other.trainable) == ("weight", False)
    variable.assign(np.zeros((2, 3)))
    assert np.asarray(other.numpy()).sum() == 6


def test_a_pickle_is_read_by_another_process(tmp_path):
    model, x, _, _ = trained("lstm")
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps((model, x)))
    program = (
        "import pickle, sys, numpy as np\n"
        "model, x = pickle.load(open(sys.argv[1], 'rb'))\n"
        "np.save(sys.argv[2], model.predict(x, verbose=0))\n"
    )
    out = tmp_path / "out.npy"
    subprocess.run(
        [sys.executable, "-c", program, str(path), str(out)], check=True, timeout=60
    )
    assert same_bits([np.load(out)], [model.predict(x, verbose=0)])
