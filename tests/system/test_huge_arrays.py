"""Arrays of more than 2³¹ elements: sizes and places are counted in 64 bits.

Pages of zeros that nothing is written to take little memory at first, but the system
may make whole ones of them: each test asks for as much as its arrays could take.
"""

import fcntl
import gc
import pathlib
import tempfile

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function

N = 2_200_000_000
SIDE = 47_000  # squared, more than 2³¹


def available():
    try:
        lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable")]
    return int(found[0]) * 1024 if found else 0


def need(gigabytes):
    """Skips the test where less memory is free."""
    if available() < gigabytes << 30:
        pytest.skip(f"needs {gigabytes} GB of memory")


@pytest.fixture(autouse=True)
def alone():
    """One such test at a time, also where several processes run tests.

    Afterwards plans give their memory back, which are part of cycles.
    """
    lock = pathlib.Path(tempfile.gettempdir()) / "ckeras-huge-arrays.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
        gc.collect()


def nearly_zeros(dtype):
    x = np.zeros(N, dtype)
    x[[-3, -1]] = 5, -2
    return x


def test_reading_bytes():
    need(9)
    x = ops.convert_to_tensor(nearly_zeros("int8"))
    assert int(ops.max(x)) == 5 and bool(ops.any(x))
    assert int(x[-3]) == int(x[N - 3]) == 5
    np.testing.assert_array_equal(x[N - 4 :], [0, 5, 0, -2])
    np.testing.assert_array_equal(ops.take(x, np.array([N - 3, -1, 0])), [5, -2, 0])
    np.testing.assert_array_equal(ops.equal(x, 5)[-4:], [False, True, False, False])
    np.testing.assert_array_equal(ops.flip(x)[:4], [-2, 0, 5, 0])
    table = ops.reshape(x, (2, N // 2))
    rows, columns = np.array([1, 1, 0]), np.array([N // 2 - 3, -1, 0])
    np.testing.assert_array_equal(table[rows, columns], [5, -2, 0])
    along = ops.take_along_axis(table, np.array([[0], [N // 2 - 3]]), 1)
    np.testing.assert_array_equal(along, [[0], [5]])
    np.testing.assert_array_equal(ops.argmax(table, axis=1), [0, N // 2 - 3])
    cut = function(lambda x, start: ops.slice(x, start, (3,)))
    np.testing.assert_array_equal(cut(x, np.array([N - 4])), [0, 5, 0])
    with pytest.raises(IndexError, match="out of range"):
        ops.take(x, np.array([N]))


@pytest.mark.parametrize("name", ["argmax", "argmin", "argsort", "top_k"])
def test_places_that_int32_does_not_count(name):
    need(9)
    x = np.zeros(N, "int8")
    with pytest.raises(ValueError, match="do not fit into the result's type"):
        ops.top_k(x, 2) if name == "top_k" else getattr(ops, name)(x)
    with pytest.raises(ValueError, match="do not fit into the result's type"):
        ops.searchsorted(x, np.zeros(1, "int8"))


def test_changing_bytes():
    need(12)
    x = nearly_zeros("int8")
    last = np.array([[N - 2], [0]])
    seven = np.array([7, 0], "int8")
    for call in (
        lambda x: ops.slice_update(x, (N - 2,), seven[:1]),
        function(lambda x: ops.scatter_update(x, last, seven)),
        lambda x: ops.scatter_update(x, last, seven, "max"),
    ):
        np.testing.assert_array_equal(call(x)[-4:], [0, 5, 7, -2])
    square = ops.reshape(x[: SIDE * 46_000], (46_000, SIDE))
    block = ops.slice_update(square, (45_999, SIDE - 2), np.array([[1, 2]], "int8"))
    np.testing.assert_array_equal(block[-1, -3:], [0, 1, 2])
    put = function(lambda x, start: ops.slice_update(x, start, np.ones(2, "int8")))
    np.testing.assert_array_equal(put(x, np.array([N - 3]))[-4:], [0, 1, 1, -2])


def test_moving_bytes():
    need(12)
    x = nearly_zeros("int8")
    np.testing.assert_array_equal(ops.concatenate([x, x[-3:]])[-5:], [0, -2, 5, 0, -2])
    np.testing.assert_array_equal(ops.pad(x, ((0, 2),))[-4:], [0, -2, 0, 0])
    np.testing.assert_array_equal(ops.roll(x, 1)[:2], [-2, 0])
    turned = ops.transpose(ops.reshape(x, (2, N // 2)))
    np.testing.assert_array_equal(turned[-3:], [[0, 5], [0, 0], [0, -2]])
    np.testing.assert_array_equal(ops.where(x > 0, x, x - 1)[-4:], [-1, 5, -1, -3])
    np.testing.assert_array_equal(ops.convert_to_tensor(x)[::-2][:3], [-2, 5, 0])


def test_making_bytes():
    need(9)
    ones = ops.ones((N,), "int8")
    assert int(ops.min(ones)) == 1
    del ones
    hot = ops.one_hot(np.arange(SIDE), SIDE, dtype="int8")
    assert int(hot[-1, -1]) == 1 and int(hot[-1, -2]) == 0
    del hot
    unit = ops.eye(SIDE, dtype="int8")
    assert int(unit[-1, -1]) == 1 and int(unit[-1, 0]) == 0
    del unit
    x = np.arange(SIDE, dtype="int16").astype("int8")
    products = ops.outer(x, x)
    assert int(products[-1, -1]) == int((x[-1:] * x[-1:])[0])
    del products
    wide = ops.broadcast_to(x, (SIDE, SIDE))
    np.testing.assert_array_equal(wide[-1, -3:], x[-3:])
    del wide
    np.testing.assert_array_equal(ops.tile(x, SIDE)[-3:], x[-3:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_reducing_floats(dtype):
    need(12 if dtype == "float32" else 20)
    x = nearly_zeros(dtype)
    assert float(ops.sum(x)) == float(function(ops.sum)(x)) == 3
    assert float(ops.max(x)) == 5 and float(ops.min(x)) == -2
    assert float(ops.dot(x, x)) == 29


def test_rows_of_floats():
    need(12)
    rows = nearly_zeros("float32").reshape(N // 4, 4)
    np.testing.assert_array_equal(ops.sum(rows, axis=0), [0, 5, 0, -2])
    np.testing.assert_array_equal(ops.argmax(rows, axis=0), [0, N // 4 - 1, 0, 0])
    mean, variance = ops.moments(rows, axes=[0])
    np.testing.assert_allclose(mean, rows[-1] / (N // 4), rtol=1e-5)
    np.testing.assert_allclose(variance, rows[-1] ** 2 / (N // 4), rtol=1e-4)
    assert int(ops.cast(rows, "int8")[-1, -1]) == -2
    np.testing.assert_array_equal(
        ops.take(rows, [N // 4 - 1, -2], axis=0)[:, 1], [5, 0]
    )


def test_products_of_long_operands():
    need(12)
    x = nearly_zeros("float32").reshape(N // 64, 64)
    y = ops.matmul(x, np.ones((64, 1), "float32"))
    assert y.shape == (N // 64, 1) and float(y[-1, 0]) == 3
    long = function(ops.matmul)(np.ones((1, N // 64), "float32"), x)
    assert float(long[0, -3]) == 5 and float(ops.sum(long)) == 3


def test_large_images():
    need(12)
    x = np.zeros((1, SIDE, SIDE, 1), "float32")
    x[0, -8:, -8:] = 3
    pooled = ops.max_pool(x, 100, 100)
    assert pooled.shape == (1, 470, 470, 1)
    assert float(pooled[0, -1, -1, 0]) == 3 and float(ops.sum(pooled)) == 3
    kernel = np.ones((4, 4, 1, 1), "float32")
    for way in (ops.conv, function(lambda *a, **k: ops.conv(*a, **k))):
        y = (
            way(x, kernel, strides=46_996)
            if way is ops.conv
            else way(x[:, -8:], kernel)
        )
        assert float(y[0, -1, -1, 0]) == 48


@pytest.mark.parametrize("causal", [False, True])
def test_more_pairs_than_int32_counts(causal):
    """Attention of 66,000 queries to as many keys: four thousand million scores."""
    need(9)
    length = 66_000
    keys = np.zeros((1, length, 1, 4), "float32")
    values = np.linspace(0, 1, length, dtype="float32")[None, :, None, None]
    y = ops.dot_product_attention(keys, keys, values, is_causal=causal)
    assert float(y[0, -1, 0, 0]) == pytest.approx(0.5, abs=1e-3)
    assert float(y[0, 0, 0, 0]) == pytest.approx(0 if causal else 0.5, abs=1e-3)
