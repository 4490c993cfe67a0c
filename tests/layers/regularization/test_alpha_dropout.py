import numpy as np
import pytest

from ckeras import layers

X = np.random.default_rng(0).normal(size=(500, 40)).astype("float32")


def test_mean_and_variance_stay():
    layer = layers.AlphaDropout(0.3, seed=1)
    np.testing.assert_array_equal(layer(X), X)
    y = layer(X, training=True).numpy()
    assert y.mean() == pytest.approx(0, abs=0.03)
    assert y.std() == pytest.approx(1, abs=0.03)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(0.3, abs=0.01)
    assert values[counts.argmax()] < -1


def test_noise_shape():
    y = layers.AlphaDropout(0.5, noise_shape=(None, 1), seed=1)(X, training=True)
    dropped = y.numpy().max(1) == y.numpy().min(1)
    assert dropped.mean() == pytest.approx(0.5, abs=0.1)
    slope = np.std(y.numpy()[~dropped], axis=1) / np.std(X[~dropped], axis=1)
    np.testing.assert_allclose(slope, slope[0], rtol=1e-5)
    with pytest.raises(ValueError, match="`noise_shape`"):
        layers.AlphaDropout(0.5, noise_shape=(0, 1))
    with pytest.raises(ValueError, match=r"rate=1.5"):
        layers.AlphaDropout(1.5)
