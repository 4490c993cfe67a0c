import numpy as np
import pytest

from ckeras import layers
from tests.gradients import check_gradients


def test_lookup():
    table = np.arange(8.0).reshape(4, 2)
    layer = layers.Embedding(4, 2, weights=[table])
    np.testing.assert_array_equal(layer(np.array([[3, 0]])), table[[[3, 0]]])
    np.testing.assert_array_equal(layer(np.array([[3.0, 0.0]])), table[[[3, 0]]])
    assert layer.compute_output_shape((None, 7)) == (None, 7, 2)


@pytest.mark.parametrize("index", [4, -5, 2**31 - 1])
def test_out_of_range(index):
    layer = layers.Embedding(4, 2)
    with pytest.raises((ValueError, IndexError)):
        layer(np.array([[0, index]]))


def test_gradients():
    layer = layers.Embedding(4, 3, dtype="float64")
    layer.build()
    indices = np.array([[0, 2, 2], [3, 0, 2]])
    check_gradients(
        lambda table: layer.stateless_call([table], [], indices)[0],
        np.random.default_rng(0).normal(size=(4, 3)),
    )


def test_input_length_of_keras_2():
    layer = layers.Embedding(4, 2, input_length=5)
    assert layer._input_shape_arg == (5,)
    assert "input_length" not in layer.get_config()


@pytest.mark.parametrize("size", [0, -1, 3.7, "3", None, True])
def test_sizes(size):
    with pytest.raises(ValueError, match="`input_dim` must be a positive integer"):
        layers.Embedding(size, 2)
    with pytest.raises(ValueError, match="`output_dim` must be a positive integer"):
        layers.Embedding(2, size)
