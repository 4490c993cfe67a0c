import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")


class Centered(layers.Layer):
    """Subtracts the mean of the batch: samples depend on each other."""

    def call(self, x):
        return x - ops.mean(x, axis=0)

    def compute_output_shape(self, shape):
        return shape


class Counting(layers.Layer):
    """Counts its calls."""

    def build(self, input_shape):
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.count.assign(self.count + 1.0)
        return x

    def compute_output_shape(self, shape):
        return shape


def by_timesteps(layer, x):
    return np.stack([layer(x[:, t]).numpy() for t in range(x.shape[1])], 1)


def inner_layers():
    model = ckeras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)])
    inputs = ckeras.Input((3,))
    free = ckeras.Model(inputs, inputs - ops.mean(inputs, axis=0))
    return {
        "dense": layers.Dense(2, activation="tanh"),
        "activation": layers.Activation("softmax"),
        "model": model,
        "own": Centered(),
        "lambda": layers.Lambda(lambda x: x - ops.max(x, axis=0), output_shape=(3,)),
        "model of ops": free,
    }


@pytest.mark.parametrize("name", inner_layers())
def test_each_timestep(name):
    inner = inner_layers()[name]
    layer = layers.TimeDistributed(inner)
    y = layer(X)
    np.testing.assert_allclose(y, by_timesteps(inner, X), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 5, 3)) == (None, *y.shape[1:])
    assert layer(ckeras.Input((5, 3))).shape == (None, *y.shape[1:])


def test_sequences_of_sequences():
    x = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
    inner = layers.GRU(2)
    y = layers.TimeDistributed(inner)(x)
    np.testing.assert_allclose(y, by_timesteps(inner, x), rtol=1e-5, atol=1e-6)


def test_masks_of_timesteps_reach_the_layer():
    x = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
    mask = RNG.uniform(size=(2, 3, 4)) < 0.5
    inner = layers.GRU(2)
    y = layers.TimeDistributed(inner)(x, mask=mask)
    expected = [inner(x[:, t], mask=mask[:, t]).numpy() for t in range(3)]
    np.testing.assert_allclose(y, np.stack(expected, 1), rtol=1e-5, atol=1e-6)


def test_the_mask_goes_on():
    mask = np.tile(np.arange(5) < 3, (4, 1))
    x = layers.Masking()(ops.convert_to_tensor(np.where(mask[..., None], X, 0)))
    y = layers.TimeDistributed(layers.Dense(2))(x)
    np.testing.assert_array_equal(y._keras_mask, mask)


def test_each_timestep_has_its_own_dropout():
    layer = layers.TimeDistributed(layers.Dropout(0.5, seed=1))
    y = layer(np.ones((1, 50, 4), "float32"), training=True).numpy()
    assert len(np.unique(y[0], axis=0)) > 5
    np.testing.assert_array_equal(layer(X), X)


def test_layers_with_state_are_called_timestep_by_timestep():
    inner = Counting()
    layers.TimeDistributed(inner)(X)
    assert float(inner.count.value) == 5


def test_config():
    layer = layers.TimeDistributed(layers.Dense(2))
    layer(X)
    again = layers.TimeDistributed.from_config(layer.get_config())
    again.build(X.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(X), layer(X))


def test_bad_arguments():
    with pytest.raises(ValueError, match="Please initialize `TimeDistributed`"):
        layers.TimeDistributed(3)
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        layers.TimeDistributed(layers.Dense(2))(X[0])
    several = layers.TimeDistributed(layers.GRU(2, return_state=True))
    for x in (X[..., None], ckeras.Input((5, 4, 1))):
        with pytest.raises(ValueError, match=r"'gru.*' to return one tensor"):
            several(x)
    layer = layers.TimeDistributed(layers.Dense(2))
    with pytest.raises(ValueError, match="at least 2D"):
        layer(X, mask=np.ones(4, bool))
    with pytest.raises(ValueError, match="incompatible with the input shape"):
        layer(X, mask=np.ones((4, 4), bool))
