"""Matrix times vector against NumPy in double precision, on sizes around every edge."""

import numpy as np
import pytest

import ckeras
from tests.kernels.harness import poisoned, run

ROWS = [0, 1, 3, 4, 5, 13, 300]
DEPTHS = [0, 1, 7, 8, 16, 17, 31, 32, 33, 64, 700]


def operands(rows, k, dtype):
    rng = np.random.default_rng(rows * 7 + k)
    a, x = rng.normal(size=(rows, k)), rng.normal(size=k)
    return a.astype(dtype), x.astype(dtype)


def multiply(a, x, n_threads=1):
    y = poisoned((a.shape[0],), a.dtype.name)
    assert (
        run("gemv.matvec", a.dtype.name, [a, x, y], a.shape, n_threads=n_threads) == 0
    )
    return y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", DEPTHS)
@pytest.mark.parametrize("rows", ROWS)
def test_matvec(rows, k, dtype):
    a, x = operands(rows, k, dtype)
    expected = a.astype("float64") @ x.astype("float64")
    room = np.finfo(dtype).eps * 4 * max(k, 4)
    np.testing.assert_allclose(multiply(a, x), expected, rtol=0, atol=room)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bits_do_not_depend_on_threads_or_neighbours(dtype):
    a, x = operands(301, 700, dtype)
    y = multiply(a, x)
    for n_threads in (2, 3, 8):
        np.testing.assert_array_equal(multiply(a, x, n_threads), y)
    np.testing.assert_array_equal(multiply(a[299:].copy(), x), y[299:])


def test_nan_and_infinity_stay_in_their_rows():
    a, x = operands(9, 33, "float32")
    a[2, 5], a[7, 32] = np.nan, np.inf
    y = multiply(a, np.abs(x))
    assert np.isnan(y[2]) and y[7] == np.inf
    assert np.isfinite(np.delete(y, [2, 7])).all()


@pytest.mark.parametrize("name", ["dot", "inner", "vdot", "matmul"])
def test_products_of_long_vectors_pack_nothing(name):
    x, y = np.random.default_rng(1).normal(size=(2, 10_007)).astype("float32")
    compiled = ckeras.function(getattr(ckeras.ops, name))
    for found in (getattr(ckeras.ops, name)(x, y), compiled(x, y)):
        np.testing.assert_allclose(found, x.astype("float64") @ y, rtol=1e-4)
    assert compiled.plan.scratch_bytes < x.nbytes
