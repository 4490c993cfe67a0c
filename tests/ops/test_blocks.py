"""Blocks at known and at traced places, and what is refused."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor

X = np.arange(12, dtype="float32").reshape(3, 4)


BLOCK = np.full((2, 2), -1.0, "float32")
read = ckeras.function(lambda s, x: ops.slice(x, s, (2, 2)))
write = ckeras.function(lambda s, x: ops.slice_update(x, s, BLOCK))


@pytest.mark.parametrize("start", [(0, 0), (1, 2), (-2, -2), (-3, 1)])
def test_known_and_traced_starts_agree(start):
    starts = np.array(start, "int32")
    np.testing.assert_array_equal(read(starts, X), ops.slice(X, start, (2, 2)))
    found = write(starts, X)
    np.testing.assert_array_equal(found, ops.slice_update(X, start, BLOCK))
    np.testing.assert_array_equal(ops.slice(found, start, (2, 2)), BLOCK)


@pytest.mark.parametrize(
    ("start", "moved"),
    [((2, 3), (1, 2)), ((-1, -1), (1, 2)), ((-9, 9), (0, 2))],
)
def test_traced_starts_are_moved_in_and_known_ones_refused(start, moved):
    starts = np.array(start, "int32")
    np.testing.assert_array_equal(read(starts, X), ops.slice(X, moved, (2, 2)))
    np.testing.assert_array_equal(write(starts, X), ops.slice_update(X, moved, BLOCK))
    for known in (start, starts, ops.convert_to_tensor(starts)):
        with pytest.raises(IndexError, match="`slice`: a block of 2 does not fit"):
            ops.slice(X, known, (2, 2))
        with pytest.raises(IndexError, match="`slice_update`: a block of 2 does not"):
            ops.slice_update(X, known, BLOCK)


def test_the_rest_behind_a_negative_start():
    np.testing.assert_array_equal(ops.slice(X, (-2, -1), (-1, -1)), X[-2:, -1:])


def test_blocks_that_do_not_fit():
    for call, word in (
        (lambda s, n: ops.slice(X, s, n), "shape"),
        (lambda s, n: ops.slice_update(X, s, np.zeros(n)), "updates"),
    ):
        with pytest.raises(ValueError, match=f"dimensions in `{word}`"):
            call((0, 0), (2,))
        with pytest.raises(ValueError, match="dimensions in `start_indices`"):
            call((0, 0, 0), (2, 2))
        with pytest.raises(ValueError, match="larger than the value"):
            call((0, 0), (4, 2))
    with pytest.raises(ValueError, match="-1 needs start indices"):
        ckeras.function(lambda s: ops.slice(X, s, (-1, 2)))(np.array([1, 1]))


def test_placeholders():
    x, starts = KerasTensor((None, 3)), KerasTensor((2,), "int32")
    assert ops.slice(x, (1, 1), (-1, -1)).shape == (None, 2)
    assert ops.slice(KerasTensor((3, 3)), starts, (-1, 2)).shape == (None, 2)
    assert [v.shape for v in ops.unstack(KerasTensor((2, None)), num=3, axis=1)] == [
        (2,)
    ] * 3
    with pytest.raises(ValueError, match="Cannot infer argument `num`"):
        ops.unstack(KerasTensor((2, None)), axis=1)


def test_updates_broadcast():
    found = ops.scatter_update(X, [[0], [2]], 7.0)
    np.testing.assert_array_equal(found, np.where([[1], [0], [1]], 7.0, X))
    with pytest.raises(ValueError, match="Invalid reduction: avg"):
        ops.scatter_update(X, [[0]], X[0], reduction="avg")
