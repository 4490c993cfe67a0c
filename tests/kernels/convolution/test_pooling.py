"""Pooling kernels against loops in float64 NumPy."""

import itertools

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

TYPES = ["float32", "float64"]
WIDTHS = [1, 3, 8, 15, 16, 17, 33]  # channels, around the sizes of vectors


def windows_of(sizes, pool, stride, padding):
    """Starts and ends of the windows of each axis, cut off at the borders."""
    axes = []
    for n, p, s in zip(sizes, pool, stride, strict=True):
        if padding == "same":
            count = -(-n // s)
            before = max((count - 1) * s + p - n, 0) // 2
        else:
            count, before = (n - p) // s + 1, 0
        starts = [i * s - before for i in range(count)]
        axes.append([(max(a, 0), min(a + p, n)) for a in starts])
    return axes


def dims(x_shape, axes):
    batch, *sizes, channels = x_shape
    disjoint = all(a[1] <= b[0] for axis in axes for a, b in itertools.pairwise(axis))
    covering = disjoint and all(
        sum(e - s for s, e in axis) == n for n, axis in zip(sizes, axes, strict=True)
    )
    counts = [len(axis) for axis in axes]
    flat = [place for axis in axes for pair in axis for place in pair]
    return (batch, channels, *sizes, *counts, int(disjoint), int(covering), *flat)


def each_window(axes):
    """The index of each result, and its window as slices of one image."""
    for place in np.ndindex(*[len(axis) for axis in axes]):
        pairs = [axis[i] for axis, i in zip(axes, place, strict=True)]
        yield place, tuple(slice(*pair) for pair in pairs)


def chosen(pixels):
    """The pixel that stands for the maximum, for each channel: the contract's rule."""
    choice = np.zeros(pixels.shape[1], int)
    for channel in range(pixels.shape[1]):
        held = pixels[0, channel]
        for i, value in enumerate(pixels[:, channel]):
            if not held >= value:
                held, choice[channel] = value, i
    return choice


def flat(image, window):
    pixels = image[window]
    return pixels.reshape(np.prod(pixels.shape[:-1], dtype=int), image.shape[-1])


def reference(x, d, axes, kind):
    """Result, gradient, and what `pick` reads of d, in float64."""
    x, d = x.astype("float64"), d.astype("float64")
    shape = (x.shape[0], *[len(axis) for axis in axes], x.shape[-1])
    y, picked, d_x = np.zeros(shape), np.zeros(shape), np.zeros(x.shape)
    weights = np.arange(1, y.size + 1).reshape(shape) / y.size if y.size else y
    for n in range(x.shape[0]):
        for place, window in each_window(axes):
            pixels, at = flat(x[n], window), (n, *place)
            if kind == "mean":
                y[at] = pixels.mean(0)
                d_x[n][window] += weights[at] / len(pixels)
                continue
            y[at] = pixels.max(0)
            choice = chosen(pixels)
            channels = np.arange(x.shape[-1])
            picked[at] = flat(d[n], window)[choice, channels]
            inside = np.zeros_like(pixels)
            inside[choice, channels] = weights[at]
            d_x[n][window] += inside.reshape(d_x[n][window].shape)
    return y, d_x, picked, weights


def computed(x, d, axes, kind, weights, threads=1):
    y, d_x = poisoned(weights.shape, x.dtype), poisoned(x.shape, x.dtype)
    picked, weights = poisoned(y.shape, x.dtype), weights.astype(x.dtype)
    name, where = x.dtype.name, dims(x.shape, axes)
    if kind == "mean":
        run("pooling.mean", name, [x, y], where, (), threads)
        run("pooling.mean_gradient", name, [weights, d_x], where, (), threads)
        return y, d_x, None
    run("pooling.maximum", name, [x, y], where, (), threads)
    run("pooling.maximum_gradient", name, [x, weights, d_x], where, (), threads)
    run("pooling.pick", name, [x, d, picked], where, (), threads)
    return y, d_x, picked


def check(x, axes, kind):
    d = np.random.default_rng(1).standard_normal(x.shape).astype(x.dtype)
    y, d_x, picked, weights = reference(x, d, axes, kind)
    found = computed(x, d, axes, kind, weights)
    tolerance = 8 * np.finfo(x.dtype).eps
    np.testing.assert_allclose(found[0], y, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found[1], d_x, rtol=4 * tolerance, atol=tolerance)
    if kind == "maximum":
        np.testing.assert_array_equal(found[2], picked)


def sample(shape, dtype, levels=3):
    """Small whole numbers, so that many are equal."""
    rng = np.random.default_rng(sum(shape))
    return rng.integers(-levels, levels + 1, shape).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", WIDTHS)
@pytest.mark.parametrize("kind", ["maximum", "mean"])
def test_channels(kind, channels, dtype):
    axes = windows_of((1, 5, 6), (1, 3, 2), (1, 2, 2), "same")
    check(sample((2, 1, 5, 6, channels), dtype), axes, kind)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", ["maximum", "mean"])
def test_random_geometry(kind, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, 3)
    pool = [int(rng.integers(1, n + 1)) for n in sizes]
    stride = rng.integers(1, 4, 3).tolist()
    axes = windows_of(sizes.tolist(), pool, stride, ["valid", "same"][seed % 2])
    shape = (int(rng.integers(1, 3)), *sizes, int(rng.integers(1, 20)))
    check(sample(shape, "float64"), axes, kind)


def test_shares_of_unequal_size():
    axes = [[(0, 1)], [(0, 2), (1, 4), (3, 5)], [(0, 3), (2, 4)]]
    for kind in ("maximum", "mean"):
        check(sample((2, 1, 5, 4, 5), "float64"), axes, kind)


@pytest.mark.parametrize(
    "row",
    [
        [np.nan, 1, 2, np.nan],
        [1, np.nan, 1, 0.5],
        [np.nan, np.nan, 0, 0],
        [3, np.nan, 1, 2],
        [-np.inf] * 4,
        [np.inf, 1, np.inf, np.nan],
    ],
)
def test_special_numbers(row):
    x = np.array(row, "float32").reshape(1, 1, 1, 4, 1)
    x = np.repeat(x, 17, axis=-1)
    axes = windows_of((1, 1, 4), (1, 1, 4), (1, 1, 1), "valid")
    check(x, axes, "maximum")


def test_a_nan_reaches_only_its_windows():
    x = sample((1, 1, 4, 4, 5), "float32")
    x[0, 0, 1, 2, 3] = np.nan
    axes = windows_of((1, 4, 4), (1, 2, 2), (1, 2, 2), "valid")
    for kind in ("maximum", "mean"):
        y, _, _, weights = reference(x, x, axes, kind)
        found, _, _ = computed(x, x, axes, kind, weights)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(y))


@pytest.mark.parametrize("shape", [(0, 1, 4, 4, 3), (2, 1, 4, 4, 0), (20, 1, 4, 4, 0)])
def test_nothing(shape):
    axes = windows_of(shape[1:-1], (1, 2, 2), (1, 2, 2), "valid")
    for kind in ("maximum", "mean"):
        check(np.zeros(shape, "float32"), axes, kind)


@pytest.mark.parametrize("batch", [1, 3, 20])
@pytest.mark.parametrize("kind", ["maximum", "mean"])
def test_same_bits_on_any_number_of_threads(kind, batch):
    shape = (batch, 2, 30, 31, 37)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype("float32")
    d = rng.standard_normal(shape).astype("float32")
    axes = windows_of(shape[1:-1], (2, 3, 3), (1, 2, 1), "same")
    weights = rng.standard_normal((batch, *[len(a) for a in axes], 37))
    one = computed(x, d, axes, kind, weights, threads=1)
    for threads in (2, 5):
        more = computed(x, d, axes, kind, weights, threads)
        for a, b in zip(one, more, strict=True):
            assert a is b is None or a.tobytes() == b.tobytes()
