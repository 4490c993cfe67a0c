"""Picking and adding rows, against NumPy: index types, wrapping, bounds, threads."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

OUT_OF_RANGE = 1
SIZES = [(1, 1, 1, 1), (2, 5, 3, 7), (1, 40, 64, 300), (3, 17, 1, 0), (1, 9, 200, 900)]


def indices_below(n, shape, dtype, seed=0):
    return np.random.default_rng(seed).integers(-n, n, shape).astype(dtype)


def floats(shape, dtype="float32", seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("index_type", ["int32", "int64"])
@pytest.mark.parametrize("sizes", SIZES)
def test_gather(sizes, index_type, n_threads):
    outer, n, width, m = sizes
    for dtype in ("int8", "float32", "float64"):
        table = floats((outer, n, width)).astype(dtype)
        index = indices_below(n, (m,), index_type)
        out = poisoned((outer, m, width), dtype)
        dims = (outer, n, width * table.itemsize, m, index.itemsize)
        status = run("indexing.gather", None, [table, index, out], dims, (), n_threads)
        assert status == 0
        np.testing.assert_array_equal(out, table[:, index])


@pytest.mark.parametrize("bad", [5, -6, 2**31 - 1, -(2**31)])
def test_gather_refuses_before_it_writes(bad):
    table, out = floats((5, 3)), poisoned((2, 3), "float32")
    index = np.array([1, bad], "int32")
    dims = (1, 5, 12, 2, 4)
    assert run("indexing.gather", None, [table, index, out], dims) == OUT_OF_RANGE
    assert np.isnan(out).all()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_gather_rows(n_threads):
    source = floats((1000, 130))
    rows = np.random.default_rng(0).permutation(1000)[:700].astype("int64")
    out = poisoned((700, 130), "float32")
    dims = (700, 520, 1000)
    buffers = [source, rows, out]
    assert run("indexing.gather_rows", None, buffers, dims, (), n_threads) == 0
    np.testing.assert_array_equal(out, source[rows])
    rows[699] = -1
    status = run("indexing.gather_rows", None, buffers, dims, (), n_threads)
    assert status == OUT_OF_RANGE


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("index_type", ["int32", "int64"])
@pytest.mark.parametrize("sizes", SIZES)
def test_scatter_add(sizes, index_type, dtype):
    outer, n, width, m = sizes
    index = indices_below(n, (m,), index_type)
    updates = (10 * floats((outer, m, width))).astype(dtype)
    expected = np.zeros((outer, n, width), dtype)
    for o in range(outer):
        np.add.at(expected[o], index, updates[o])
    results = []
    for n_threads in (1, 2):
        out = poisoned((outer, n, width), dtype)
        dims = (outer, n, width, m, index.itemsize)
        buffers = [index, updates, out]
        assert run("indexing.scatter_add", dtype, buffers, dims, (), n_threads) == 0
        results.append(out)
    # The order of the additions is the order of the indices: bits are NumPy's.
    np.testing.assert_array_equal(results[0], expected)
    np.testing.assert_array_equal(results[1], expected)


def test_scatter_update_takes_the_last():
    table, out = floats((6, 3)), poisoned((6, 3), "float32")
    index = np.array([2, -1, 2, 9], "int32")
    updates = floats((4, 3), seed=2)
    dims = (6, 12, 4, 4)
    for target in (out, table):
        expected = table.copy()
        expected[2], expected[5] = updates[2], updates[1]
        buffers = [table, index, updates, target]
        assert run("indexing.scatter_update", None, buffers, dims) == 0
        np.testing.assert_array_equal(target, expected)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "float64"])
def test_take_along(dtype, n_threads):
    for outer, n, width, m in [(1, 4, 1, 9), (3, 5, 4, 2), (90, 30, 40, 20)]:
        x = (10 * floats((outer, n, width))).astype(dtype)
        index = indices_below(n, (outer, m, width), "int64")
        out = poisoned(index.shape, dtype)
        dims = (outer, n, width, m, 8, x.itemsize)
        buffers = [x, index, out]
        assert run("indexing.take_along", None, buffers, dims, (), n_threads) == 0
        np.testing.assert_array_equal(out, np.take_along_axis(x, index, 1))


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_add_along(dtype, n_threads):
    for outer, n, width, m in [(1, 4, 1, 9), (3, 5, 4, 2), (90, 30, 40, 20)]:
        index = indices_below(n, (outer, m, width), "int32")
        updates = (10 * floats(index.shape)).astype(dtype)
        expected, out = (
            np.zeros((outer, n, width), dtype),
            poisoned((outer, n, width), dtype),
        )
        o, _, k = np.indices(index.shape)
        np.add.at(expected, (o, index, k), updates)
        dims = (outer, n, width, m, 4)
        buffers = [index, updates, out]
        assert run("indexing.add_along", dtype, buffers, dims, (), n_threads) == 0
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64"])
def test_one_hot(dtype, n_threads):
    index = np.arange(-1, 700).astype("int64") % 703 - 1
    expected = (index[:, None] == np.arange(300)).astype(dtype)
    out = np.ones(expected.shape, dtype)
    raw = np.ones((), dtype).tobytes().ljust(8, b"\0")
    dims = (len(index), 300, 8, out.itemsize, int.from_bytes(raw, "little"))
    assert run("indexing.one_hot", None, [index, out], dims, (), n_threads) == 0
    np.testing.assert_array_equal(out, expected)
