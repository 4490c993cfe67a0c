"""Indices of 64 bits that 32 bits would cut to others, and places that are many."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function

X = np.arange(12, dtype="float32").reshape(3, 4)
# Each is 1 in its lower 32 bits.
WIDE = [
    np.array([2**32 + 1], "int64"),
    np.array([-(2**32) + 1], "int64"),
    np.array([2**40 + 1], "uint64"),
    np.array([2**63 + 1], "uint64"),
]
# What leaves an index out that is out of range: the op and its result without it.
LEFT_OUT = {
    "one_hot": (lambda i: ops.one_hot(i, 3), np.zeros((1, 3))),
    "multi_hot": (lambda i: ops.multi_hot(i, 3), np.zeros(3)),
    "segment_sum": (lambda i: ops.segment_sum(X[:1], i, 3), np.zeros((3, 4))),
    "segment_max": (lambda i: ops.segment_max(X[:1], i, 3), np.full((3, 4), -np.inf)),
    "in_top_k": (lambda i: ops.in_top_k(i, X[:1], 4), np.array([False])),
}
# What refuses it at once, and when compiled leaves it out or refuses it as well.
REFUSED = {
    "take": (lambda i: ops.take(X, i, axis=0), None),
    "take_along_axis": (lambda i: ops.take_along_axis(X, i[:, None], 0), None),
    "x[i]": (lambda i: ops.get_item(X, i), None),
    "scatter": (lambda i: ops.scatter(i[:, None], X[:1], (3, 4)), 0 * X),
    "scatter_update": (lambda i: ops.scatter_update(X, i[:, None], X[:1]), X),
    "scatter_update max": (
        lambda i: ops.scatter_update(X, i[:, None], X[2:], "max"),
        X,
    ),
    "sparse_categorical_crossentropy": (
        lambda i: ops.sparse_categorical_crossentropy(i, X[:1] + 1),
        np.zeros(1),
    ),
}


@pytest.mark.parametrize("index", WIDE)
@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out(name, index):
    call, expected = LEFT_OUT[name]
    for f in (call, function(call)):
        np.testing.assert_array_equal(f(index), expected)


@pytest.mark.parametrize("index", WIDE)
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, index):
    call, expected = REFUSED[name]
    with pytest.raises((IndexError, ValueError), match=r"out of|Expected labels"):
        call(index)
    if expected is None:
        with pytest.raises(IndexError, match="out of range"):
            function(call)(index)
    else:
        np.testing.assert_array_equal(function(call)(index), expected)


def test_blocks_from_far_away_are_moved_back():
    start = np.array([2**32 + 1, 1], "int64")
    cut = function(lambda s: ops.slice(X, s, (1, 2)))
    np.testing.assert_array_equal(cut(start), X[2:, 1:3])
    put = function(lambda s: ops.slice_update(X, s, np.zeros((1, 2), "float32")))
    assert (np.asarray(put(start))[2, 1:3] == 0).all()


def test_no_components_name_the_whole():
    none = np.zeros((2, 0), "int32")
    rows = np.stack([X, X + 1])
    np.testing.assert_array_equal(ops.scatter(none, rows, (3, 4)), rows.sum(0))
    np.testing.assert_array_equal(ops.scatter_update(0 * X, none, rows), rows[1])


@pytest.mark.parametrize("n", [2050, 5000])
def test_quantiles_of_many_halves(n):
    """Places beyond 2048 are no numbers of float16."""
    x = np.arange(n, dtype="float32") / n
    for q in (0.0, 0.3, 0.77, 1.0):
        found = ops.quantile(x.astype("float16"), q)
        np.testing.assert_allclose(found, np.quantile(x, q), rtol=2e-3)
    assert float(ops.median(x.astype("float16"))) == pytest.approx(0.5, rel=1e-3)


def test_quantiles_of_very_many_numbers():
    """Places beyond 2²⁴ are no numbers of float32."""
    n = 2**24 + 4
    x = np.arange(n, dtype="int32").view("float32")  # ascending, all different
    for q in (0.0, 0.5, 1 - 2**-24, 1.0):
        found = ops.quantile(x, q, method="lower")
        q = np.float64(np.float32(q))
        expected = np.quantile(x.view("int32"), q, method="lower")
        assert np.asarray(found).view("int32") == expected
