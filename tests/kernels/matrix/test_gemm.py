"""Matrix products against NumPy in double precision, on sizes around every edge."""

import itertools

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

# Rows, columns and depths: nothing, one, around a tile, around the packed part of k,
# large enough for the blocked path, with lower tiles for the last rows, and few sums
# of so many terms that parts of them are summed apart; few rows of very many terms, or
# with so many columns that these are not packed at once.
SIZES = [
    (0, 3, 2),
    (3, 0, 2),
    (3, 2, 0),
    (1, 1, 1),
    (1, 33, 7),
    (5, 7, 3),
    (12, 32, 8),
    (13, 33, 9),
    (33, 1, 70),
    (23, 31, 65),
    (100, 130, 401),
    (97, 203, 800),
    (250, 96, 385),
    (40, 70, 1030),
    (530, 290, 513),
    (28, 64, 600),
    (44, 96, 300),
    (64, 64, 2048),
    (40, 70, 2300),
    (9, 33, 5003),
    (1, 3, 33000),
    (2, 32, 33001),
    (7, 5, 40003),
    (20, 1, 33000),
    (3, 2100, 520),
]
SLOTS = 4
TRANSPOSES = list(itertools.product((False, True), repeat=2))


def workspace(m, n, k, dtype, transposed):
    itemsize = np.dtype(dtype).itemsize
    size = kernels.module("gemm").workspace_bytes(m, n, k, itemsize, transposed, SLOTS)
    return poisoned(size // itemsize, dtype)


def multiply(a, b, transpose_a, transpose_b, groups=1, n_threads=1, shared=False):
    dtype = a.dtype.name
    m, k = a.shape[-2:][::-1] if transpose_a else a.shape[-2:]
    n = b.shape[-2] if transpose_b else b.shape[-1]
    c = poisoned((*a.shape[:-2], m, n), dtype)
    buffers = [a, b, c, workspace(m, n, k, dtype, transpose_b)]
    dims = (m, n, k, transpose_a, transpose_b, groups, shared, SLOTS)
    assert run("gemm.matmul", dtype, buffers, dims, n_threads=n_threads) == 0
    return c


def operands(m, n, k, transpose_a, transpose_b, dtype, leading=()):
    rng = np.random.default_rng(m * 7 + n * 3 + k)
    a = rng.normal(size=(*leading, *((k, m) if transpose_a else (m, k))))
    b = rng.normal(size=(*leading, *((n, k) if transpose_b else (k, n))))
    return a.astype(dtype), b.astype(dtype)


def close(c, expected, k):
    eps = np.finfo(c.dtype).eps
    np.testing.assert_allclose(c, expected, rtol=0, atol=eps * 4 * max(k, 4))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposes", TRANSPOSES)
@pytest.mark.parametrize("size", SIZES)
def test_matmul(size, transposes, dtype):
    a, b = operands(*size, *transposes, dtype)
    wide_a, wide_b = a.astype("float64"), b.astype("float64")
    expected = (wide_a.T if transposes[0] else wide_a) @ (
        wide_b.T if transposes[1] else wide_b
    )
    c = multiply(a, b, *transposes)
    close(c, expected, size[2])
    np.testing.assert_array_equal(multiply(a, b, *transposes, n_threads=2), c)
    np.testing.assert_array_equal(multiply(a, b, *transposes, n_threads=5), c)


@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("transposed", [False, True])
def test_workspace_has_a_limit(transposed, itemsize):
    """It does not grow with the operands, however long or wide they are."""
    found = [
        kernels.module("gemm").workspace_bytes(m, n, k, itemsize, transposed, SLOTS)
        for m in (1, 2, 7, 8, 100, 10**6)
        for n in (1, 4, 33, 1000, 50001, 10**7)
        for k in (1, 3, 512, 2000, 33000, 10**5, 10**7)
    ]
    assert max(found) < SLOTS * 2**20 * itemsize


def test_long_sums_of_few_rows_are_exact():
    """As they are with more rows: parts of them are added up."""
    a, b = np.ones((3, 2**20), "float32") / 3, np.ones((2**20, 32), "float32")
    exact = a.astype("float64") @ b
    np.testing.assert_allclose(multiply(a, b, False, False), exact, rtol=1e-6)


@pytest.mark.parametrize("size", [(5, 6, 7), (2, 2, 33000)])
@pytest.mark.parametrize("transposes", TRANSPOSES)
def test_groups(transposes, size):
    a, b = operands(*size, *transposes, "float64", leading=(3,))
    c = multiply(a, b, *transposes, groups=3)
    for g in range(3):
        np.testing.assert_array_equal(c[g], multiply(a[g], b[g], *transposes))
    c = multiply(a, b[0], *transposes, groups=3, shared=True)
    for g in range(3):
        np.testing.assert_array_equal(c[g], multiply(a[g], b[0], *transposes))


ACTIVATIONS = {
    0: lambda x: x,
    1: lambda x: np.maximum(x, 0),
    2: lambda x: np.clip(x, 0, 6),
    3: np.tanh,
    4: lambda x: 1 / (1 + np.exp(-x)),
}


def dense(x, w, bias, activation, n_threads=1, scale=None, residual=None, y=None):
    (m, k), n = x.shape, w.shape[1]
    y = poisoned((m, n), x.dtype.name) if y is None else y
    space = workspace(m, n, k, x.dtype.name, False)
    buffers = [x, w, bias, scale, residual, y, space]
    run(
        "gemm.dense", x.dtype.name, buffers, (m, n, k, activation, SLOTS), (), n_threads
    )
    return y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("size", [(1, 1, 1), (13, 33, 9), (250, 96, 385), (4, 5, 0)])
def test_dense(size, activation, dtype):
    x, w = operands(*size, False, False, dtype)
    bias = np.linspace(-1, 1, size[1]).astype(dtype)
    exact = x.astype("float64") @ w.astype("float64")
    close(dense(x, w, bias, activation), ACTIVATIONS[activation](exact + bias), size[2])
    close(dense(x, w, None, activation), ACTIVATIONS[activation](exact), size[2])
    np.testing.assert_array_equal(
        dense(x, w, bias, activation, 2), dense(x, w, bias, activation)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [*SIZES, (12, 32, 512), (30, 300, 512), (8, 400, 513)])
def test_scale_and_residual(size, dtype):
    """Every activation with every combination, the residual in its own memory or in
    that of the result."""
    x, w = operands(*size, False, False, dtype)
    m, n, k = size
    exact = x.astype("float64") @ w.astype("float64")
    scale = np.linspace(0.5, -2, n).astype(dtype)
    bias = np.linspace(-1, 1, n).astype(dtype)
    residual = np.random.default_rng(m).normal(size=(m, n)).astype(dtype) * 3
    for activation, of in ACTIVATIONS.items():
        more = {"scale": scale, "residual": residual}
        y = dense(x, w, bias, activation, **more)
        close(y, of(exact * scale + bias + residual), 4 * k)
        for threads in (2, 5):
            again = dense(x, w, bias, activation, threads, **more)
            np.testing.assert_array_equal(again, y)
        if kernels.module("gemm").stores_once(m, n, k, x.itemsize):
            held = residual.copy()
            dense(x, w, bias, activation, 2, scale=scale, residual=held, y=held)
            np.testing.assert_array_equal(held, y)
        y = dense(x, w, None, activation, scale=scale)
        close(y, of(exact * scale), 4 * k)
        y = dense(x, w, None, activation, residual=residual)
        close(y, of(exact + residual), 4 * k)


def test_where_sums_are_whole_when_first_stored():
    stores_once = kernels.module("gemm").stores_once
    assert stores_once(100, 100, 512, 4) and stores_once(1, 100, 5000, 4)
    assert not stores_once(100, 100, 513, 4)


@pytest.mark.parametrize("size", [(13, 33, 9), (250, 96, 385)])
def test_nan_and_infinity_reach_their_row_alone(size):
    x, w = operands(*size, False, False, "float32")
    x[1, 2] = np.nan
    x[3, 1] = np.inf
    y = dense(x, w, None, 1)
    assert np.isnan(y[1]).all()
    assert set(np.unique(y[3])) == {0.0, np.inf}
    others = np.delete(y, [1, 3], axis=0)
    assert np.isfinite(others).all()
    limited = dense(x, w, None, 2)
    assert np.isnan(limited[1]).all()
    assert set(np.unique(limited[3])) == {0.0, 6.0}


# Rows around a part, all of them kept, none, some, and runs of them.
KEPT = {
    "all": lambda rng, n: np.ones(n, bool),
    "none": lambda rng, n: np.zeros(n, bool),
    "some": lambda rng, n: rng.random(n) < 0.6,
    "runs": lambda rng, n: np.arange(n) % 100 < 37,
}
KEPT_SIZES = [
    (1, 1, 1),
    (5, 7, 3),
    (512, 8, 9),
    (513, 33, 5),
    (700, 130, 97),
    (1500, 1, 40),
    (1025, 40, 1),
    (600, 7, 300),
    (0, 3, 4),
    (5, 0, 3),
    (5, 3, 0),
]


def kept_workspace(m, n, k, dtype, outer):
    size = kernels.module("gemm").kept_workspace_bytes(
        m, n, k, np.dtype(dtype).itemsize, SLOTS, outer
    )
    return poisoned(size // np.dtype(dtype).itemsize, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("size", KEPT_SIZES)
def test_sum_over_the_rows_that_count(size, kept, dtype):
    k, m, n = size
    a, b = operands(m, n, k, True, False, dtype)
    mask = KEPT[kept](np.random.default_rng(0), k)
    a[~mask] = np.nan
    expected = a[mask].astype("float64").T @ b[mask].astype("float64")
    found = []
    for threads in (1, 2):
        c = poisoned((m, n), dtype)
        buffers = [a, b, mask, c, kept_workspace(m, n, k, dtype, True)]
        dims = (m, n, k, SLOTS)
        assert run("gemm.kept_outer", dtype, buffers, dims, n_threads=threads) == 0
        found.append(c)
    close(found[0], expected, k)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("fills", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("size", KEPT_SIZES)
def test_products_of_the_rows_that_count(size, kept, dtype, transposed, fills):
    m, k, n = size
    a, b = operands(m, n, k, False, transposed, dtype)
    mask = KEPT[kept](np.random.default_rng(0), m)
    a[~mask] = np.nan
    bias = None if fills else np.linspace(-1, 1, n).astype(dtype)
    expected = np.zeros((m, n)) if fills else poisoned((m, n), dtype)
    wide = b.astype("float64")
    expected[mask] = a[mask].astype("float64") @ (wide.T if transposed else wide)
    expected[mask] += 0 if bias is None else bias
    found = []
    for threads in (1, 2):
        c = poisoned((m, n), dtype)
        buffers = [a, b, mask, bias, c, kept_workspace(m, n, k, dtype, False)]
        dims = (m, n, k, transposed, fills, SLOTS)
        assert run("gemm.kept_rows", dtype, buffers, dims, n_threads=threads) == 0
        found.append(c)
    close(found[0], expected, k)
    np.testing.assert_array_equal(*found)
