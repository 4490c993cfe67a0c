import copy

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from tests.gradients import check_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")
MASK = RNG.uniform(size=(4, 5)) < 0.6


def reference(x, kernel, recurrent, bias, h, c, mask=None, backwards=False):
    """The equations in NumPy; outputs in the order of computing."""

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    outputs = []
    steps = range(x.shape[1])
    for t in reversed(steps) if backwards else steps:
        z = x[:, t] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(z, 4, axis=1)
        new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        new_h = sigmoid(o) * np.tanh(new_c)
        kept = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        h, c = np.where(kept, new_h, h), np.where(kept, new_c, c)
        outputs.append(h)
    return np.stack(outputs, 1), h, c


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kernel", [True, False])
def test_equations(mask, backwards, kernel):
    """By the whole-sequence kernel, and cell by cell."""
    layer = layers.LSTM(
        2,
        return_sequences=True,
        return_state=True,
        go_backwards=backwards,
        dtype="float64",
        implementation=2 if kernel else 1,
        bias_initializer="normal",
    )
    states = [RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))]
    y, h, c = layer(X, initial_state=states, mask=mask)
    assert layer.has_kernel(False) == kernel
    weights = layer.get_weights()
    expected = reference(X.astype("float64"), *weights, *states, mask, backwards)
    for a, b in zip((y, h, c), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    layer.return_sequences = layer.return_state = False
    last = layer(X, initial_state=states, mask=mask)
    np.testing.assert_allclose(last, expected[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kernel", [True, False])
def test_gradients(mask, sequences, kernel):
    layer = layers.LSTM(
        2,
        return_sequences=sequences,
        return_state=True,
        dtype="float64",
        implementation=2 if kernel else 1,
    )
    layer.build((None, None, 3))

    def call(x, h, c, *weights):
        y, _ = layer.stateless_call(
            weights,
            [v.value for v in layer.non_trainable_variables],
            x,
            initial_state=[h, c],
            mask=None if mask is None else ops.convert_to_tensor(mask),
        )
        return y

    shapes = [(4, 5, 3), (4, 2), (4, 2), *[w.shape for w in layer.weights]]
    check_gradients(call, *[RNG.normal(size=s) for s in shapes])


def test_stateful():
    layer = layers.LSTM(2, stateful=True, return_sequences=True)
    whole = layers.LSTM(2, return_sequences=True)
    first, second = layer(X[:, :2]), layer(X[:, 2:])
    whole.build(X.shape)
    whole.set_weights(layer.get_weights())
    parts = np.concatenate([first, second], 1)
    np.testing.assert_allclose(parts, whole(X), rtol=1e-5, atol=1e-6)
    layer.reset_state()
    np.testing.assert_array_equal(layer(X[:, :2]), first)
    with pytest.raises(ValueError, match="If an RNN is stateful"):
        layer(X[:2])
    with pytest.raises(ValueError, match="batch size must be static"):
        layers.LSTM(2, stateful=True)(ckeras.Input((5, 3)))
    assert len(layer.weights) == 3


def test_initial_state_in_a_model():
    x, h, c = ckeras.Input((5, 3)), ckeras.Input((2,)), ckeras.Input((2,))
    lstm = layers.LSTM(2)
    model = ckeras.Model([x, h, c], lstm(x, initial_state=[h, c]))
    states = [RNG.normal(size=(4, 2)).astype("float32") for _ in range(2)]
    expected = lstm(X, initial_state=states)
    np.testing.assert_allclose(model([X, *states]), expected, rtol=1e-6)
    again = ckeras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again([X, *states]), expected, rtol=1e-6)


@pytest.mark.parametrize("recurrent", [0.0, 0.4])
def test_dropout(recurrent):
    layer = layers.LSTM(6, dropout=0.4, recurrent_dropout=recurrent, seed=3)
    y = layer(X)
    np.testing.assert_array_equal(layer(X), y)
    trained = layer(X, training=True)
    assert not np.allclose(trained, y)
    assert not np.allclose(layer(X, training=True), trained)
    assert layer.cell._dropout_mask is None
    assert layer.cell._recurrent_dropout_mask is None


def test_dropout_is_the_same_at_every_timestep():
    layer = layers.LSTM(2, dropout=0.5, seed=1, return_sequences=True)
    state = copy.deepcopy(layer.cell.seed_generator)
    y = layer(X, training=True)
    factors = ckeras.random.dropout(np.ones((4, 3), "float32"), 0.5, seed=state)
    dropped = X * factors.numpy()[:, None]
    np.testing.assert_allclose(y, layer(dropped), rtol=1e-5, atol=1e-6)


def test_sequences_of_scalars():
    layer = layers.LSTM(2, input_shape=(5,))
    x = X[..., 0]
    y = layer(x)
    np.testing.assert_array_equal(y, layer(x[..., None]))
    assert layer.cell.kernel.shape == (1, 8)


def test_bad_inputs():
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        layers.LSTM(2)(X[0])
    with pytest.raises(ValueError, match="without timesteps"):
        layers.LSTM(2)(X[:, :0])
    with pytest.raises(ValueError, match="argument `units`"):
        layers.LSTM(0)
    with pytest.raises(ValueError, match="`use_cudnn`"):
        layers.LSTM(2, use_cudnn="perhaps")
    for count in (1, 3):
        with pytest.raises(ValueError, match=rf"hold 2 states.*Received: {count}"):
            layers.LSTM(2)(X, initial_state=[np.zeros((len(X), 2))] * count)


def test_options_of_the_cell():
    layer = layers.LSTM(2, dropout=0.1, activation="relu")
    assert layer.units == 2
    assert layer.dropout == 0.1
    assert layer.activation is ckeras.activations.relu
    forget = layers.LSTM(2)
    forget.build((None, 5, 3))
    np.testing.assert_array_equal(forget.cell.bias, [0, 0, 1, 1, 0, 0, 0, 0])
