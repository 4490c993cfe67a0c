import numpy as np
import pytest

from ckeras import layers


def test_masked_places_get_nothing():
    x = np.array([[1.0, 5.0, 1.0], [2.0, 3.0, 4.0]])
    y = layers.Softmax()(x, mask=np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(y, [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]], rtol=1e-6)


def test_several_axes():
    y = layers.Softmax(axis=(1, 2))(np.random.default_rng(0).normal(size=(3, 4, 5)))
    np.testing.assert_allclose(np.sum(y.numpy(), axis=(1, 2)), np.ones(3), rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 1, 3), (2, 4), (3, 3)])
def test_masks_that_do_not_fit(shape):
    with pytest.raises(ValueError, match="must be broadcastable to `inputs`"):
        layers.Softmax()(np.ones((2, 3)), mask=np.ones(shape, bool))
