"""Distinct tokens and their projections against NumPy."""

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

INDEX_OUT_OF_RANGE = 1


def distinct(tokens, size, memory=None):
    """Status, places, rows and count."""
    places = poisoned(tokens.shape, "int32")
    rows = poisoned(min(tokens.size, size), "int64")
    count = poisoned(1, "int64")
    memory = poisoned(size, "int32") if memory is None else memory
    buffers = [tokens, places, rows, count, memory]
    dims = (tokens.size, size, tokens.dtype.itemsize)
    return run("tokens.distinct", None, buffers, dims), places, rows, count


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("size", [1, 2, 7, 100, 5000])
@pytest.mark.parametrize("n", [0, 1, 3, 50, 999])
def test_distinct(dtype, size, n):
    rng = np.random.default_rng([size, n])
    tokens = rng.integers(-size, size, n).astype(dtype)
    status, places, rows, (count,) = distinct(tokens, size)
    assert status == 0
    wanted = list(dict.fromkeys((tokens % size).tolist()))
    assert rows[:count].tolist() == wanted
    np.testing.assert_array_equal(rows[places], tokens % size)
    assert (rows[count:] == np.iinfo("int64").max).all()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_memory_held_before(seed):
    """The workspace may look as if rows had been found already."""
    rng = np.random.default_rng(seed)
    size = 30
    tokens = rng.integers(0, size, 80)
    wanted = distinct(tokens, size)
    for memory in (rng.integers(0, size, size), rng.permutation(size), np.arange(size)):
        found = distinct(tokens, size, memory.astype("int32"))
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("bad", [-6, 5, 2**31 - 1, -(2**31)])
def test_tokens_that_the_table_does_not_have(dtype, bad):
    tokens = np.array([0, 4, bad, 1], dtype)
    assert distinct(tokens, 5)[0] == INDEX_OUT_OF_RANGE


def project(table, rows, count, w, bias, n_threads=1):
    features, width = w.shape
    dtype, threads = table.dtype.name, 3
    products = poisoned((len(rows), width), dtype)
    size = kernels.module("tokens").workspace_bytes(
        features, width, threads, table.itemsize
    )
    workspace = poisoned(size // table.itemsize, dtype)
    buffers = [table, rows, np.array([count]), w, bias, products, workspace]
    dims = (features, width, threads)
    assert run("tokens.project", dtype, buffers, dims, n_threads=n_threads) == 0
    return products


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("width", [1, 12, 33, 96])
@pytest.mark.parametrize("count", [0, 1, 11, 12, 13, 24, 50])
def test_project(dtype, biased, width, count):
    rng = np.random.default_rng([width, count])
    table = rng.normal(size=(60, 37)).astype(dtype)
    w = rng.normal(size=(37, width)).astype(dtype)
    bias = rng.normal(size=width).astype(dtype) if biased else None
    rows = rng.permutation(60)[:55]
    found = project(table, rows, count, w, bias)
    wide = [a.astype("float64") for a in (table[rows[:count]], w)]
    wanted = wide[0] @ wide[1] + (0 if bias is None else bias)
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(found[:count], wanted, rtol=tolerance, atol=tolerance)
    assert np.isnan(found[count:]).all()


def test_project_on_several_threads():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(900, 64)).astype("float32")
    w = rng.normal(size=(64, 70)).astype("float32")
    rows = rng.permutation(900)
    wanted = project(table, rows, 789, w, None)
    for n in (2, 3, 4):
        np.testing.assert_array_equal(project(table, rows, 789, w, None, n), wanted)
