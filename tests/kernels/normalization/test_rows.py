"""Layer and root-mean-square normalization of rows against NumPy in float64."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

SHAPES = [(0, 3), (1, 1), (3, 2), (5, 7), (4, 8), (3, 15), (2, 16), (130, 17), (9, 33)]
SHAPES += [(300, 64), (3, 5000)]
EPSILON = 1e-3


def sample(shape, dtype):
    rng = np.random.default_rng(shape)
    rows, n = shape
    x = rng.standard_normal(shape) * 2 + rng.uniform(-5, 5, (rows, 1))
    gamma, beta = rng.uniform(0.5, 2, n), rng.standard_normal(n)
    return [a.astype(dtype) for a in (x, gamma, beta, rng.standard_normal(shape))]


def statistics(x, centred):
    x = x.astype("float64")
    mean = x.mean(1) if centred else np.zeros(len(x))
    deviation = x - mean[:, None]
    return mean, 1 / np.sqrt((deviation**2).mean(1) + EPSILON), deviation


def forward(x, gamma, beta, n_threads=1, y=None):
    y = poisoned(x.shape, x.dtype) if y is None else y
    mean, inverse = [poisoned(len(x), x.dtype) for _ in range(2)]
    if beta is None:
        name, buffers = "rms_norm", [x, gamma, y, inverse]
    else:
        name, buffers = "layer_norm", [x, gamma, beta, y, mean, inverse]
    run(f"rows.{name}", x.dtype.name, buffers, x.shape, (EPSILON,), n_threads)
    return y, mean, inverse


def backward(x, gamma, mean, inverse, d_y, centred, parts=1, n_threads=1, d_x=None):
    d_x = poisoned(x.shape, x.dtype) if d_x is None else d_x
    weights = [poisoned(x.shape[1], x.dtype) for _ in range(1 + centred)]
    work = poisoned(parts * len(weights) * x.shape[1], x.dtype)
    given = [x, gamma, mean, inverse] if centred else [x, gamma, inverse]
    name = "layer_norm" if centred else "rms_norm"
    buffers, dims = [*given, d_y, d_x, *weights, work], (*x.shape, parts)
    run(f"rows.{name}_gradient", x.dtype.name, buffers, dims, (), n_threads)
    return [d_x, *weights]


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_forward(shape, dtype, centred):
    x, gamma, beta, _ = sample(shape, dtype)
    found = forward(x, gamma, beta if centred else None)
    mean, inverse, deviation = statistics(x, centred)
    y = deviation * inverse[:, None] * gamma + (beta if centred else 0)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found[0], y, rtol=50 * eps, atol=200 * eps)
    np.testing.assert_allclose(found[2], inverse, rtol=50 * eps)
    if centred:
        np.testing.assert_allclose(found[1], mean, rtol=20 * eps, atol=20 * eps)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_backward(shape, dtype, centred):
    x, gamma, _, d_y = sample(shape, dtype)
    mean, inverse, deviation = statistics(x, centred)
    normal, g = deviation * inverse[:, None], d_y.astype("float64") * gamma
    d_x = g - normal * (g * normal).mean(1, keepdims=True)
    if centred:
        d_x = d_x - g.mean(1, keepdims=True)
    expected = [d_x * inverse[:, None], (d_y * normal).sum(0), d_y.sum(0)]
    eps = np.finfo(dtype).eps
    for parts in (1, 3):
        found = backward(
            x, gamma, mean.astype(dtype), inverse.astype(dtype), d_y, centred, parts
        )
        for one, two in zip(found, expected, strict=False):
            size = max(1, np.abs(two).max(initial=0), len(x) ** 0.5)
            np.testing.assert_allclose(one, two, atol=200 * eps * size)


@pytest.mark.parametrize("centred", [True, False])
def test_in_place(centred):
    x, gamma, beta, d_y = sample((6, 21), "float32")
    beta = beta if centred else None
    y, mean, inverse = forward(x, gamma, beta)
    d_x = backward(x, gamma, mean, inverse, d_y, centred)[0]
    for out in (0, 1):
        operands = [x.copy(), d_y.copy()]
        first, second = operands
        backward(first, gamma, mean, inverse, second, centred, d_x=operands[out])
        np.testing.assert_array_equal(operands[out], d_x)
    forward(x, gamma, beta, y=x)
    np.testing.assert_array_equal(x, y)


def test_a_constant_row_is_beta_and_nan_stays_in_its_row():
    x, gamma, beta, _ = sample((3, 40), "float32")
    x[0], x[1, 5] = 1234.5, np.nan
    y, _, _ = forward(x, gamma, beta)
    np.testing.assert_array_equal(y[0], beta)
    assert np.isnan(y[1]).all() and np.isfinite(y[2]).all()


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("shape", [(5000, 10), (300, 100), (70, 2000)])
def test_same_bits_for_any_thread_count(shape, centred):
    x, gamma, beta, d_y = sample(shape, "float32")
    beta = beta if centred else None
    first = forward(x, gamma, beta)
    slopes = backward(x, gamma, first[1], first[2], d_y, centred, 8)
    for n_threads in (2, 5):
        again = forward(x, gamma, beta, n_threads)
        assert again[0].tobytes() == first[0].tobytes()
        found = backward(x, gamma, first[1], first[2], d_y, centred, 8, n_threads)
        for one, two in zip(found, slopes, strict=True):
            assert one.tobytes() == two.tobytes()
