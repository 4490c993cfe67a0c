"""Unsigned integers up to their largest, which is no number of the signed type."""

import itertools
import operator

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function

TYPES = ["uint8", "uint16", "uint32", "uint64"]
PAIRS = (
    "add subtract multiply maximum minimum fmax fmin less less_equal greater "
    "greater_equal equal not_equal bitwise_and bitwise_or bitwise_xor logical_and "
    "left_shift right_shift outer kron power gcd"
)
UNARY = "abs sign negative square bitwise_not signbit logical_not trunc"
ALONG_AXES = (
    "sum prod max min ptp argmax argmin any all cumsum cumprod nanmax nanmin sort "
    "argsort count_nonzero diff"
)


def numbers(dtype):
    """Small ones, those around half of the largest, and the largest."""
    half = 1 << 8 * np.dtype(dtype).itemsize - 1
    return np.array(
        [0, 1, 2, 5, 7, half - 1, half, half + 1, 2 * half - 2, 2 * half - 1], dtype
    )


def wide_rows(dtype):
    """Rows of many numbers, so that kernels have more than the rest of a vector."""
    return np.random.default_rng(3).choice(numbers(dtype), size=(7, 1100))


def compare(call, expected, *arrays):
    """Asserts that a call gives what is expected, at once and compiled."""
    for f in (call, function(call)):
        for found, e in zip(tree.flatten(f(*arrays)), expected, strict=True):
            found = np.asarray(found)
            assert found.shape == np.shape(e)
            if found.dtype.kind == "f":
                np.testing.assert_allclose(found, e, rtol=3e-6)
            else:
                np.testing.assert_array_equal(found, np.asarray(e).astype(found.dtype))


def same_as_numpy(name, *arrays, **options):
    stable = {"kind": "stable"} if name == "argsort" else {}
    if name in ("sum", "prod", "cumsum", "cumprod"):
        stable = {"dtype": "uint64"}  # whose lower bits are those of any other
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*arrays, **options, **stable)
    compare(lambda *xs: getattr(ops, name)(*xs, **options), [expected], *arrays)


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", PAIRS.split())
def test_pairs(name, dtype):
    pairs = np.array(list(itertools.product(numbers(dtype), repeat=2)), dtype)
    x, y = pairs[:, 0].copy(), pairs[:, 1].copy()
    same_as_numpy(name, x, y)
    same_as_numpy(name, x[:, None], y[:10])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["floor_divide", "mod", "fmod", "true_divide", "lcm"])
def test_divisions(name, dtype):
    x = numbers(dtype)
    same_as_numpy(name, x[:, None], x[1:])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["floor_divide", "mod"])
def test_division_by_zero(name, dtype):
    x = numbers(dtype)
    compare(lambda x: getattr(ops, name)(x, x - x), [0 * x], x)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", UNARY.split())
def test_unary(name, dtype):
    same_as_numpy(name, numbers(dtype))
    same_as_numpy(name, wide_rows(dtype))


@pytest.mark.parametrize("name", ["sqrt", "log1p", "tanh"])
def test_functions_of_floats(name):
    x = numbers("uint64")
    compare(getattr(ops, name), [getattr(np, name)(x.astype("float64"))], x)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ALONG_AXES.split())
def test_along_an_axis(name, dtype):
    x = wide_rows(dtype)
    for axis in (0, 1):
        same_as_numpy(name, x, axis=axis)


@pytest.mark.parametrize("dtype", TYPES)
def test_searching(dtype):
    x = numbers(dtype)
    y = np.random.default_rng(5).permutation(x)
    same_as_numpy("searchsorted", x, y)
    same_as_numpy("digitize", y, x[3:])
    same_as_numpy("isin", x, x[4:7])
    largest = np.sort(y)[::-1][:3]
    compare(lambda y: ops.top_k(y, 3)[0], [largest], y)
    assert ops.unique(np.append(x, y)).numpy().tolist() == x.tolist()
    counts, _ = np.histogram(x.astype("float64"), 3)
    compare(lambda x: ops.histogram(x, 3)[0], [counts], x)


@pytest.mark.parametrize("dtype", TYPES)
def test_choices(dtype):
    x = numbers(dtype)
    low, high = x[2], x[-2]
    compare(lambda x: ops.clip(x, int(low), int(high)), [np.clip(x, low, high)], x)
    compare(ops.clip, [np.clip(x, x[4], x[::-1])], x, x[4], x[::-1].copy())
    compare(lambda x: ops.clip(x, -3, 2.0**70), [x], x)
    compare(ops.relu, [x], x)
    compare(ops.hard_tanh, [np.minimum(x, 1)], x)
    compare(lambda x: ops.where(x > high, x, 0), [np.where(x > high, x, 0)], x)
    index = np.array([[0], [3], [9]], "int32")
    updates = x[[6, 0, 1]]
    for name, choose in (("max", np.maximum), ("min", np.minimum)):
        y = x.copy()
        y[index[:, 0]] = choose(y[index[:, 0]], updates)
        compare(
            lambda x, u, name=name: ops.scatter_update(x, index, u, name),
            [y],
            x,
            updates,
        )
    ids = np.arange(10, dtype="int32") % 3
    compare(lambda x: ops.segment_max(x, ids, 3), [x[[9, 7, 8]]], x)
    compare(lambda x: ops.segment_min(x, ids, 3), [x[[0, 1, 2]]], x)
    compare(
        lambda x: ops.associative_scan(ops.maximum, x), [np.maximum.accumulate(x)], x
    )
    compare(
        lambda x: ops.max_pool(x, 2), [x.reshape(1, 5, 2, 1).max(2)], x[None, :, None]
    )


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "int64", "int32", "int8", *TYPES, "bool"]
)
@pytest.mark.parametrize("given", TYPES)
def test_casts(given, dtype):
    x = numbers(given)
    with np.errstate(over="ignore"):
        expected = x.astype(dtype)
    compare(lambda x: ops.cast(x, dtype), [expected], x)
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        expected = np.array([min(int(v), limits.max) for v in x], dtype)
        compare(lambda x: ops.saturate_cast(x, dtype), [expected], x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_become_the_nearest_number(dtype):
    x = np.array([-1.0, 3.7, 2.0**63, 1e19, 2.0**64, np.nan, np.inf], dtype)
    top = 2**64 - 1
    expected = np.array([0, 3, 2**63, int(x[3]), top, 0, top], "uint64")
    compare(lambda x: ops.cast(x, "uint64"), [expected], x)


@pytest.mark.parametrize("dtype", TYPES)
def test_chains_of_steps(dtype):
    """What is computed in one pass is what single steps give."""
    x, y = wide_rows(dtype), wide_rows(dtype)[:1, ::-1].copy()

    def chain(x, y):
        z = ops.maximum(ops.floor_divide(x, 3), ops.right_shift(y, 1))
        return ops.where(ops.less(z, x), ops.mod(z, 7), ops.minimum(z, y) + 1)

    z = np.maximum(x // 3, y >> 1)
    one = np.array(1, dtype)
    compare(chain, [np.where(z < x, z % 7, np.minimum(z, y) + one)], x, y)


def test_numbers_that_no_double_holds():
    x = np.array([2**53 + 1, 2**63 + 1, 2**64 - 1], "uint64")
    bound = 2**63 + 1
    compare(lambda x: ops.less(x, bound), [x < bound], x)
    compare(lambda x: ops.clip(x, 2**53 + 2, bound), [np.clip(x, 2**53 + 2, bound)], x)
    counted = ops.arange(2**63, 2**63 + 3, dtype="uint64")
    assert counted.numpy().tolist() == [2**63, 2**63 + 1, 2**63 + 2]
    y = np.array([-(2**53) - 1, 2**53 + 1], "int64")
    held = [np.clip(y, -(2**53), 2**53)]
    compare(lambda y: ops.clip(y, -(2**53), 2**53), held, y)


def test_orders_agree_with_python():
    x = numbers("uint64")
    for name in ("lt", "le", "gt", "ge"):
        order = getattr(operator, name)
        found = np.asarray(order(ops.convert_to_tensor(x)[:, None], x[None, :]))
        expected = [[order(int(a), int(b)) for b in x] for a in x]
        np.testing.assert_array_equal(found, expected)
