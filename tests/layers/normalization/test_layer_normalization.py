import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.random.default_rng(0).normal(3, 2, (4, 6, 5)).astype("float32")


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], [-1, -2], [0, 2]])
def test_mean_and_variance(axis):
    y = layers.LayerNormalization(axis=axis, epsilon=0)(X).numpy()
    axes = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(axes), 1, rtol=1e-5)


def test_order_of_the_axes_does_not_matter():
    one = layers.LayerNormalization(axis=[2, 1])
    two = layers.LayerNormalization(axis=[1, 2])
    np.testing.assert_array_equal(one(X), two(X))
    assert one.axis == [1, 2] and one.gamma.shape == (6, 5)


def test_rms_scaling_divides_by_the_deviation_only():
    with pytest.warns(UserWarning, match="RMSNormalization"):
        layer = layers.LayerNormalization(rms_scaling=True, epsilon=0)
    np.testing.assert_allclose(layer(X), X / X.std(-1, keepdims=True), rtol=1e-5)
    assert layer.beta is None
    assert layer.get_config()["rms_scaling"] is True


def test_a_mask_goes_through():
    model = ckeras.Sequential(
        [layers.Embedding(5, 3, mask_zero=True), layers.LayerNormalization()]
    )
    y = model(np.array([[1, 2, 0]]))
    np.testing.assert_array_equal(y._keras_mask, [[True, True, False]])


def test_bad_arguments():
    with pytest.raises(TypeError, match="'axis', but received: 'a'"):
        layers.LayerNormalization(axis="a")
    with pytest.raises(ValueError, match="Axis 3 is out of bounds"):
        layers.LayerNormalization(axis=3)(X)
    with pytest.raises(ValueError, match="known size"):
        layers.LayerNormalization()(ckeras.Input((None,)))
