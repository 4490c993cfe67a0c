"""Softmax and its gradients against NumPy in float64."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

SHAPES = [(0, 3), (3, 0), (1, 1), (4, 1), (5, 2), (3, 10), (2, 15), (2, 16), (2, 17)]
SHAPES += [(3, 33), (2, 1000), (130, 127)]
NAMES = ["softmax", "log_softmax"]


def sample(shape, dtype, scale=3):
    rng = np.random.default_rng(shape[1])
    return (rng.standard_normal(shape) * scale).astype(dtype)


def softmax(x):
    if not x.size:
        return np.zeros(x.shape)
    e = np.exp(x.astype("float64") - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(x):
    if not x.size:
        return np.zeros(x.shape)
    x = x.astype("float64") - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


FORMULAS = {"softmax": softmax, "log_softmax": log_softmax}


def forward(name, x, n_threads=1):
    y = poisoned(x.shape, x.dtype)
    assert run(f"softmax.{name}", x.dtype.name, [x, y], x.shape, (), n_threads) == 0
    return y


def backward(name, y, d_y, n_threads=1):
    d_x = poisoned(y.shape, y.dtype)
    buffers = [y, d_y, d_x]
    run(f"softmax.{name}_gradient", y.dtype.name, buffers, y.shape, (), n_threads)
    return d_x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_forward(name, shape, dtype):
    x = sample(shape, dtype)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(
        forward(name, x), FORMULAS[name](x), rtol=20 * eps, atol=4 * eps
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_backward(shape, dtype):
    x, d = sample(shape, dtype), sample((shape[0], shape[1]), dtype, 1)[::-1].copy()
    y, tolerance = softmax(x), 100 * np.finfo(dtype).eps
    expected = y * (d - (y * d).sum(-1, keepdims=True))
    found = backward("softmax", y.astype(dtype), d)
    np.testing.assert_allclose(found, expected, atol=tolerance)
    y = log_softmax(x)
    expected = d - np.exp(y) * d.astype("float64").sum(-1, keepdims=True)
    found = backward("log_softmax", y.astype(dtype), d)
    np.testing.assert_allclose(found, expected, atol=10 * tolerance)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [5, 40])
def test_special_numbers(name, n):
    x = sample((6, n), "float32")
    x[0, 1] = np.nan
    x[1, 2] = np.inf
    x[2] = -np.inf
    x[3, 0] = -np.inf  # an excluded class
    x[4] += 1e4
    x[5] -= 1e4
    with np.errstate(all="ignore"):
        expected = FORMULAS[name](x)
    np.testing.assert_allclose(forward(name, x), expected, rtol=1e-5, atol=1e-6)


def test_large_differences_do_not_overflow():
    x = np.array([[-3e38, 0, 3e38]], "float32")
    np.testing.assert_array_equal(forward("softmax", x), [[0, 0, 1]])


@pytest.mark.parametrize("name", NAMES)
def test_in_place(name):
    x, d = sample((7, 21), "float32"), sample((7, 21), "float32", 1)
    y = forward(name, x)
    run(f"softmax.{name}", "float32", [x, x], x.shape)
    np.testing.assert_array_equal(x, y)
    d_x = backward(name, y, d)
    for out in (0, 1):
        operands = [y.copy(), d.copy()]
        buffers = [*operands, operands[out]]
        run(f"softmax.{name}_gradient", "float32", buffers, y.shape)
        np.testing.assert_array_equal(operands[out], d_x)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(5000, 10), (300, 100), (9, 20000)])
def test_same_bits_for_any_thread_count(name, shape):
    x = sample(shape, "float32")
    y = forward(name, x)
    d_x = backward(name, y, x)
    for n_threads in (2, 5):
        assert forward(name, x, n_threads).tobytes() == y.tobytes()
        assert backward(name, y, x, n_threads).tobytes() == d_x.tobytes()
