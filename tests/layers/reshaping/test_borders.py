"""Padding, cropping and upsampling layers: what is inverse, and bad arguments."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

RNG = np.random.default_rng(6)
SHAPES = {1: (2, 5, 3), 2: (2, 5, 6, 3), 3: (2, 5, 6, 4, 3)}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_cropping_undoes_padding(n):
    x = RNG.normal(size=SHAPES[n]).astype("float32")
    border = (1, 2) if n == 1 else tuple([(i, i + 1) for i in range(n)])
    padded = getattr(layers, f"ZeroPadding{n}D")(border)(x)
    assert padded.shape != x.shape
    np.testing.assert_allclose(np.sum(padded), x.sum(), rtol=1e-4)
    again = getattr(layers, f"Cropping{n}D")(border)(padded)
    np.testing.assert_array_equal(again, x)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_pooling_undoes_upsampling(n):
    x = RNG.normal(size=SHAPES[n]).astype("float32")
    large = getattr(layers, f"UpSampling{n}D")(3)(x)
    again = getattr(layers, f"MaxPooling{n}D")(3)(large)
    np.testing.assert_array_equal(again, x)


def test_integers_stay_integers():
    x = np.arange(24).reshape(1, 4, 6, 1).astype("int32")
    for layer in (layers.ZeroPadding2D(), layers.Cropping2D(1), layers.UpSampling2D()):
        assert layer(x).dtype == "int32"


def test_sizes_that_are_not_known():
    x = ckeras.Input((None, 9, 3))
    assert layers.ZeroPadding2D(2)(x).shape == (None, None, 13, 3)
    assert layers.Cropping2D(2)(x).shape == (None, None, 5, 3)
    assert layers.UpSampling2D(2)(x).shape == (None, None, 18, 3)
    up = layers.UpSampling2D(2, interpolation="bilinear")
    assert up(x).shape == (None, None, 18, 3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: layers.ZeroPadding1D((1, 2, 3)), ValueError, "tuple of 2 integers"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "two elements"),
        (
            lambda: layers.ZeroPadding2D(((1, -2), 3)),
            ValueError,
            "1st entry",
        ),
        (lambda: layers.ZeroPadding2D(None), ValueError, "should be either an int"),
        (lambda: layers.ZeroPadding2D(-1), ValueError, "cannot be negative"),
        (lambda: layers.ZeroPadding3D((1, 2)), ValueError, "3 elements"),
        (lambda: layers.Cropping1D((1, -2)), ValueError, "value >= 0"),
        (lambda: layers.Cropping2D(-1), ValueError, "`cropping` cannot be negative"),
        (lambda: layers.Cropping3D((1, 2)), ValueError, "3 elements"),
        (lambda: layers.Cropping1D(3)(np.ones((1, 6, 2))), ValueError, "input length"),
        (
            lambda: layers.Cropping2D(3)(np.ones((1, 6, 7, 2))),
            ValueError,
            "smaller than the corresponding spatial dimension",
        ),
        (
            lambda: layers.Cropping2D(3)(ckeras.Input((6, 7, 2))),
            ValueError,
            "smaller than the corresponding spatial dimension",
        ),
        (lambda: layers.UpSampling1D(1.5), TypeError, "Expected an integer"),
        (lambda: layers.UpSampling1D(0), ValueError, "positive integer"),
        (lambda: layers.UpSampling2D((1, 2, 3)), ValueError, "tuple of 2 integers"),
        (
            lambda: layers.UpSampling2D(2, interpolation="area")(np.ones((1, 2, 2, 1))),
            ValueError,
            "interpolation=area",
        ),
        (lambda: layers.UpSampling3D(0), ValueError, "value > 0"),
    ],
)
def test_says_what_is_wrong(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
