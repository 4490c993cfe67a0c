"""3x3 convolutions by Winograd's way against sums in double precision.

In float32 the error stays within the bound that the direct sum is held to: the
transformations add and halve, and lose no more than a bit or two. Measured, in units
of eps times the sum of |x||w|: at most 1.7, and at most 2.7 for the direct kernel,
whose sums are longer. Pixels of one tile share their rounding: beside one that is much
larger, it is the large one's sum that counts.
"""

import numpy as np
import pytest

from ckeras.engine import config
from ckeras.ops.primitives.windows import convolution
from tests.kernels.convolution import test_conv
from tests.kernels.convolution.test_conv import expected, tensors

CASES = 30


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Winograd's kernels also where they do not pay, and no calls kept from others."""
    monkeypatch.setattr(convolution, "WINOGRAD_CHANNELS", 1)
    monkeypatch.setattr(convolution, "WINOGRAD_TILES", 1)
    names = "_conv", "conv_finished", "conv_input_gradient", "conv_kernel_gradient"
    primitives = [getattr(convolution, name) for name in names]
    for primitive in primitives:
        primitive.prepared.clear()
    yield
    for primitive in primitives:
        primitive.prepared.clear()


def draw(seed):
    """Large images, or many small ones, which are taken several at a time."""
    rng = np.random.default_rng(seed)
    channels = int(rng.choice([1, 3, 8, 16, 17, 40, 64, 140]))
    filters = int(rng.choice([1, 5, 16, 32, 33, 48, 70, 129]))
    pads = tuple(map(tuple, rng.integers(0, 3, (2, 2)).tolist()))
    batch, largest = (int(rng.integers(1, 5)), 20) if seed % 3 else (37, 7)
    sizes = [max(3 - sum(p), 1) + int(rng.integers(0, largest)) for p in pads]
    x = rng.normal(size=(batch, *sizes, channels))
    w = rng.normal(size=(3, 3, channels, filters))
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": pads, "groups": 1}
    return rng, x, w, attrs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(CASES))
def test_forward_and_both_gradients(seed, dtype):
    rng, x, w, attrs = draw(seed)
    y = expected(x, w, **attrs)
    d_y, v, u = [rng.normal(size=a.shape) for a in (y, x, w)]
    x_, w_, d_ = tensors(dtype, x, w, d_y)
    terms = 9 * x.shape[-1]
    eps = np.finfo(dtype).eps
    result = convolution._conv(x_, w_, **attrs).numpy()
    np.testing.assert_allclose(result, y, rtol=0, atol=eps * 8 * (4 + terms))
    d_x = convolution.conv_input_gradient(d_, w_, size=x.shape[1:-1], **attrs).numpy()
    d_w = convolution.conv_kernel_gradient(x_, d_, size=(3, 3), **attrs).numpy()
    bound = eps * 40 * np.sqrt(y.size) * (4 + terms)
    exact = np.sum(d_y * expected(v, w, **attrs))
    assert abs(np.sum(d_x.astype("float64") * v) - exact) < bound
    exact = np.sum(d_y * expected(x, u, **attrs))
    assert abs(np.sum(d_w.astype("float64") * u) - exact) < bound * np.sqrt(y.size + 1)


@pytest.mark.parametrize("channels", [32, 64, 128])
@pytest.mark.parametrize("kind", ["even", "positive", "uneven"])
def test_error_bound(kind, channels):
    rng = np.random.default_rng(channels)
    x = rng.normal(size=(2, 14, 14, channels))
    if kind == "positive":
        x = np.maximum(x, 0)
    if kind == "uneven":
        x *= 10.0 ** rng.integers(-3, 4, (2, 14, 14, 1))
    w = rng.normal(size=(3, 3, channels, 32)) / np.sqrt(9 * channels)
    x, w = (a.astype("float32").astype("float64") for a in (x, w))
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": ((1, 1),) * 2, "groups": 1}
    found = convolution._conv(*tensors("float32", x, w), **attrs).numpy()
    error = np.abs(found - expected(x, w, **attrs))
    sums = expected(np.abs(x), np.abs(w), **attrs)
    if kind == "uneven":  # the greatest of each tile's neighbourhood
        around = np.pad(sums, ((0, 0), (1, 1), (1, 1), (0, 0)))
        parts = [around[:, i : i + 14, j : j + 14] for i in range(3) for j in range(3)]
        sums = np.maximum.reduce(parts)
    assert (error / sums).max() < 3 * np.finfo("float32").eps


def test_it_is_what_runs():
    _, x, w, attrs = draw(0)
    x, w = tensors("float32", x, w)
    convolution._conv(x, w, **attrs)
    (prepared,) = convolution._conv.prepared.values()
    step = convolution._conv.lower(prepared.node)
    assert step.kernel == "winograd.forward"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("parts", test_conv.PARTS)
def test_what_follows_the_sums(parts, dtype):
    finished = convolution.conv_finished
    for seed in range(5):
        _, x, w, attrs = draw(seed)
        attrs["pooled"] = False
        test_conv.check_finishes(dtype, x, w, attrs, finished, parts)


def test_nan_stays_in_its_neighbourhood():
    x, w = np.ones((1, 9, 9, 3)), np.ones((3, 3, 3, 4))
    x[0, 4, 4, 1] = np.nan
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": ((1, 1), (1, 1))}
    y = convolution._conv(*tensors("float32", x, w), groups=1, **attrs).numpy()
    wrong = np.isnan(y[0]).any(axis=-1)
    assert wrong[3:6, 3:6].all()
    # A transformed tile mixes its pixels: a result beside one that sees NaN is NaN too.
    assert not wrong[:2].any() and not wrong[:, :2].any()


@pytest.mark.parametrize("seed", range(0, CASES, 4))
def test_bits_do_not_depend_on_threads(seed, monkeypatch):
    _, x, w, attrs = draw(seed)
    x, w = tensors("float32", np.tile(x, (3, 1, 1, 1)), w)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(config, "_threads", threads)
        y = convolution._conv(x, w, **attrs)
        d_x = convolution.conv_input_gradient(y, w, size=x.shape[1:-1], **attrs)
        d_w = convolution.conv_kernel_gradient(x, y, size=(3, 3), **attrs)
        results.append([r.numpy() for r in (y, d_x, d_w)])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
