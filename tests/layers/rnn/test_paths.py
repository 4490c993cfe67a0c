"""One result by every path: kernel and cells, few threads and many, short and long."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, config, layers, ops, tree

RNG = np.random.default_rng(0)
X = RNG.normal(size=(9, 5, 3))
LENGTHS = np.array([5, 1, 3, 0, 5, 2, 4, 5, 1])
MASKS = {
    "no mask": None,
    "right": np.arange(5) < LENGTHS[:, None],
    "left": np.arange(5) >= 5 - LENGTHS[:, None],
    "inside": RNG.random((9, 5)) < 0.6,
    "everywhere": np.zeros((9, 5), bool),
}
CELLS = {
    layers.LSTM: layers.LSTMCell,
    layers.GRU: layers.GRUCell,
    layers.SimpleRNN: layers.SimpleRNNCell,
}
KINDS = pytest.mark.parametrize("kind", CELLS)
# Options of the layer or of the cell, for the kinds that have them.
OPTIONS = {
    "plain": {},
    "backwards": {"go_backwards": True},
    "no bias": {"use_bias": False},
    "one unit": {"units": 1},
    "wide": {"units": 35},
    "zeros": {"zero_output_for_mask": True},
    "reset before": {"reset_after": False},
    "reset before backwards": {"reset_after": False, "go_backwards": True},
    "relu": {"activation": "relu"},
    "sigmoid": {"activation": "sigmoid"},
    "linear": {"activation": None},
}
OF_THE_LAYER = ("go_backwards", "zero_output_for_mask")


def has(kind, name):
    """Whether there is a kernel for a kind with an option."""
    if "reset" in name:
        return kind is layers.GRU
    return kind is layers.SimpleRNN or name not in ("relu", "sigmoid", "linear")


PAIRS = [(kind, name) for kind in CELLS for name in OPTIONS if has(kind, name)]


def results(layer, x, states, mask, compiled=False, **options):
    """All outputs of a layer, and the gradients of something made of them."""

    def run(x, *states):
        with GradientTape() as tape:
            tape.watch([x, *states])
            given = {"initial_state": list(states)} if states else {}
            outputs = tree.flatten(layer(x, mask=mask, **given, **options))
            parts = [ops.sum(ops.sin(y + i)) for i, y in enumerate(outputs)]
            loss = sum(parts[1:], parts[0])
        gradients = tape.gradient(loss, [x, *states, *layer.trainable_variables])
        return outputs, gradients

    run = ckeras.function(run) if compiled else run
    values = run(*map(ops.convert_to_tensor, (x, *states)))
    return [np.asarray(v) for v in tree.flatten(values)]


def first_states(layer, rows=9):
    rng = np.random.default_rng(1)
    return [rng.normal(size=(rows, n)) for n in layer.state_size]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("kind,name", PAIRS)
def test_kernel_and_cells(kind, name, mask, compiled):
    of_cell = {"units": 6, "bias_initializer": "normal", **OPTIONS[name]}
    of_layer = {k: of_cell.pop(k) for k in OF_THE_LAYER if k in of_cell}
    of_layer |= {"return_sequences": True, "return_state": True, "dtype": "float64"}
    general = layers.RNN(CELLS[kind](**of_cell, dtype="float64"), **of_layer)
    fast = kind(**of_cell, **of_layer)
    for layer in (general, fast):
        layer.build(X.shape)
    fast.set_weights(general.get_weights())
    assert fast.has_kernel(training=False)
    states = first_states(fast)
    found, expected = (
        results(layer, X, states, mask, compiled) for layer in (fast, general)
    )
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kind", CELLS)
def test_kernel_and_cells_drop_the_same(kind, sequences, compiled):
    of_cell = {"units": 6, "dropout": 0.4, "seed": 3}
    of_layer = {"return_sequences": sequences, "dtype": "float64"}
    general = layers.RNN(CELLS[kind](**of_cell, dtype="float64"), **of_layer)
    fast = kind(**of_cell, **of_layer)
    for layer in (general, fast):
        layer.build(X.shape)
    fast.set_weights(general.get_weights())
    assert fast.has_kernel(training=True)
    found, expected = (
        results(layer, X, [], MASKS["inside"], compiled, training=True)
        for layer in (fast, general)
    )
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mask", ["no mask", "right", "left", "inside"])
@pytest.mark.parametrize(
    "kind,options",
    [(kind, {}) for kind in CELLS] + [(layers.GRU, {"reset_after": False})],
)
@pytest.mark.parametrize("features", [24, 200])
def test_bits_do_not_depend_on_the_threads(kind, options, features, mask):
    """Outputs and gradients, with inputs projected on the way (24) and before."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(67, 19, features)).astype("float32")
    lengths = rng.integers(0, 20, size=(67, 1))
    mask = {
        "no mask": None,
        "right": np.arange(19) < lengths,
        "left": np.arange(19) >= lengths,
        "inside": rng.random((67, 19)) < 0.7,
    }[mask]
    layer = kind(150, return_sequences=True, return_state=True, **options)
    layer.build(x.shape)
    states = [s.astype("float32") for s in first_states(layer, 67)]
    before, found = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            found.append(results(layer, x, states, mask, compiled=True))
    finally:
        config.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


GENERAL = {
    "cells": lambda: layers.LSTM(40, activation="relu", return_sequences=True),
    "recurrent dropout": lambda: layers.GRU(40, recurrent_dropout=0.3, seed=1),
    "stacked cells": lambda: layers.RNN([layers.GRUCell(40), layers.LSTMCell(24)]),
    "two ways": lambda: layers.Bidirectional(layers.LSTM(40, return_sequences=True)),
    "convolutional": lambda: layers.ConvLSTM1D(6, 3, padding="same"),
    "at each timestep": lambda: layers.TimeDistributed(layers.Dense(40)),
}


@pytest.mark.parametrize("name", GENERAL)
def test_bits_of_the_general_path_do_not_depend_on_the_threads(name):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(33, 9, *[20, 5][name != "convolutional" :]))
    mask = rng.random((33, 9)) < 0.7
    before, found = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            ckeras.utils.set_random_seed(0)
            layer = GENERAL[name]()
            layer.build(x.shape)
            small = x.astype("float32")
            found.append(results(layer, small, [], mask, True, training=True))
    finally:
        config.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "kind,options",
    [(kind, {}) for kind in CELLS]
    + [(layers.GRU, {"reset_after": False}), (layers.LSTM, {"go_backwards": True})],
)
def test_a_thousand_timesteps_do_not_drift(kind, options, masked):
    """Outputs and gradients in float32 against float64."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(5, 1000, 4))
    mask = np.arange(1000) < rng.integers(500, 1001, size=(5, 1)) if masked else None
    wide = kind(17, return_sequences=True, dtype="float64", **options)
    narrow = kind(17, return_sequences=True, **options)
    for layer in (wide, narrow):
        layer.build(x.shape)
    narrow.set_weights(wide.get_weights())
    states = first_states(wide, 5)
    expected = results(wide, x, states, mask)
    small = [a.astype("float32") for a in (x, *states)]
    found = results(narrow, small[0], small[1:], mask)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-5 * max(np.abs(b).max(), 1))
