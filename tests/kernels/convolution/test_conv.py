"""Convolutions of random geometries against sums in double precision."""

import itertools

import numpy as np
import pytest

from ckeras.engine import config
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives.windows import convolution

CASES = 60


def draw(seed):
    """Shapes and geometry: sizes that differ, around every block's edges."""
    rng = np.random.default_rng(seed)
    spatial = int(rng.integers(1, 4))
    groups = int(rng.choice([1, 1, 2, 3]))
    channels = int(rng.choice([1, 2, 3, 5, 8, 12, 13, 19]))
    filters = int(rng.choice([1, 3, 8, 16, 20, 33, 64]))
    kernel = rng.integers(1, 5, spatial).tolist()
    strides = rng.integers(1, 4, spatial).tolist()
    dilations = [int(rng.integers(1, 3)) if s == 1 else 1 for s in strides]
    pads = tuple(map(tuple, rng.integers(0, 4, (spatial, 2)).tolist()))
    sizes = [
        max((k - 1) * d + 1 - sum(p), 1)
        + int(rng.integers(0, 18 if spatial < 3 else 7))
        for k, d, p in zip(kernel, dilations, pads, strict=True)
    ]
    attrs = {"strides": tuple(strides), "dilations": tuple(dilations)}
    attrs |= {"pads": pads, "groups": groups}
    x = rng.normal(size=(int(rng.integers(1, 5)), *sizes, channels * groups))
    w = rng.normal(size=(*kernel, channels, filters * groups))
    return rng, x, w, attrs


def expected(x, w, strides, dilations, pads, groups, pooled=False):
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    kernel = w.shape[:-2]
    sizes = [
        convolution.output_size(n, *axis, (0, 0))
        for n, *axis in zip(x.shape[1:-1], kernel, strides, dilations, strict=True)
    ]
    y = np.zeros((x.shape[0], *sizes, w.shape[-1]))
    channels, filters = w.shape[-2], w.shape[-1] // groups
    for tap in itertools.product(*map(range, kernel)):
        part = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, n, s in zip(tap, dilations, sizes, strides, strict=True)
        )
        seen = x[(slice(None), *part)]
        for g in range(groups):
            to = slice(g * filters, (g + 1) * filters)
            y[..., to] += seen[..., g * channels : (g + 1) * channels] @ w[tap][:, to]
    return y


def tensors(dtype, *arrays):
    return [Tensor(a.astype(dtype)) for a in arrays]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(CASES))
def test_forward_and_both_gradients(seed, dtype):
    rng, x, w, attrs = draw(seed)
    y = expected(x, w, **attrs)
    d_y = rng.normal(size=y.shape)
    sizes, kernel = x.shape[1:-1], w.shape[:-2]
    tolerance = np.finfo(dtype).eps * 8

    def close(result, exact, terms):
        assert result.dtype == dtype
        bound = tolerance * (4 + terms)
        np.testing.assert_allclose(result.numpy(), exact, rtol=0, atol=bound)

    x_, w_, d_ = tensors(dtype, x, w, d_y)
    close(convolution._conv(x_, w_, **attrs), y, w.size / w.shape[-1])
    # The gradients are linear maps, whose adjoint is the convolution itself.
    d_x = convolution.conv_input_gradient(d_, w_, size=sizes, **attrs)
    d_w = convolution.conv_kernel_gradient(x_, d_, size=kernel, **attrs)
    for result, point, image in (
        (d_x, x, lambda v: expected(v, w, **attrs)),
        (d_w, w, lambda v: expected(x, v, **attrs)),
    ):
        assert result.shape == point.shape
        exact = np.zeros(point.shape)
        flat = exact.reshape(-1)
        for at in rng.choice(point.size, min(point.size, 12), replace=False):
            unit = np.zeros(point.size)
            unit[at] = 1
            flat[at] = np.sum(image(unit.reshape(point.shape)) * d_y)
        chosen = flat != 0
        np.testing.assert_allclose(
            result.numpy().reshape(-1)[chosen],
            flat[chosen],
            rtol=0,
            atol=tolerance * (4 + d_y.size / d_y.shape[-1] + w.size / w.shape[-1]),
        )


@pytest.mark.parametrize("seed", range(0, CASES, 4))
def test_bits_do_not_depend_on_threads(seed, monkeypatch):
    _, x, w, attrs = draw(seed)
    x, w = tensors("float32", np.tile(x, (3,) + (1,) * (x.ndim - 1)), w)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(config, "_threads", threads)
        y = convolution._conv(x, w, **attrs)
        d_x = convolution.conv_input_gradient(y, w, size=x.shape[1:-1], **attrs)
        d_w = convolution.conv_kernel_gradient(x, y, size=w.shape[:-2], **attrs)
        results.append([r.numpy() for r in (y, d_x, d_w)])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


FINISHES = {
    None: lambda v: v,
    "relu": lambda v: np.maximum(v, 0),
    "relu6": lambda v: np.clip(v, 0, 6),
    "tanh": np.tanh,
    "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
}


def check_finishes(dtype, x, w, attrs, finished, parts):
    """What follows the sums, number by number: with `parts` of scale, bias and residual
    ("abr") and every activation."""
    exact = expected(x, w, **attrs)
    rng = np.random.default_rng([5, *x.shape])
    a, b = rng.normal(size=(2, w.shape[-1]))
    r = rng.normal(size=exact.shape) * 2
    y = exact * a if "a" in parts else exact
    y = y + b if "b" in parts else y
    y = y + r if "r" in parts else y
    more = [v if k in parts else None for k, v in (("b", b), ("a", a), ("r", r))]
    x, w, *more = [v if v is None else tensors(dtype, v)[0] for v in (x, w, *more)]
    bound = np.finfo(dtype).eps * 16 * (w.size / w.shape[-1] + 16)
    for name, of in FINISHES.items():
        found = finished(x, w, *more, activation=name, **attrs).numpy()
        np.testing.assert_allclose(found, of(y), rtol=0, atol=bound)


PARTS = ["", "a", "b", "r", "ab", "abr"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("parts", PARTS)
def test_what_follows_the_sums(parts, dtype):
    for seed in range(8):
        _, x, w, attrs = draw(seed)
        attrs["pooled"] = False
        check_finishes(dtype, x, w, attrs, convolution.conv_finished, parts)


def test_a_gap_and_a_stride_on_one_axis():
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 17, 4)), rng.normal(size=(3, 4, 5))
    attrs = {"strides": (2,), "dilations": (3,), "pads": ((1, 2),), "groups": 1}
    y = convolution.conv(*tensors("float64", x, w), **attrs)
    np.testing.assert_allclose(y.numpy(), expected(x, w, **attrs), atol=1e-12)


def test_an_empty_batch():
    x, w = tensors("float32", np.zeros((0, 6, 6, 3)), np.ones((3, 3, 3, 4)))
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": ((0, 0),) * 2}
    y = convolution.conv(x, w, **attrs)
    assert y.shape == (0, 4, 4, 4)
    d_w = convolution.conv_kernel_gradient(x, y, size=(3, 3), groups=1, **attrs)
    assert not d_w.numpy().any()
