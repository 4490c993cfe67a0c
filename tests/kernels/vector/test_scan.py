"""Places of extremes and running sums against NumPy."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run
from tests.kernels.vector.test_reduce import DTYPES, SHAPES, sample


def place(name, x, n_threads=1):
    outer, _, inner = x.shape
    out = poisoned((outer, inner), "int32")
    run(f"scan.{name}", x.dtype.name, [x, out], x.shape, (), n_threads)
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [s for s in SHAPES if s[1]])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places(name, shape, dtype):
    x = sample(shape, dtype)
    if x.dtype.kind == "f":  # ties, so that the first must be chosen
        x = np.round(x)
    np.testing.assert_array_equal(place(name, x), getattr(np, name)(x, axis=1))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("shape", [(2, 50, 1), (1, 50, 30), (2, 1300, 1)])
def test_place_of_nan_is_the_first(name, shape):
    x = sample(shape, "float32")
    x[0, 7, 0] = x[0, 20, 0] = x[-1, shape[1] * 2 // 3, 0] = np.nan
    np.testing.assert_array_equal(place(name, x), getattr(np, name)(x, axis=1))
    x[...] = -np.inf if name == "argmax" else np.inf
    assert not place(name, x).any()


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_every_place_is_found(name):
    n = 1100  # a whole part, whole vectors of the next one, and a rest
    x = np.zeros((n, n, 1), "float32")
    x[np.arange(n), np.arange(n)] = 1 if name == "argmax" else -1
    np.testing.assert_array_equal(place(name, x)[:, 0], np.arange(n))
    x[np.arange(n), np.arange(n)] = np.nan
    np.testing.assert_array_equal(place(name, x)[:, 0], np.arange(n))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_place_among_infinities(name, dtype):
    x = sample((3, 200, 1), dtype)
    if x.dtype.kind == "f":
        x[0, 70] = x[0, 90] = np.inf
        x[1, 3] = x[1, 199] = -np.inf
        x[2] = np.inf
    np.testing.assert_array_equal(place(name, x), getattr(np, name)(x, axis=1))


def test_places_same_for_two_threads():
    x = np.round(sample((300, 1000, 1), "float32"))
    assert place("argmax", x, 2).tobytes() == place("argmax", x).tobytes()
    x = x.reshape(1, 300, 1000)
    assert place("argmin", x, 2).tobytes() == place("argmin", x).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("shape", SHAPES)
def test_cumsum(shape, reverse, dtype):
    x = sample(shape, dtype)
    turned = x[:, ::-1] if reverse else x
    expected = np.cumsum(turned, axis=1, dtype="float64")
    expected = expected[:, ::-1] if reverse else expected
    out = poisoned(shape, dtype)
    run("scan.cumsum", dtype, [x, out], (*shape, reverse))
    bound = np.finfo("float32").eps * np.abs(x).sum(axis=1, keepdims=True) * 4
    assert np.all(np.abs(out - expected) <= bound)
    run("scan.cumsum", dtype, [x, x], (*shape, reverse))
    np.testing.assert_array_equal(x, out)
