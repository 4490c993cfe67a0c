import numpy as np
import pytest

import ckeras
from ckeras import layers

A = np.arange(6.0).reshape(2, 3)
B = A[::-1] * 2.0


@pytest.mark.parametrize(
    "name, expected",
    [
        ("add", A + B + A),
        ("multiply", A * B * A),
        ("average", (A + B + A) / 3),
        ("maximum", np.maximum(A, B)),
        ("minimum", np.minimum(A, B)),
        ("concatenate", np.concatenate([A, B, A], -1)),
    ],
)
def test_functions(name, expected):
    result = getattr(layers, name)([A, B, A])
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_two_inputs():
    np.testing.assert_array_equal(layers.subtract([A, B]), A - B)
    product = layers.dot([A, B], axes=1)
    np.testing.assert_array_equal(product, (A * B).sum(1, keepdims=True))


def test_unknown_sizes():
    x, y = ckeras.Input((None, 3)), ckeras.Input((4, 3))
    assert layers.Add()([x, y]).shape == (None, None, 3)
    assert layers.Concatenate(axis=1)([x, y]).shape == (None, None, 3)
    assert layers.Dot(axes=(2, 2))([x, y]).shape == (None, None, 4)


@pytest.mark.parametrize(
    "layer, inputs, message",
    [
        (layers.Add(), A, "should be called on a list of inputs"),
        (layers.Add(), [A, A[:1]], "different batch sizes"),
        (layers.Add(), [A, A[:, :2]], "incompatible shapes"),
        (layers.Subtract(), [A, A, A], "exactly 2 inputs"),
        (layers.Concatenate(), [A, A[:1]], "matching shapes"),
        (layers.Concatenate(), [A, A[None]], "matching shapes"),
        (layers.Dot(1), [A, A, A], "list of 2 inputs"),
        (layers.Dot(1), [A, A[:, :2]], "Incompatible input shapes"),
        (layers.Dot(0), [A, A], "axis 0"),
    ],
)
def test_inputs_that_do_not_fit(layer, inputs, message):
    with pytest.raises(ValueError, match=message):
        layer(inputs)


def test_bad_axes():
    with pytest.raises(TypeError, match="`axes`"):
        layers.Dot("a")
    with pytest.raises(ValueError, match="two integers"):
        layers.Dot((1, 2, 3))


def test_a_product_of_masked_inputs():
    mask = layers.Masking()
    a = mask(np.array([[[0, 0], [1, 2], [0, 0], [3, 4]]], "float32"))
    b = np.array([[[0, 0], [0, 0], [1, 2], [3, 4]]], "float32")
    one = layers.Multiply()([a, b])
    np.testing.assert_array_equal(one, [[[0, 0], [0, 0], [1, 2], [9, 16]]])
    both = layers.Multiply()([a, mask(b)])
    np.testing.assert_array_equal(both, [[[0, 0], [1, 2], [1, 2], [9, 16]]])
