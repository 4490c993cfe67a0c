import numpy as np
import pytest

from ckeras import layers

X = np.full((400, 30), 2.0, "float32")


def test_gaussian_noise():
    layer = layers.GaussianNoise(0.3, seed=1)
    np.testing.assert_array_equal(layer(X), X)
    noise = layer(X, training=True).numpy() - X
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.std() == pytest.approx(0.3, abs=0.02)
    with pytest.raises(ValueError, match="`stddev`"):
        layers.GaussianNoise(2.0)


def test_gaussian_dropout():
    layer = layers.GaussianDropout(0.2, seed=1)
    np.testing.assert_array_equal(layer(X), X)
    factor = layer(X, training=True).numpy() / X
    assert factor.mean() == pytest.approx(1, abs=0.02)
    assert factor.std() == pytest.approx(0.5, abs=0.02)


def test_activity_regularization():
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    layer(np.full((2, 3), 2.0))
    assert float(layer.losses[0]) == pytest.approx(0.5 * 6 + 0.25 * 12)
    assert "activity_regularizer" not in layer.get_config()
