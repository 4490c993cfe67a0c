"""Resizing by NumPy against the op, and frames against Keras's."""

import pathlib

import numpy as np
import pytest

from ckeras.ops import image
from ckeras.utils.image.resizing import framed, resized

# Made by `reference/images/make_frames.py`.
FRAMES = np.load(
    pathlib.Path(__file__).parents[2] / "reference" / "images" / "frames.npz"
)
# TensorFlow reads the bicubic weights from a table with steps of 1/1024.
TOLERANCE = {"bicubic": 0.3}

X = np.random.default_rng(0).uniform(0, 255, (7, 10, 3)).astype("float32")


@pytest.mark.parametrize(
    "method", ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"]
)
@pytest.mark.parametrize("size", [(5, 6), (7, 10), (20, 3), (1, 1)])
@pytest.mark.parametrize("kind", ["", "crop", "pad"])
def test_is_the_op(method, size, kind):
    options = {f"{kind}_to_aspect_ratio": True} if kind else {}
    expected = image.resize(X, size, method, **options)
    found = resized(X, size, method, kind == "crop", kind == "pad")
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("key", [k for k in FRAMES if "/" in k])
def test_frames_are_those_of_keras(key):
    method, size = key.split("/")
    rows, columns = size.split("x")
    for i, expected in enumerate(FRAMES[key]):
        x = FRAMES[f"image{i}"].astype("float32")
        found = framed(x, (int(rows), int(columns)), method)
        np.testing.assert_allclose(
            found, expected, rtol=1e-5, atol=TOLERANCE.get(method, 2e-3)
        )


def test_a_thin_image_keeps_a_pixel():
    assert framed(np.ones((1, 100, 1), "float32"), (4, 5), "bilinear").sum() == 5
