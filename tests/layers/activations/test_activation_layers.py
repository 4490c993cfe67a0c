import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.array([[-2.0, -0.5, 0.0, 0.5, 3.0]], "float32")


def test_rectifiers():
    expected = {
        layers.ReLU(): [0, 0, 0, 0.5, 3],
        layers.ReLU(2, 0.5, 1.0): [-1.5, -0.75, -0.5, -0.25, 2],
        layers.LeakyReLU(): [-0.6, -0.15, 0, 0.5, 3],
        layers.ELU(2.0): [2 * np.expm1(-2), 2 * np.expm1(-0.5), 0, 0.5, 3],
        layers.PReLU("ones"): X[0],
        layers.PReLU(): [0, 0, 0, 0.5, 3],
    }
    for layer, y in expected.items():
        np.testing.assert_allclose(layer(X)[0], y, rtol=1e-6, atol=1e-7)
        assert layer.supports_masking


def test_alpha_is_an_old_name_of_the_slope():
    with pytest.warns(UserWarning, match="`negative_slope`"):
        layer = layers.LeakyReLU(alpha=0.1)
    assert layer.get_config()["negative_slope"] == 0.1


def test_shared_axes():
    layer = layers.PReLU(shared_axes=[1, 2])
    layer.build((None, None, None, 3))
    assert layer.alpha.shape == (1, 1, 3)
    assert layers.PReLU(shared_axes=1).get_config()["shared_axes"] == [1]
    with pytest.raises(ValueError, match="expected axis 3"):
        layer(np.ones((1, 2, 2, 4)))


def test_softmax_with_masks():
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    mask = np.array([[True, False, True], [False, False, False]])
    y = layers.Softmax()(x, mask=mask).numpy()
    np.testing.assert_array_equal(y[~mask], 0)
    assert y[0].sum() == pytest.approx(1)
    z = layers.Softmax()(x, mask=mask * 0.9).numpy()
    np.testing.assert_array_equal(y, z)
    one = layers.Softmax(axis=[-1])(x)
    np.testing.assert_array_equal(one, layers.Softmax()(x))
    assert layers.Softmax(axis=[0, 1])(x).numpy().sum() == pytest.approx(1)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"max_value.*-1"):
        layers.ReLU(max_value=-1)
    with pytest.raises(ValueError, match=r"negative_slope.*None"):
        layers.ReLU(negative_slope=None)
    with pytest.raises(ValueError, match=r"threshold.*-2"):
        layers.ReLU(threshold=-2)
    with pytest.raises(ValueError, match=r"Leaky ReLU.*-1"):
        layers.LeakyReLU(-1)
    with pytest.raises(ValueError, match="known sizes"):
        layers.PReLU()(ckeras.Input((None, 3)))
    with pytest.raises(ValueError, match="from 1 to 1"):
        layers.PReLU(shared_axes=[2])(X)
    with pytest.raises(ValueError, match=r"mask.shape=\(1, 4\)"):
        layers.Softmax()(X, mask=np.ones((1, 4), bool))
    with pytest.raises(ValueError, match=r"mask.shape=\(1, 1, 5\)"):
        layers.Softmax()(X, mask=np.ones((1, 1, 5), bool))
