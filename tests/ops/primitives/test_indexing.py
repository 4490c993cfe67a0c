"""Indexing primitives: values against NumPy, gradients against differences."""

import numpy as np
import pytest

from ckeras.engine.function import function
from ckeras.engine.scope import name_scope
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import indexing
from tests.gradients import check_gradients


def array(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def indices(n, *shape):
    return np.random.default_rng(n).integers(-n, n, shape).astype("int32")


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3)])
def test_gather_and_scatter_add(axis, shape):
    x, index = array(3, 4, 5), indices((3, 4, 5)[axis], *shape)

    def gathered(t):
        return indexing.gather(t, Tensor(index), axis=axis)

    y = np.asarray(gathered(Tensor(x)))
    np.testing.assert_array_equal(y, np.take(x, index, axis))
    check_gradients(gathered, x)

    def scattered(t):
        rows = x.shape[axis]
        return indexing.scatter_add(Tensor(index), t, rows=rows, axis=axis)

    # Each is the other's transpose: <gather x, y> = <x, scatter y>.
    back = np.asarray(scattered(Tensor(y)))
    np.testing.assert_allclose((y * y).sum(), (x * back).sum())
    check_gradients(scattered, y)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64"])
def test_index_types(dtype):
    x, index = array(5, 2), np.array([4, 0, 4], dtype)
    np.testing.assert_array_equal(indexing.gather(Tensor(x), Tensor(index)), x[index])


def test_an_index_out_of_range_is_named():
    x, index = Tensor(array(5, 2)), Tensor(np.array([1, 7, -9]))
    with pytest.raises(IndexError, match=r"-5 to 4 .* from -9 to 7"):
        indexing.gather(x, index)

    @function
    def compiled(i):
        with name_scope("embedding"):
            return indexing.gather(x, i)

    with pytest.raises(IndexError, match=r"`embedding`.*-5 to 4 .* from -9 to 7"):
        compiled(index)
    np.testing.assert_array_equal(compiled(np.array([0, 1, -5]))[2], x.numpy()[0])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_take_and_add_along_axis(axis):
    x, shape = array(3, 4, 5), [3, 4, 5]
    shape[axis] = 2
    index = indices(x.shape[axis], *shape)

    def taken(t):
        return indexing.take_along_axis(t, Tensor(index), axis=axis)

    y = np.asarray(taken(Tensor(x)))
    np.testing.assert_array_equal(y, np.take_along_axis(x, index, axis))
    check_gradients(taken, x)
    check_gradients(
        lambda t: indexing.add_along_axis(
            Tensor(index), t, axis=axis, size=x.shape[axis]
        ),
        y,
    )


def test_scatter_update():
    x, updates = array(5, 2), array(4, 2)
    index = np.array([1, -1, 1, 3], "int32")
    expected = x.copy()
    expected[index] = updates

    def updated(t, u):
        return indexing.scatter_update(t, Tensor(index), u)

    found = updated(Tensor(x), Tensor(updates))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(function(updated)(x, updates), expected)
    # The update that a later one overwrote has no gradient.
    check_gradients(updated, x, updates)


def test_one_hot():
    index = np.array([[2, 0], [-1, 3]], "int32")
    hot = indexing.one_hot(Tensor(index), depth=3, dtype="float32")
    np.testing.assert_array_equal(
        hot, (index[..., None] == np.arange(3)).astype("float32")
    )
