"""Inside plans numbers below the smallest normal one are zero, outside they are not.

Values that decay go through the subnormal range, where most CPUs compute some 50
times more slowly; an LSTM that forgets would slow down as it does.
"""

import numpy as np
import pytest

from ckeras import Input, Sequential, config, function, layers, ops

TINY = {"float32": np.finfo("float32").tiny, "float64": np.finfo("float64").tiny}


@pytest.fixture(params=[1, 2])
def threads(request):
    before = config.get_num_threads()
    config.set_num_threads(request.param)
    yield request.param
    config.set_num_threads(before)


def is_subnormal(values, dtype):
    values = np.abs(np.asarray(values))
    return (values > 0) & (values < TINY[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [5, 40_000])
def test_results_in_the_subnormal_range_are_zero(threads, dtype, size):
    @function
    def halved(x):
        return x * 0.25 * 0.25

    x = np.full(size, 2 * TINY[dtype], dtype)
    found = np.asarray(halved(x))
    assert np.all(found == 0)
    assert np.all(x * x.dtype.type(0.25) > 0)  # as NumPy still computes it


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products(threads, dtype):
    a = np.full((70, 80), np.sqrt(TINY[dtype]) / 30, dtype)
    found = np.asarray(ops.matmul(a, a.T))
    assert not is_subnormal(found, dtype).any()


def test_decaying_lstm_states():
    """A cell that keeps a quarter of its state each timestep ends in zeros."""
    units, steps = 3, 90
    layer = layers.LSTM(units, return_sequences=True, return_state=True)
    model = Sequential([Input((steps, 2)), layer])
    bias = np.zeros((4, units), "float32")
    bias[0] = -200.0  # the input gate is shut: sigmoid is 0
    bias[1] = np.log(1 / 3)  # the forget gate: sigmoid is 1/4
    zeros = np.zeros((2, 4 * units)), np.zeros((units, 4 * units))
    layer.set_weights([*zeros, bias.ravel()])
    x = np.ones((4, steps, 2), "float32")
    states = [np.ones((4, units), "float32")] * 2

    @function
    def run(x, h, c):
        return layer(x, initial_state=[h, c])

    outputs, h, c = (np.asarray(t) for t in run(x, *states))
    assert not is_subnormal(outputs, "float32").any()
    assert np.all(c == 0) and np.all(h == 0)
    expected = np.tanh(0.25 ** np.arange(1.0, 21)) / 2
    np.testing.assert_allclose(outputs[0, :20, 0], expected, rtol=2e-6)
    del model


def test_training_makes_no_subnormal_weights_or_slots(threads):
    """Gradients of nothing: the moments of Adam decay to zero, not below the range."""
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse")
    x = np.full((8, 3), 1e-4, "float32")
    model.fit(x, x[:, :2], verbose=0)
    still = np.zeros((8, 3), "float32")
    for v in model.trainable_variables:
        v.assign(np.zeros(v.shape))
    model.fit(still, still[:, :2], epochs=900, verbose=0)
    for variable in model.optimizer.variables[2:]:
        assert not is_subnormal(variable.numpy(), "float32").any()


def test_activations_of_very_negative_numbers():
    x = np.linspace(-110, -80, 4001, dtype="float32")
    for name in ("sigmoid", "silu", "gelu", "softplus", "elu", "tanh"):
        found = np.asarray(getattr(ops, name)(x))
        assert not is_subnormal(found, "float32").any(), name
    rows = np.stack([x, np.zeros_like(x)], axis=1)
    assert not is_subnormal(ops.softmax(rows), "float32").any()
