import numpy as np
import pytest

import ckeras
from ckeras import layers

TABLE = np.array([[0.0, 1.0], [2.0, 2.0], [3.0, -1.0]], "float32")


def test_there_and_back():
    layer = layers.ReversibleEmbedding(3, 2)
    layer.build()
    layer.set_weights([TABLE])
    np.testing.assert_array_equal(layer(np.array([2, 0])), TABLE[[2, 0]])
    vectors = np.array([[1.0, 2.0], [0.5, 0.0]], "float32")
    logits = layer(vectors, reverse=True)
    np.testing.assert_allclose(logits, vectors @ TABLE.T, rtol=1e-6)


def test_weights_of_its_own_and_a_soft_cap():
    layer = layers.ReversibleEmbedding(3, 2, tie_weights=False, logit_soft_cap=2.0)
    layer.build()
    back = np.array([[1.0, 0.0, 5.0], [0.0, 3.0, 1.0]], "float32")
    layer.set_weights([TABLE, back])
    vectors = np.array([[1.0, 2.0]], "float32")
    expected = 2 * np.tanh(vectors @ back / 2)
    np.testing.assert_allclose(layer(vectors, reverse=True), expected, rtol=1e-5)


def test_the_type_of_the_way_back():
    layer = layers.ReversibleEmbedding(3, 2, reverse_dtype="float64")
    assert layer(ckeras.Input((4, 2)), reverse=True).dtype == "float64"
    assert layer(np.ones((1, 2), "float32"), reverse=True).dtype == "float64"
    assert layer(np.array([1])).dtype == "float32"


@pytest.mark.parametrize("reverse", [False, True])
def test_mask(reverse):
    layer = layers.ReversibleEmbedding(3, 2, mask_zero=True)
    x = np.ones((2, 3, 2), "float32") if reverse else np.array([[1, 0, 2]])
    mask = getattr(layer(x, reverse=reverse), "_keras_mask", None)
    if reverse:
        assert mask is None
    else:
        np.testing.assert_array_equal(mask, [[True, False, True]])
    spec = layer(ckeras.Input((3, 2) if reverse else (3,)), reverse=reverse)
    assert (getattr(spec, "_keras_mask", None) is None) == reverse
