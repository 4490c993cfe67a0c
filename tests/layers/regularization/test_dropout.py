import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.ones((200, 30), "float32")


def test_training_only():
    layer = layers.Dropout(0.4, seed=1)
    np.testing.assert_array_equal(layer(X), X)
    y = layer(X, training=True).numpy()
    assert set(np.unique(y).tolist()) == {0.0, np.float32(1 / 0.6)}
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.03)
    assert not np.array_equal(layer(X, training=True), y)


def test_seed():
    first, second = (layers.Dropout(0.4, seed=7)(X, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_noise_shape():
    y = layers.Dropout(0.5, noise_shape=(None, 1))(X, training=True).numpy()
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 30, 1))
    y = layers.SpatialDropout1D(0.5)(X.reshape(20, 10, 30), training=True).numpy()
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 10, 1))


def test_rate_0_and_1():
    np.testing.assert_array_equal(layers.Dropout(0)(X, training=True), X)
    assert not layers.Dropout(1.0)(X, training=True).numpy().any()


@pytest.mark.parametrize("rate", [-0.1, 1.1, "much", None])
def test_bad_rates(rate):
    for kind in (layers.Dropout, layers.GaussianDropout, layers.SpatialDropout1D):
        with pytest.raises(ValueError, match=r"between\s0 and 1|between 0 and 1"):
            kind(rate)


@pytest.mark.parametrize("noise_shape", [3, (0,), ("a",)])
def test_bad_noise_shapes(noise_shape):
    with pytest.raises(ValueError, match="`noise_shape`"):
        layers.Dropout(0.5, noise_shape=noise_shape)


def test_state():
    layer = layers.Dropout(0.5)
    assert layer.weights == []
    assert layer.non_trainable_variables == [layer.seed_generator.state]
    model = ckeras.Sequential([ckeras.Input((3,)), layer])
    assert model.count_params() == 0
