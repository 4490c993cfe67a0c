"""Means, variances and centred sums against NumPy in float64."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

# (outer, reduce, inner, chunks): runs, narrow and wide columns, sizes around blocks.
SHAPES = [(1, 1, 1, 1), (3, 5, 1, 1), (2, 4096, 1, 1), (2, 4097, 1, 1), (1, 9001, 1, 3)]
SHAPES += [(1, 1, 3, 1), (1, 7, 3, 1), (2, 200, 3, 1), (1, 1000, 16, 7)]
SHAPES += [(1, 63, 40, 1), (1, 64, 63, 1), (1, 65, 64, 2), (2, 130, 70, 4)]
SHAPES += [(1, 300, 513, 3), (1, 66, 1100, 1), (4, 257, 129, 2)]


def sample(shape, dtype, seed=0):
    outer, reduce, inner, _ = shape
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((outer, reduce, inner))
    x = x * rng.uniform(0.5, 2, inner) + rng.uniform(-50, 50, (outer, 1, inner))
    return x.astype(dtype)


def moments(x, chunks, n_threads=1):
    outer, reduce, inner = x.shape
    out = [poisoned((outer, inner), x.dtype) for _ in range(2)]
    work = poisoned(outer * chunks * 2 * inner, x.dtype) if chunks > 1 else None
    dims = (outer, reduce, inner, chunks)
    run("moments.moments", x.dtype.name, [x, *out, work], dims, (), n_threads)
    return out


def centred_sums(d, x, mean, chunks, n_threads=1):
    outer, reduce, inner = x.shape
    out = [poisoned((outer, inner), x.dtype) for _ in range(2)]
    work = poisoned(outer * chunks * 2 * inner, x.dtype) if chunks > 1 else None
    dims, buffers = (outer, reduce, inner, chunks), [d, x, mean, *out, work]
    run("moments.centred_sums", x.dtype.name, buffers, dims, (), n_threads)
    return out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_moments(shape, dtype):
    x = sample(shape, dtype)
    mean, variance = moments(x, shape[3])
    wide, eps = x.astype("float64"), np.finfo(dtype).eps
    np.testing.assert_allclose(mean, wide.mean(1), rtol=8 * eps, atol=50 * eps)
    np.testing.assert_allclose(variance, wide.var(1), rtol=40 * eps, atol=50 * eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_centred_sums(shape, dtype):
    x, d = sample(shape, dtype), sample(shape, dtype, seed=1)
    mean = x.astype("float64").mean(1).astype(dtype)
    total, product = centred_sums(d, x, mean, shape[3])
    wide = d.astype(np.longdouble)
    terms = wide * (x.astype(np.longdouble) - mean[:, None])
    tolerance = 8 * np.finfo(dtype).eps
    assert np.all(np.abs(total - wide.sum(1)) <= tolerance * np.abs(wide).sum(1))
    assert np.all(np.abs(product - terms.sum(1)) <= tolerance * np.abs(terms).sum(1))


@pytest.mark.parametrize("inner", [1, 8, 80])
def test_a_large_mean_costs_no_accuracy(inner):
    """10,000 times the deviation: a sum of squares would have no digit left."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((1, 20_000, inner)) + 10_000).astype("float32")
    _, variance = moments(x, 4)
    np.testing.assert_allclose(variance, x.astype("float64").var(1), rtol=1e-5)


@pytest.mark.parametrize("inner", [1, 8, 80])
def test_rows_in_order_and_an_outlier_in_front(inner):
    """The mean of the rows before is far from those that come."""
    x = np.linspace(0, 1000, 4000, dtype="float32").reshape(1, -1, 1)
    x = np.repeat(x, inner, axis=2)
    x[0, 0] = -5000
    mean, variance = moments(x, 1)
    np.testing.assert_allclose(mean, x.astype("float64").mean(1), rtol=2e-6)
    np.testing.assert_allclose(variance, x.astype("float64").var(1), rtol=1e-5)


@pytest.mark.parametrize("inner", [1, 8, 80])
def test_special_numbers(inner):
    x = np.full((1, 300, inner), 3.0, "float32")
    mean, variance = moments(x, 2)
    assert np.all(mean == 3) and np.all(variance == 0)
    x[0, 70, 0] = np.nan
    mean, variance = moments(x, 2)
    assert np.isnan(mean[0, 0]) and np.isnan(variance[0, 0])
    assert np.all(mean[0, 1:] == 3) and np.all(variance[0, 1:] == 0)


def test_nothing_to_reduce():
    mean, variance = moments(np.empty((2, 0, 3), "float32"), 1)
    assert np.isnan(mean).all() and np.isnan(variance).all()
    x = np.empty((2, 0, 3), "float32")
    total, product = centred_sums(x, x, np.zeros((2, 3), "float32"), 1)
    assert np.all(total == 0) and np.all(product == 0)


@pytest.mark.parametrize(
    "shape", [(40, 3000, 1, 1), (1, 50_000, 3, 8), (1, 3000, 128, 5), (3, 400, 600, 2)]
)
def test_same_bits_for_any_thread_count(shape):
    x, d = sample(shape, "float32"), sample(shape, "float32", seed=1)
    first = moments(x, shape[3])
    sums = centred_sums(d, x, first[0], shape[3])
    for n_threads in (2, 5):
        for one, two in zip(
            [*first, *sums],
            [
                *moments(x, shape[3], n_threads),
                *centred_sums(d, x, first[0], shape[3], n_threads),
            ],
            strict=True,
        ):
            assert one.tobytes() == two.tobytes()
