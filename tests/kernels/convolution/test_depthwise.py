"""Depthwise convolutions of random geometries against sums in double precision."""

import numpy as np
import pytest

from ckeras.engine import config
from ckeras.ops.primitives.windows import depthwise
from tests.kernels.convolution import test_conv

CASES = 40


def draw(seed):
    rng, x, w, attrs = test_conv.draw(seed + 1000)
    channels = int(rng.choice([1, 3, 8, 16, 17, 40, 64, 81]))
    batch = 9 if seed % 4 == 0 else x.shape[0]  # many: threads take whole images
    x = rng.normal(size=(batch, *x.shape[1:-1], channels))
    w = rng.normal(size=(*w.shape[:-2], channels))
    del attrs["groups"]
    return rng, x, w, attrs


def expected(x, w, **attrs):
    w = w.reshape(*w.shape[:-1], 1, w.shape[-1])
    return test_conv.expected(x, w, groups=w.shape[-1], **attrs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(CASES))
def test_forward_and_both_gradients(seed, dtype):
    rng, x, w, attrs = draw(seed)
    y = expected(x, w, **attrs)
    d_y, v, u = [rng.normal(size=a.shape) for a in (y, x, w)]
    x_, w_, d_ = test_conv.tensors(dtype, x, w, d_y)
    terms = w.size / w.shape[-1]
    tolerance = np.finfo(dtype).eps * 8 * (4 + terms)
    result = depthwise.depthwise(x_, w_, **attrs)
    np.testing.assert_allclose(result.numpy(), y, rtol=0, atol=tolerance)
    # Adjoints: the inner product with any direction is the convolution's with d_y.
    size, kernel = x.shape[1:-1], w.shape[:-1]
    d_x = depthwise._input_gradient(d_, w_, size=size, **attrs).numpy()
    d_w = depthwise._kernel_gradient(x_, d_, size=kernel, **attrs).numpy()
    bound = np.finfo(dtype).eps * 40 * np.sqrt(max(y.size, 1)) * (4 + terms)
    exact = np.sum(d_y * expected(v, w, **attrs))
    assert abs(np.sum(d_x.astype("float64") * v) - exact) < bound
    exact = np.sum(d_y * expected(x, u, **attrs))
    assert abs(np.sum(d_w.astype("float64") * u) - exact) < bound * np.sqrt(y.size + 1)


@pytest.mark.parametrize("seed", range(0, CASES, 5))
def test_bits_do_not_depend_on_threads(seed, monkeypatch):
    _, x, w, attrs = draw(seed)
    x = np.tile(x, (5,) + (1,) * (x.ndim - 1))
    x, w = test_conv.tensors("float32", x, w)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(config, "_threads", threads)
        y = depthwise.depthwise(x, w, **attrs)
        d_x = depthwise._input_gradient(y, w, size=x.shape[1:-1], **attrs)
        d_w = depthwise._kernel_gradient(x, y, size=w.shape[:-1], **attrs)
        results.append([r.numpy() for r in (y, d_x, d_w)])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
