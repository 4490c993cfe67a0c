"""Movement primitives: values against NumPy, gradients against differences."""

import numpy as np
import pytest

from ckeras.engine.function import function
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import movement
from tests.gradients import check_gradients


def array(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def both_ways(call, *arrays):
    """The result run at once, after checking that a compiled function agrees."""
    now = np.asarray(call(*[Tensor(a) for a in arrays]))
    compiled = np.asarray(function(call)(*arrays))
    np.testing.assert_array_equal(now, compiled)
    return now


def block(x, start, shape, strides):
    index = [
        first + step * np.arange(n)
        for first, n, step in zip(start, shape, strides, strict=True)
    ]
    return x[np.ix_(*index)]


BLOCKS = [
    ((1, 0, 2), (2, 5, 3), (1, 1, 2)),
    ((3, 4, 0), (4, 3, 1), (-1, -2, 3)),
    ((1, 0, 0), (2, 5, 7), (1, 1, 1)),  # one run: a view
    ((2, 1, 0), (1, 3, 7), (1, 1, 1)),  # one run inside a row
    ((3, 2, 6), (1, 1, 1), (1, -1, 5)),
    ((0, 0, 0), (0, 5, 7), (1, 1, 1)),
]


@pytest.mark.parametrize("start, shape, strides", BLOCKS)
def test_slice_and_unslice(start, shape, strides):
    x = array(4, 5, 7)
    attrs = {"start": start, "strides": strides}
    y = both_ways(lambda t: movement.slice(t, shape=shape, **attrs), x)
    np.testing.assert_array_equal(y, block(x, start, shape, strides))
    whole = both_ways(lambda t: movement.unslice(t, shape=x.shape, **attrs), y)
    np.testing.assert_array_equal(block(whole, start, shape, strides), y)
    assert np.count_nonzero(whole) == np.count_nonzero(y)
    check_gradients(lambda t: movement.slice(t, shape=shape, **attrs), x)
    check_gradients(lambda t: movement.unslice(t, shape=x.shape, **attrs), y)


def test_slices_that_are_one_run_are_views():
    x = Tensor(array(4, 5, 7))
    for i, (start, shape, strides) in enumerate(BLOCKS):
        y = movement.slice(x, start=start, shape=shape, strides=strides)
        if y.size:
            assert np.shares_memory(x.numpy(), y.numpy()) == (i in (2, 3, 4))


def test_slice_refuses_what_lies_outside():
    with pytest.raises(ValueError, match="outside"):
        movement.slice(Tensor(array(4)), start=(2,), shape=(3,), strides=(1,))


@pytest.mark.parametrize("perm", [(0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0)])
def test_transpose(perm):
    x = array(3, 4, 6)
    y = both_ways(lambda t: movement.transpose(t, perm=perm), x)
    np.testing.assert_array_equal(y, x.transpose(perm))
    check_gradients(lambda t: movement.transpose(t, perm=perm), x)


def test_reshape_reverse_and_identity():
    x = array(3, 4)
    y = both_ways(lambda t: movement.reshape(t, shape=(2, 6)), x)
    np.testing.assert_array_equal(y, x.reshape(2, 6))
    y = both_ways(lambda t: movement.reverse(t, axes=(0,)), x)
    np.testing.assert_array_equal(y, x[::-1])
    check_gradients(lambda t: movement.reshape(t, shape=(2, 6)), x)
    check_gradients(lambda t: movement.reverse(t, axes=(0, 1)), x)
    check_gradients(movement.identity, x)


def test_broadcast_to():
    x = array(3, 1)
    y = both_ways(lambda t: movement.broadcast_to(t, shape=(2, 3, 5)), x)
    np.testing.assert_array_equal(y, np.broadcast_to(x, (2, 3, 5)))
    check_gradients(lambda t: movement.broadcast_to(t, shape=(2, 3, 5)), x)


def test_pad():
    x, pads = array(3, 4), ((1, 2), (0, 3))
    y = both_ways(lambda t: movement.pad(t, pads=pads, value=-1.5), x)
    np.testing.assert_array_equal(y, np.pad(x, pads, constant_values=-1.5))
    check_gradients(lambda t: movement.pad(t, pads=pads, value=2.0), x)
    inside = movement.pad(Tensor(np.ones((2,), "bool")), pads=((1, 1),), value=0)
    np.testing.assert_array_equal(inside, [False, True, True, False])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_concatenate(axis):
    shapes = [[2, 3, 4] for _ in range(3)]
    for i, shape in enumerate(shapes):
        shape[axis] = i + 1
    xs = [array(*shape) for shape in shapes]
    y = both_ways(lambda *ts: movement.concatenate(*ts, axis=axis), *xs)
    np.testing.assert_array_equal(y, np.concatenate(xs, axis))
    check_gradients(lambda *ts: movement.concatenate(*ts, axis=axis), *xs)


def test_pack():
    xs = [array(2, 3), array(4), array(1, 1, 5)]
    y = both_ways(movement.pack, *xs)
    np.testing.assert_array_equal(y, np.concatenate([x.ravel() for x in xs]))
    check_gradients(movement.pack, *xs)


def test_more_arrays_than_a_kernel_takes():
    xs = [np.full((1, i % 3), i, "int32") for i in range(150)]
    expected = np.concatenate(xs, 1)
    tensors = [Tensor(x) for x in xs]
    np.testing.assert_array_equal(movement.concatenate(*tensors, axis=1), expected)
    np.testing.assert_array_equal(movement.pack(*tensors), expected[0])


def test_shapes_that_do_not_fit_are_named():
    x = Tensor(array(3, 4))
    with pytest.raises(ValueError, match="`reshape`"):
        movement.reshape(x, shape=(5,))
    with pytest.raises(ValueError, match="`broadcast_to`"):
        movement.broadcast_to(x, shape=(3, 5))
    with pytest.raises(ValueError, match="`concatenate`"):
        movement.concatenate(x, Tensor(array(2, 3)), axis=0)
    with pytest.raises(ValueError, match="`transpose`"):
        movement.transpose(x, perm=(0, 0))
