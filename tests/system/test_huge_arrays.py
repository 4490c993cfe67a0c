"""Arrays of more than 2³¹ elements: sizes and places are counted in 64 bits."""

import pathlib

import numpy as np
import pytest

from ckeras import ops

N = 2_200_000_000
NEEDED = 9 << 30  # bytes


def available():
    try:
        lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable")]
    return int(found[0]) * 1024 if found else 0


@pytest.mark.skipif(available() < NEEDED, reason="needs 9 GB of memory")
def test_more_elements_than_int32_counts():
    array = np.zeros(N, "int8")
    array[[-3, -1]] = 5, -2
    x = ops.convert_to_tensor(array)
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
    with pytest.raises(IndexError, match="out of range"):
        ops.take(x, np.array([N]))
    with pytest.raises(ValueError, match="do not fit into the result's type"):
        ops.argmax(x)
