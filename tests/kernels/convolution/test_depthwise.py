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


# Strips of a 3x3 kernel are of seven or four results in two rows, its vectors of up
# to 16 channels in blocks of 128: sizes around all of these.
SQUARES = [
    (size, channels, pads, stride, dilation)
    for size, channels in [
        ((1, 1), 16),
        ((2, 3), 17),
        ((3, 4), 31),
        ((4, 5), 33),
        ((5, 6), 127),
        ((6, 7), 128),
        ((7, 8), 129),
        ((8, 9), 144),
        ((9, 12), 16),
        ((11, 14), 257),
        ((13, 15), 40),
        ((17, 16), 23),
    ]
    for pads in [((1, 1), (1, 1)), ((0, 1), (0, 1)), ((3, 2), (2, 4))]
    for stride, dilation in [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (1, 3))]
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_kernel_of_three_by_three_around_every_edge(dtype):
    rng = np.random.default_rng(5)
    for size, channels, pads, stride, dilation in SQUARES:
        wide = 2 * dilation[1] + 1
        if size[0] + sum(pads[0]) < 3 or size[1] + sum(pads[1]) < wide:
            continue
        attrs = {"strides": stride, "dilations": dilation, "pads": pads}
        x = rng.normal(size=(2, *size, channels))
        w = rng.normal(size=(3, 3, channels))
        exact = expected(x, w, **attrs)
        x_, w_ = test_conv.tensors(dtype, x, w)
        y = depthwise.depthwise(x_, w_, **attrs).numpy()
        bound = np.finfo(dtype).eps * 100
        np.testing.assert_allclose(y, exact, rtol=0, atol=bound)
        # The gradient is the adjoint, number by number where steps are of one.
        d_y, v = rng.normal(size=exact.shape), rng.normal(size=x.shape)
        d_, _ = test_conv.tensors(dtype, d_y, w)
        d_x = depthwise._input_gradient(d_, w_, size=size, **attrs).numpy()
        product = np.sum(d_y * expected(v, w, **attrs), axis=(0, 1, 2))
        found = np.sum(d_x.astype("float64") * v, axis=(0, 1, 2))
        np.testing.assert_allclose(found, product, rtol=0, atol=bound * 100)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("parts", test_conv.PARTS)
def test_what_follows_the_sums(parts, dtype):
    def finished(x, w, *more, groups, **attrs):
        w = w.numpy().reshape(*w.shape[:-2], groups)
        return depthwise._finished(x, *test_conv.tensors(dtype, w), *more, **attrs)

    def check(x, w, attrs):
        w, attrs = (
            w.reshape(*w.shape[:-1], 1, w.shape[-1]),
            attrs | {"groups": w.shape[-1]},
        )
        test_conv.check_finishes(dtype, x, w, attrs, finished, parts)

    for seed in range(12):
        check(*draw(seed)[1:])
    rng = np.random.default_rng(8)
    for size, channels, pads, stride, dilation in SQUARES[::2]:
        if min(np.add(size, np.sum(pads, 1)) - 2 * np.array(dilation)) > 0:
            attrs = {"strides": stride, "dilations": dilation, "pads": pads}
            x = rng.normal(size=(2, *size, channels))
            check(x, rng.normal(size=(3, 3, channels)), attrs)


def test_planes_of_three_by_three():
    rng = np.random.default_rng(6)
    x, w = rng.normal(size=(2, 4, 7, 9, 20)), rng.normal(size=(2, 3, 3, 20))
    attrs = {
        "strides": (1,) * 3,
        "dilations": (2, 1, 1),
        "pads": ((1, 2), (1, 1), (0, 2)),
    }
    y = depthwise.depthwise(*test_conv.tensors("float64", x, w), **attrs)
    np.testing.assert_allclose(y.numpy(), expected(x, w, **attrs), atol=1e-12)


def test_pixels_outside_are_not_read_as_numbers():
    """Infinite numbers at the edges of neighbouring images and rows stay there."""
    x = np.zeros((3, 6, 9, 16))
    x[1] = np.inf
    w = np.ones((3, 3, 16))
    for stride in (1, 2):
        attrs = {"strides": (stride,) * 2, "dilations": (1, 1), "pads": ((1, 1),) * 2}
        y = depthwise.depthwise(*test_conv.tensors("float32", x, w), **attrs).numpy()
        assert not y[[0, 2]].any()
        assert np.isinf(y[1]).all()


@pytest.mark.parametrize("shape", [(3, 100, 100, 80), (2, 130, 127, 67)])
def test_large_results(shape, monkeypatch):
    """Results that leave the caches, and those whose rows do not start on a line."""
    rng = np.random.default_rng(7)
    x, w = rng.normal(size=shape), rng.normal(size=(3, 3, shape[-1]))
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": ((1, 1), (1, 1))}
    exact = expected(x, w, **attrs)
    a, r = rng.normal(size=shape[-1]), rng.normal(size=shape)
    x_, w_, a_, r_ = test_conv.tensors("float32", x, w, a, r)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(config, "_threads", threads)
        finished = [
            depthwise._finished(x_, w_, a_, a_, r_, activation=name, **attrs).numpy()
            for name in ("relu6", "tanh")
        ]
        results.append([depthwise.depthwise(x_, w_, **attrs).numpy(), *finished])
        np.testing.assert_array_equal(results[-1], results[0])
    y = exact * a + a + r
    wanted = exact, np.clip(y, 0, 6), np.tanh(y)
    np.testing.assert_allclose(results[0], wanted, rtol=0, atol=5e-5)
