"""`x[key]` against NumPy."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function

X = np.arange(2 * 3 * 4, dtype="float32").reshape(2, 3, 4)
ROWS, COLUMN = np.array([1, 0, 1]), np.array([[0], [-1]])

KEYS = [
    0,
    -1,
    (1, 2),
    (1, 2, 3),
    slice(None),
    slice(1, None),
    (slice(None), slice(None, None, 2)),
    (slice(None), slice(None, None, -1)),
    (Ellipsis, slice(3, 0, -2)),
    (slice(None), slice(5, 9)),
    (slice(None), slice(2, 1)),
    (None, 0),
    (Ellipsis, None),
    (0, None, Ellipsis, None, 1),
    np.int64(1),
    ROWS,
    [1, 0],
    (slice(None), ROWS),
    (slice(None), ROWS, slice(1, 3)),
    (Ellipsis, ROWS),
    (ROWS, ROWS),
    (ROWS, COLUMN),
    (slice(None), ROWS, COLUMN),
    (ROWS, slice(None), ROWS),
    (0, slice(None), ROWS),
    (slice(None), 0, ROWS),
    (slice(None), ROWS, 0),
    (ROWS, None, ROWS),
    (None, ROWS, slice(None), 2),
    X > 5,
    X[:, :, 0] > 5,
    (0, X[0] > 3),
    (slice(None), np.array([True, False, True])),
    np.zeros((0,), "int32"),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_like_numpy(key):
    expected = X[key]
    result = ops.convert_to_tensor(X)[key]
    assert result.shape == expected.shape
    np.testing.assert_array_equal(result.numpy(), expected)
    np.testing.assert_array_equal(function(lambda x: x[key])(X).numpy(), expected)


def test_traced_index():
    pick = function(lambda x, i: x[:, i])
    np.testing.assert_array_equal(pick(X, ROWS).numpy(), X[:, ROWS])
    np.testing.assert_array_equal(pick(X, np.int32(2)).numpy(), X[:, 2])


@pytest.mark.parametrize(
    "key", [2, (0, 3), (0, 0, 0, 0), (Ellipsis, Ellipsis), "a", 1.5, [0.5], True]
)
def test_errors(key):
    with pytest.raises(IndexError):
        ops.convert_to_tensor(X)[key]


def test_index_out_of_range():
    with pytest.raises(IndexError):
        ops.convert_to_tensor(X)[[0, 2]]
