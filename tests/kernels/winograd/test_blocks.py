"""Sizes around every block of Winograd's kernels, number by number.

Tiles are of 2x2 results, up to 64 of them are transformed together; a kernel's gradient
takes 128 channels and 64 filters at a time; small images are taken several at a time,
in eight groups.
"""

import numpy as np
import pytest

from ckeras.ops.primitives.windows import convolution
from tests.kernels.convolution import reference
from tests.kernels.convolution.test_conv import tensors
from tests.kernels.winograd.test_winograd import always  # noqa: F401 - a fixture

TYPES = ["float32", "float64"]


def check(dtype, shape, filters, pads=((1, 1), (1, 1))):
    """Forward and both gradients, within a few eps of the largest sums around."""
    rng = np.random.default_rng([*shape, filters])
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": pads, "groups": 1}
    x, w = rng.normal(size=shape), rng.normal(size=(3, 3, shape[-1], filters))
    x, w = (a.astype(dtype).astype("float64") for a in (x, w))
    y = reference.results(x, w, **attrs)
    d_y = rng.normal(size=y.shape).astype(dtype).astype("float64")
    wanted = y, *reference.gradients(x, w, d_y, **attrs)
    sizes = [np.abs(a) for a in (x, w, d_y)]
    reach = reference.results(*sizes[:2], **attrs)
    reach = reach, *reference.gradients(*sizes, **attrs)
    x_, w_, d_ = tensors(dtype, x, w, d_y)
    found = (
        convolution._conv(x_, w_, **attrs),
        convolution.conv_input_gradient(d_, w_, size=x.shape[1:-1], **attrs),
        convolution.conv_kernel_gradient(x_, d_, size=(3, 3), **attrs),
    )
    eps = np.finfo(dtype).eps
    for a, b, r in zip(found, wanted, reach, strict=True):
        assert a.shape == b.shape
        wrong = np.abs(a.numpy() - b) > 12 * eps * r.max()
        assert not wrong.any(), (shape, filters, pads, np.argwhere(wrong)[:3])


@pytest.mark.parametrize("dtype", TYPES)
def test_sizes_of_images(dtype):
    for height in range(1, 9):
        for width in (1, 2, 3, 4, 7, 8, 9):
            check(dtype, (1, height, width, 3), 5)
    for pads in [
        ((0, 0), (0, 0)),
        ((0, 1), (1, 0)),
        ((2, 2), (2, 2)),
        ((0, 2), (0, 0)),
    ]:
        for size in [(3, 3), (4, 5), (9, 8)]:
            check(dtype, (2, *size, 4), 6, pads)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [1, 7, 8, 9, 15, 16, 17, 31, 32, 33])
def test_vectors_and_panels(channels, dtype):
    for filters in (1, 8, 15, 16, 17, 31, 33, 48):
        check(dtype, (1, 4, 6, channels), filters)


@pytest.mark.parametrize("channels", [126, 127, 128, 129, 257])
@pytest.mark.parametrize("filters", [63, 64, 65, 129])
def test_pieces_of_a_kernel(channels, filters):
    check("float32", (2, 5, 4, channels), filters)


@pytest.mark.parametrize("width", [11, 13, 15, 17, 31, 33, 61, 63, 65, 67, 127, 131])
def test_tiles_of_a_block(width):
    """Up to 66 tiles in a row, and as many in two of them."""
    check("float32", (1, 2, width, 16), 17)
    check("float32", (1, 4, width, 17), 16)


@pytest.mark.parametrize("batch", [1, 2, 7, 8, 9, 15, 16, 17, 24, 33, 70])
def test_several_images_at_a_time(batch):
    for size in [(1, 1), (2, 2), (4, 4), (7, 7)]:
        check("float32", (batch, *size, 5), 18)


@pytest.mark.parametrize("height", [27, 29, 31, 32, 33, 35, 64])
def test_rows_of_a_window(height):
    check("float32", (16, height, 14, 64), 7)
