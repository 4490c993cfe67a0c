"""Resizing by NumPy against the op."""

import numpy as np
import pytest

from ckeras.ops import image
from ckeras.utils.image.resizing import resized

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
