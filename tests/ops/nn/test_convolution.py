"""Convolutional ops of random geometries, with sizes around the kernels' blocks,
against sums in double precision: values and, as adjoints, gradients."""

import numpy as np
import pytest

from ckeras import GradientTape, config, ops
from tests.kernels.convolution.test_conv import expected

CASES = 40
# Tiles are 6 or 12 pixels by 16 or 32 filters, blocks of channels multiples of 16.
PIXELS = [1, 5, 6, 7, 11, 12, 13, 23, 24, 25, 37]
CHANNELS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 65]


@pytest.fixture
def threads():
    before = config.get_num_threads()
    yield config.set_num_threads
    config.set_num_threads(before)


def draw(seed):
    """A generator, the input's shape, and the options of an op."""
    rng = np.random.default_rng(seed + 7000)
    spatial = int(rng.choice([1, 2, 2, 2, 3]))
    kernel = [int(k) for k in rng.integers(1, 5, spatial)]
    strides = [int(s) for s in rng.integers(1, 4, spatial)]
    dilations = [int(d) for d in rng.integers(1, 4, spatial)]
    which = rng.choice(["strides", "dilations", "both"], p=[0.4, 0.4, 0.2])
    strides = [1] * spatial if which == "dilations" else strides
    dilations = [1] * spatial if which == "strides" else dilations
    padding = str(rng.choice(["valid", "same"]))
    sizes = []
    for k, d in zip(kernel, dilations, strict=True):
        size = int(rng.choice(PIXELS)) if spatial < 3 else int(rng.integers(1, 8))
        sizes.append(max(size, (k - 1) * d + 1))
    options = {"strides": strides, "dilation_rate": dilations, "padding": padding}
    return rng, (int(rng.integers(1, 4)), *sizes), kernel, options


def pads_of(sizes, kernel, options):
    """Keras's rule for "same": what is missing, the odd one at the end."""
    pads = []
    columns = zip(
        sizes, kernel, options["strides"], options["dilation_rate"], strict=True
    )
    for size, k, s, d in columns:
        missing = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        missing = missing if options["padding"] == "same" else 0
        pads.append((missing // 2, missing - missing // 2))
    return tuple(pads)


def by_sums(x, w, options, groups=1):
    return expected(
        x,
        w,
        tuple(options["strides"]),
        tuple(options["dilation_rate"]),
        pads_of(x.shape[1:-1], w.shape[:-2], options),
        groups,
    )


def first(x):
    return np.moveaxis(x, -1, 1)


def check(op, exact, x, w, options):
    """Value and gradients of `op(x, w)`, in both types and layouts.

    The op is linear in x and in w: a gradient's product with any direction is that of
    the output's weights with what the op makes of the direction.
    """
    y, rng = exact(x, w), np.random.default_rng(0)
    d_y, v, u = (rng.normal(size=a.shape) for a in (y, x, w))
    images = exact(v, w), exact(x, u)
    terms = w.size / w.shape[-1]
    # How the largest sum of products is rounded, term by term.
    reach = np.abs(exact(np.abs(x), np.abs(w))).max(initial=0)
    for dtype, is_first in (("float32", False), ("float64", True)):
        eps = np.finfo(dtype).eps
        layout = {"data_format": "channels_first" if is_first else "channels_last"}
        moved = first if is_first else np.asarray
        given = [np.ascontiguousarray(a, dtype) for a in (moved(x), w, moved(d_y))]
        x_, w_, d_ = map(ops.convert_to_tensor, given)
        with GradientTape() as tape:
            tape.watch([x_, w_])
            found = op(x_, w_, **options, **layout)
        assert found.dtype == dtype
        bound = 4 * eps * reach * (1 + np.sqrt(terms))
        np.testing.assert_allclose(found, moved(y), rtol=0, atol=bound)
        slopes = tape.gradient(found, [x_, w_], output_gradients=[d_])
        for slope, way, image in zip(slopes, (moved(v), u), images, strict=True):
            product = np.sum(np.asarray(slope, "float64") * way)
            size = 1 + np.abs(d_y * image).sum()
            assert abs(product - np.sum(d_y * image)) < 40 * eps * size * terms**0.5


@pytest.mark.parametrize("seed", range(CASES))
def test_conv(seed):
    rng, shape, kernel, options = draw(seed)
    groups = int(rng.choice([1, 1, 2, 3]))
    channels, filters = (int(c) for c in rng.choice(CHANNELS, 2))
    x = rng.normal(size=(*shape, channels * groups))
    w = rng.normal(size=(*kernel, channels, filters * groups))
    check(ops.conv, lambda x, w: by_sums(x, w, options, groups), x, w, options)


@pytest.mark.parametrize("seed", range(CASES // 2))
def test_depthwise_conv(seed):
    rng, shape, kernel, options = draw(seed + 100)
    shape, kernel = shape[:3], kernel[:2]
    options = {k: v if isinstance(v, str) else v[:2] for k, v in options.items()}
    channels, multiplier = int(rng.choice(CHANNELS)), int(rng.integers(1, 4))
    x = rng.normal(size=(*shape, channels))
    w = rng.normal(size=(*kernel, channels, multiplier))

    def exact(x, w):
        w = w.reshape(*kernel, 1, channels * multiplier)
        return by_sums(x, w, options, channels)

    check(ops.depthwise_conv, exact, x, w, options)


@pytest.mark.parametrize("seed", range(CASES // 2))
def test_conv_transpose_is_the_adjoint(seed):
    rng, shape, kernel, options = draw(seed + 200)
    channels, filters = (int(c) for c in rng.choice(CHANNELS, 2))
    x = rng.normal(size=(*shape, channels))
    w = rng.normal(size=(*kernel, filters, channels))
    y = ops.conv_transpose(x, w, **options)
    size = y.shape[1:-1]
    back = rng.normal(size=y.shape)
    pads = []
    columns = (shape[1:], kernel, options["strides"], options["dilation_rate"], size)
    for n, k, s, d, m in zip(*columns, strict=True):
        # Of all results that the input reaches, "same" leaves out some on both sides.
        reach = (k - 1) * d + 1
        same = options["padding"] == "same"
        before = max(reach - 1 - (s + reach - 1) // 2, 0) if same else 0
        pads.append((before, (n - 1) * s + reach - before - m))
    steps = tuple(options["strides"]), tuple(options["dilation_rate"])
    cut = tuple((max(a, 0), max(b, 0)) for a, b in pads)
    sums = expected(back, w, *steps, cut, 1)[(slice(None), *map(slice, shape[1:]))]
    found, exact = np.sum(np.asarray(y, "float64") * back), np.sum(x * sums)
    eps = np.finfo(y.dtype).eps
    assert abs(found - exact) < 100 * eps * (np.abs(x * sums).sum() + 1) * w.size**0.5


@pytest.mark.parametrize("seed", range(0, CASES, 4))
def test_same_bits_on_one_and_two_threads(seed, threads):
    rng, shape, kernel, options = draw(seed)
    channels, filters = (int(c) for c in rng.choice(CHANNELS, 2))
    x = rng.normal(size=(9, *shape[1:], channels)).astype("float32")
    w = rng.normal(size=(*kernel, channels, filters)).astype("float32")
    results = []
    for n in (1, 2):
        threads(n)
        values = [ops.convert_to_tensor(a) for a in (x, w)]
        with GradientTape() as tape:
            tape.watch(values)
            y = ops.conv(*values, **options)
            loss = ops.sum(ops.square(y))
        results.append([y, *tape.gradient(loss, values)])
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
