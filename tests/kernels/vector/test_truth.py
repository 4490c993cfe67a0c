"""Whether any or all elements are true, against NumPy."""

import numpy as np
import pytest

from tests.kernels.harness import run
from tests.kernels.vector.test_reduce import SHAPES

TYPES = ["bool", "int8", "uint16", "int32", "uint64", "float16", "float32", "float64"]


def search(name, x, n_threads=1, chunks=1):
    outer, reduce, inner = x.shape
    out = np.full((outer, inner), 7, "uint8")
    work = np.full((chunks, outer, inner), 7, "uint8")
    bits = 8 * x.itemsize
    mask = (1 << bits - 1) - 1 if x.dtype.kind == "f" else -1
    dims = (outer, reduce, inner, chunks, x.itemsize, mask)
    assert run(f"truth.{name}", None, [x, out, work], dims, (), n_threads) == 0
    assert set(out.ravel()) <= {0, 1}
    return out.astype(bool)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("density", [0.02, 0.98])
def test_against_numpy(shape, density, dtype):
    rng = np.random.default_rng(1)
    x = (rng.random(shape) < density) * rng.integers(1, 100, shape)
    x = np.ascontiguousarray(x.astype(dtype))
    np.testing.assert_array_equal(search("any", x), x.any(axis=1))
    np.testing.assert_array_equal(search("all", x), x.all(axis=1))


@pytest.mark.parametrize("size", [1, 127, 128, 129, 1000])
@pytest.mark.parametrize("dtype", TYPES)
def test_a_single_one_at_every_place(size, dtype):
    for place in {0, size // 2, size - 1}:
        x = np.zeros((1, size, 1), dtype)
        x[0, place, 0] = 1
        assert search("any", x)[0, 0]
        assert search("all", 1 - x if dtype != "bool" else ~x)[0, 0] == (size == 0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_that_are_special(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    for value, expected in [
        (-0.0, False),
        (np.nan, True),
        (-np.inf, True),
        (tiny, True),
    ]:
        x = np.full((1, 5, 1), value, dtype)
        assert search("any", x)[0, 0] == search("all", x)[0, 0] == expected


def test_chunks_and_threads():
    x = np.random.default_rng(2).random((3, 5000, 40)) < 0.0005
    for name in ("any", "all"):
        expected = getattr(x, name)(axis=1)
        for options in ({"n_threads": 2}, {"chunks": 7}, {"chunks": 7, "n_threads": 2}):
            np.testing.assert_array_equal(search(name, x, **options), expected)
