import numpy as np
import pytest

import ckeras
from ckeras import layers, ops, tree

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


class Sum(layers.Layer):
    """A cell whose state is the sum of the inputs."""

    state_size = 3

    def call(self, inputs, states):
        total = states[0] + inputs
        return total * 2.0, [total]


def test_own_cell():
    layer = layers.RNN(Sum(), return_sequences=True, return_state=True)
    y, state = layer(X)
    np.testing.assert_allclose(y, X.cumsum(1) * 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(state, X.sum(1), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 4, 3)) == ((None, 4, 3), (None, 3))


def test_a_cell_of_another_type():
    """What the layer returns is of the layer's type."""
    cells = [layers.GRUCell(3, dtype="float32"), layers.LSTMCell(2, dtype="float32")]
    options = {"return_sequences": True, "return_state": True}
    layer = layers.RNN(cells, dtype="mixed_float16", **options)
    found = tree.flatten(layer(X))
    assert {v.dtype for v in found} == {"float16"}
    wide = layers.RNN(cells, **options)
    for a, b in zip(found, tree.flatten(wide(X)), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("compiled", [False, True])
def test_stacked_cells_of_another_type(compiled):
    """The stack that `RNN` makes of a list has the default type; cells keep theirs."""
    cells = [layers.GRUCell(3, dtype="float64"), layers.LSTMCell(2, dtype="float64")]
    layer = layers.RNN(cells, dtype="float64", return_sequences=True)
    layer.build(X.shape)
    lower = layers.GRU(3, dtype="float64", return_sequences=True)
    upper = layers.LSTM(2, dtype="float64", return_sequences=True)
    x = np.random.default_rng(1).normal(size=X.shape)
    upper(lower(x))
    lower.set_weights(layer.get_weights()[:3])
    upper.set_weights(layer.get_weights()[3:])
    found = (ckeras.function(layer) if compiled else layer)(x)
    np.testing.assert_allclose(found, upper(lower(x)), rtol=1e-12, atol=1e-14)
    assert found.dtype == "float64"


def test_stacked_cells():
    stacked = layers.RNN([layers.LSTMCell(5), layers.LSTMCell(2)], return_state=True)
    y, first, second = stacked(X)
    assert y.shape == (2, 2)
    assert [s.shape for s in (*first, *second)] == [(2, 5)] * 2 + [(2, 2)] * 2
    lower, upper = layers.LSTM(5, return_sequences=True), layers.LSTM(2)
    upper(lower(X))
    lower.set_weights(stacked.get_weights()[:3])
    upper.set_weights(stacked.get_weights()[3:])
    np.testing.assert_allclose(y, upper(lower(X)), rtol=1e-5, atol=1e-6)
    again = layers.RNN.from_config(stacked.get_config())
    assert [cell.units for cell in again.cell.cells] == [5, 2]


def summing(**options):
    """A cell that adds its state to its inputs, apart from what it drops."""
    cell = layers.SimpleRNNCell(3, activation=None, **options)
    cell.build((None, 3))
    cell.set_weights([np.eye(3), np.eye(3), np.zeros(3)])
    return cell


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_stacked_cells_drop_the_same_at_all_timesteps(nested, sequences, compiled):
    upper = [summing(), summing(dropout=0.5, seed=2)]
    upper = [layers.StackedRNNCells(upper)] if nested else upper
    cells = [summing(dropout=0.5, seed=1), *upper]
    layer = layers.RNN(cells, return_sequences=sequences)
    call = ckeras.function(layer) if compiled else layer
    ones = np.ones((2, 6, 3), "float32")
    kept = np.ones((2, 3), "float32")
    for seed in (1, 2):
        kept *= ckeras.random.dropout(
            np.ones_like(kept), 0.5, seed=ckeras.random.SeedGenerator(seed)
        ).numpy()
    assert len(np.unique(kept)) > 1
    sums = np.ones((6,)).cumsum().cumsum().cumsum()
    expected = sums[:, None] * kept[:, None]
    found = call(ones, training=True)
    np.testing.assert_allclose(found, expected if sequences else expected[:, -1])
    for cell in layer.cell._flatten_layers():
        assert getattr(cell, "_dropout_mask", None) is None


def test_bad_cells():
    with pytest.raises(ValueError, match="should have a `call` method"):
        layers.RNN(3)
    with pytest.raises(ValueError, match="state_size must be specified"):
        layers.RNN(layers.Dense(2))
    with pytest.raises(ValueError, match="All cells must have a `state_size`"):
        layers.RNN([layers.Dense(2)])


def test_one_cell_step():
    cell = layers.LSTMCell(3)
    h, states = cell(X[:, 0], [ops.zeros((2, 3)), ops.zeros((2, 3))])
    assert h.shape == (2, 3)
    assert states[0] is h
    np.testing.assert_allclose(layers.RNN(cell)(X[:, :1]), h, rtol=1e-6)
