import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.arange(24.0).reshape(2, 3, 4)


def test_types_are_kept():
    for layer in (layers.Flatten(), layers.Reshape((4, 3)), layers.Permute((2, 1))):
        assert layer(X.astype("int32")).dtype == "int32"
        assert layer(ckeras.Input((3, 4), dtype="int32")).dtype == "int32"


def test_unknown_sizes():
    x = ckeras.Input((None, 4))
    assert layers.Flatten()(x).shape == (None, None)
    assert layers.Reshape((-1, 2))(x).shape == (None, None, 2)
    assert layers.Permute((2, 1))(x).shape == (None, 4, None)


def test_values():
    np.testing.assert_array_equal(layers.Flatten()(X), X.reshape(2, 12))
    np.testing.assert_array_equal(layers.Reshape((2, -1))(X), X.reshape(2, 2, 6))
    np.testing.assert_array_equal(layers.Permute((2, 1))(X), X.transpose(0, 2, 1))
    repeated = layers.RepeatVector(3)(X[:, 0])
    np.testing.assert_array_equal(repeated, np.repeat(X[:, :1], 3, 1))


def test_bad_arguments():
    with pytest.raises(ValueError, match="at most one"):
        layers.Reshape((-1, -1))
    with pytest.raises(ValueError, match="must be unchanged"):
        layers.Reshape((5, -1))(X)
    with pytest.raises(ValueError, match="must be unchanged"):
        layers.Reshape((5,))(ckeras.Input((3, 4)))
    with pytest.raises(ValueError, match="Invalid permutation"):
        layers.Permute((1, 3))
    with pytest.raises(ValueError, match="expected ndim=3"):
        layers.Permute((2, 1))(X[0])
    with pytest.raises(TypeError, match="Expected an integer"):
        layers.RepeatVector(2.0)
    with pytest.raises(ValueError, match="`data_format` argument"):
        layers.Flatten("channels")
