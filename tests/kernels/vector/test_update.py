"""The optimizer kernels against NumPy in float64 and float32."""

import itertools

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

SIZES = [0, 1, 7, 8, 15, 16, 17, 33, 1000]
RATE = 0.01


def arrays(n, dtype, count):
    """Parameters and gradient of any sign, then states that are not negative."""
    rng = np.random.default_rng(n)
    signed = [rng.standard_normal(n).astype(dtype) for _ in range(2)]
    return signed + [rng.random(n).astype(dtype) + 1 for _ in range(count - 2)]


def scalar(value, dtype):
    return np.array([value], dtype)


def adam_formula(p, g, m, v, v_hat, t, dtype):
    one, b_1, b_2 = np.array([1, 0.9, 0.999], dtype)
    alpha = dtype(RATE) * np.sqrt(one - b_2**t) / (one - b_1**t)
    m = m + (g - m) * dtype(1 - 0.9)
    v = v + (g * g - v) * dtype(1 - 0.999)
    u = v if v_hat is None else np.maximum(v_hat, v)
    p = p - m * alpha / (np.sqrt(u) + dtype(1e-7))
    return (p, m, v) if v_hat is None else (p, m, v, u)


def run_adam(inputs, v_hat, t, n_threads=1, rate_type="float32", step_type="int32"):
    p, g, m, v = inputs
    outputs = [poisoned(p.shape, p.dtype) for _ in range(3 + (v_hat is not None))]
    codes = {"float32": 0, "float64": 1, "int32": 2, "int64": 3}
    scalars = [scalar(RATE, rate_type), scalar(t, step_type)]
    dims = (p.size, codes[rate_type], codes[step_type])
    buffers = [p, g, m, v, v_hat, *scalars, *outputs]
    constants = (0.9, 0.999, 1e-7)
    assert run("update.adam", p.dtype.name, buffers, dims, constants, n_threads) == 0
    return outputs


def close(found, expected, dtype):
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            f, e, rtol=20 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("n", SIZES)
def test_adam(n, amsgrad, dtype):
    p, g, m, v, v_hat = arrays(n, dtype, 5)
    v_hat = v_hat if amsgrad else None
    for t in (1, 2, 1000):
        expected = adam_formula(p, g, m, v, v_hat, dtype(t), dtype)
        found = run_adam((p, g, m, v), v_hat, t, rate_type=np.dtype(dtype).name)
        close(found, expected, dtype)


@pytest.mark.parametrize("rate_type", ["float32", "float64"])
@pytest.mark.parametrize("step_type", ["float32", "float64", "int32", "int64"])
def test_types_of_scalars(rate_type, step_type):
    inputs = arrays(20, np.float32, 4)
    reference = run_adam(inputs, None, 3)
    found = run_adam(inputs, None, 3, 1, rate_type, step_type)
    for a, b in zip(found, reference, strict=True):
        np.testing.assert_array_equal(a, b)


def test_adam_at_a_gradient_of_zero_from_the_start():
    p, zero = np.ones(5, np.float32), np.zeros(5, np.float32)
    found = run_adam((p, zero, zero, zero), None, 1)
    np.testing.assert_array_equal(found[0], p)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", SIZES)
def test_sgd(n, dtype):
    p, g = arrays(n, dtype, 2)
    out, rate = poisoned(p.shape, dtype), scalar(RATE, "float32")
    run("update.sgd", p.dtype.name, [p, g, rate, out], (n, 0))
    close([out], [p - dtype(rate[0]) * g], dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("nesterov", [0, 1])
@pytest.mark.parametrize("n", SIZES)
def test_momentum(n, nesterov, dtype):
    p, g, m = arrays(n, dtype, 3)
    outs, rate = [poisoned(p.shape, dtype) for _ in range(2)], scalar(RATE, "float32")
    run(
        "update.momentum", p.dtype.name, [p, g, m, rate, *outs], (n, 0, nesterov), [0.9]
    )
    step, mu = dtype(rate[0]) * g, dtype(0.9)
    new = mu * m - step
    close(outs, [p + (mu * new - step if nesterov else new), new], dtype)


def rmsprop(inputs, mean, m, n_threads=1):
    p, g, v = inputs
    count = 2 + (mean is not None) + (m is not None)
    outs = [poisoned(p.shape, p.dtype) for _ in range(count)]
    buffers = [p, g, v, mean, m, scalar(RATE, "float32"), *outs]
    constants = (0.9, 1e-7, 0.5)
    run("update.rmsprop", p.dtype.name, buffers, (p.size, 0), constants, n_threads)
    return outs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "centered, momentum", list(itertools.product([False, True], repeat=2))
)
@pytest.mark.parametrize("n", SIZES)
def test_rmsprop(n, centered, momentum, dtype):
    p, g, v, mean, m = arrays(n, dtype, 5)
    mean = mean / 4 if centered else None  # mean² stays below the mean square
    m = m if momentum else None
    found = rmsprop((p, g, v), mean, m)
    rho, rest = dtype(0.9), dtype(1 - 0.9)
    v = rho * v + rest * g * g
    expected, spread = [v], v
    if centered:
        mean = rho * mean + rest * g
        expected.append(mean)
        spread = v - mean * mean
    step = dtype(np.float32(RATE)) * g / np.sqrt(spread + dtype(1e-7))
    if momentum:
        step = dtype(0.5) * m + step
        expected.append(step)
    close(found, [p - step, *expected], dtype)


def test_in_place():
    inputs = arrays(1000, np.float32, 4)
    expected = run_adam(inputs, None, 2)
    p, g, m, v = inputs
    scalars = [scalar(RATE, "float32"), scalar(2, "int32")]
    buffers = [p, g, m, v, None, *scalars, p, m, v]
    run("update.adam", "float32", buffers, (1000, 0, 2), (0.9, 0.999, 1e-7))
    for a, b in zip((p, m, v), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_same_bits_for_any_thread_count():
    p, g, m, v, v_hat = arrays(150_001, np.float32, 5)
    one = run_adam((p, g, m, v), v_hat, 5)
    one += rmsprop((p, g, v), None, m)
    for n_threads in (2, 5):
        many = run_adam((p, g, m, v), v_hat, 5, n_threads)
        many += rmsprop((p, g, v), None, m, n_threads)
        for a, b in zip(many, one, strict=True):
            assert a.tobytes() == b.tobytes()


def test_nan_stays_in_its_element():
    inputs = arrays(40, np.float32, 4)
    inputs[1][5] = np.nan
    for out in run_adam(inputs, None, 1):
        assert np.isnan(out[5])
        assert np.isnan(out).sum() == 1
