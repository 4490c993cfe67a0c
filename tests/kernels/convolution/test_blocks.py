"""Sizes around every block of the convolutions' kernels: forward and both gradients,
number by number, against sums in float64.

Register tiles are 12, 8 and 4 pixels (6 and 4 with 16 registers) by two vectors of
filters, vectors of up to 16 numbers; windows have up to 2^15 numbers; there are up to
16 pieces of work; a kernel's gradient takes chunks of images, powers of two of them.
"""

import numpy as np
import pytest

from ckeras.ops.primitives.windows import convolution, depthwise
from tests.kernels.convolution import reference
from tests.kernels.convolution.test_conv import tensors

TYPES = ["float32", "float64"]
EDGES = [1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 49]


def check(dtype, shape, kernel, filters, strides=1, dilations=1, pads=0, groups=1):
    """A kernel's three results, each within a few eps of the sum of its products."""
    spatial = len(kernel)
    rng = np.random.default_rng([*shape, *kernel, filters])
    attrs = {
        "strides": (strides,) * spatial,
        "dilations": (dilations,) * spatial,
        "pads": ((pads, pads),) * spatial,
        "groups": groups,
    }
    x = rng.normal(size=shape)
    w = rng.normal(size=(*kernel, shape[-1] // groups, filters))
    x, w = (a.astype(dtype).astype("float64") for a in (x, w))
    y = reference.results(x, w, **attrs)
    d_y = rng.normal(size=y.shape).astype(dtype).astype("float64")
    wanted = y, *reference.gradients(x, w, d_y, **attrs)
    sizes = [np.abs(a) for a in (x, w, d_y)]
    reach = reference.results(*sizes[:2], **attrs)
    reach = reach, *reference.gradients(*sizes, **attrs)
    x_, w_, d_ = tensors(dtype, x, w, d_y)
    found = computed(x_, w_, d_, attrs)
    eps = np.finfo(dtype).eps
    for a, b, r in zip(found, wanted, reach, strict=True):
        assert a.shape == b.shape and a.dtype == dtype
        wrong = np.abs(a.numpy() - b) > 12 * eps * r + eps
        assert not wrong.any(), (shape, kernel, filters, attrs, np.argwhere(wrong)[:3])


def computed(x, w, d_y, attrs):
    size, kernel = x.shape[1:-1], w.shape[:-2]
    if attrs["groups"] == x.shape[-1] == w.shape[-1]:  # every channel on its own
        attrs = {k: v for k, v in attrs.items() if k != "groups"}
        (w,) = tensors(w.dtype, w.numpy().reshape(*kernel, -1))
        y = depthwise.depthwise(x, w, **attrs)
        d_x = depthwise._input_gradient(d_y, w, size=size, **attrs)
        d_w = depthwise._kernel_gradient(x, d_y, size=kernel, **attrs).numpy()
        return y, d_x, *tensors(x.dtype, d_w.reshape(*kernel, 1, -1))
    return (
        convolution.conv(x, w, **attrs),
        convolution.conv_input_gradient(d_y, w, size=size, **attrs),
        convolution.conv_kernel_gradient(x, d_y, size=kernel, **attrs),
    )


# --- direct --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_pixels_of_a_row(dtype):
    for i, width in enumerate(EDGES):
        channels, filters = [1, 2, 3, 5, 13][i % 5], EDGES[-1 - i]
        check(dtype, (2, width + 2, channels), (3,), filters)
        check(dtype, (1, width + 4, channels), (3,), filters, dilations=2)
        check(dtype, (2, 2 * width, channels), (2,), filters, strides=2, pads=1)


@pytest.mark.parametrize("dtype", TYPES)
def test_pixels_of_several_rows(dtype):
    """16 images or more are pieces of work as a whole: tiles go on in the next row."""
    for height, width in [(1, 5), (2, 3), (3, 4), (5, 5), (4, 6), (7, 7), (2, 13)]:
        check(dtype, (16, height, width, 3), (2, 3), 17, pads=1)
        check(dtype, (17, height, width, 2), (1, 1), 33, strides=2)
        check(dtype, (5, height, width, 4), (3, 3), 9, pads=2, strides=3)


@pytest.mark.parametrize("dtype", TYPES)
def test_filters_and_channels(dtype):
    for i, filters in enumerate([*EDGES, 63, 64, 65, 95, 97]):
        channels = EDGES[i % len(EDGES)]
        check(dtype, (2, 4, 5, channels), (2, 2), filters)
        check(dtype, (2, 3, 4, channels), (1, 1), filters)
        check(dtype, (1, 3, 3, 2, 3), (2, 1, 2), filters, pads=1)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_few_channels(channels, dtype):
    for size, kernel, strides, pads in [
        ((28, 28), (3, 3), 1, 0),
        ((31, 30), (7, 7), 2, 3),
        ((13, 17), (5, 5), 1, 2),
        ((16, 16), (4, 4), 4, 0),
    ]:
        check(dtype, (3, *size, channels), kernel, 33, strides, pads=pads)


@pytest.mark.parametrize("dtype", TYPES)
def test_groups(dtype):
    for channels, filters in [(1, 2), (2, 3), (4, 16), (5, 17), (16, 33), (17, 1)]:
        for groups in (2, 3):
            shape = (3, 5, 6, channels * groups)
            check(dtype, shape, (3, 3), filters * groups, groups=groups, pads=1)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("height", [31, 32, 33, 34, 63, 65])
def test_rows_of_a_window(height, dtype):
    """Of 14 pixels with 64 channels, a window has at most 32 rows in 16 images."""
    check(dtype, (16, height, 14, 64), (3, 1), 5)
    check(dtype, (2, height, 16, 64), (1, 3), 5, pads=1)


@pytest.mark.parametrize("width", [511, 512, 513])
def test_a_row_longer_than_a_window(width):
    check("float32", (2, 3, width, 64), (2, 1), 3)


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33])
def test_chunks_of_images(batch):
    check("float32", (batch, 4, 3, 5), (3, 3), 18, pads=1)
    check("float32", (batch, 5, 9), (3,), 32)
    check("float32", (batch, 6, 5, 19), (3, 3), 19, pads=1, groups=19)


@pytest.mark.parametrize("channels", [170, 340, 700])
def test_kernels_that_leave_room_for_few_sums(channels):
    """Sums of chunks have at most 2^21 numbers: for 4, 2 and one of them here."""
    check("float32", (5, 2, 2, channels), (3, 3), channels, strides=2, pads=1)


# --- depthwise -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_channels_on_their_own(dtype):
    for channels in [2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129]:
        check(dtype, (1, 5, 6, channels), (3, 3), channels, pads=1, groups=channels)
        check(dtype, (2, 4, 5, channels), (2, 5), channels, pads=2, groups=channels)
        check(dtype, (1, 7, channels), (3,), channels, groups=channels, strides=2)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [5, 16, 20])
def test_pixels_on_their_own(channels, dtype):
    """Eight or four pixels of a row; strips of seven and four for taps of 3x3."""
    for width in range(1, 26):
        own = {"groups": channels, "pads": 1}
        check(dtype, (1, 2, width, channels), (1, 3), channels, **own)
        check(dtype, (2, 5, width, channels), (3, 3), channels, **own)
        check(dtype, (1, 4, 2 * width, channels), (3, 3), channels, 2, **own)
        check(dtype, (1, 3, width + 2, channels), (3, 3), channels, 1, 2, **own)


@pytest.mark.parametrize("batch", [1, 3, 7, 8, 9])
def test_rows_on_their_own(batch):
    """Pieces of four rows at least, or whole images if there are many."""
    for height in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65]:
        check("float32", (batch, height, 3, 16), (3, 3), 16, pads=1, groups=16)
        check("float32", (batch, height, 2, 3), (5, 2), 3, pads=2, groups=3)


@pytest.mark.parametrize("dtype", TYPES)
def test_taps_of_a_kernel_of_its_own(dtype):
    """Gradients of taps are summed three by three."""
    for high in range(1, 8):
        for wide in (1, 2, 3, 4, 6, 7):
            shape = (2, high + 2, wide + 3, 18)
            check(dtype, shape, (high, wide), 18, groups=18)
