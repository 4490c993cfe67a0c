"""The same calls three ways: at once, traced and compiled, and on placeholders."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from tests.reference.ops.op_calls import CALLS

# The numbers decide about the shape, or there is nothing to trace.
CONCRETE = ["nonzero", "unique", "histogram", "lu_factor", "segment_sum_1", "bincount"]
# Arrays that say how, not what: they stay constants.
STATIC = ["repeat", "split", "get_item", "slice", "arange", "kaiser"]


def is_array(x):
    return isinstance(x, np.ndarray)


def split_arrays(key):
    """The call's arrays, and a function that makes the call with others."""
    name, args, kwargs = CALLS[key]
    leaves = tree.flatten((args, kwargs))
    if name in STATIC:
        places = [0]
    else:
        places = [i for i, leaf in enumerate(leaves) if is_array(leaf)]

    def call(*values):
        new = list(leaves)
        for place, value in zip(places, values, strict=True):
            new[place] = value
        args_, kwargs_ = tree.pack_sequence_as((args, kwargs), new)
        return getattr(ops, name)(*args_, **kwargs_)

    return [leaves[i] for i in places], call


def traceable():
    keys = []
    for key, (name, _, _) in CALLS.items():
        arrays, _ = split_arrays(key)
        traced = arrays and all(is_array(a) for a in arrays)
        if traced and name not in CONCRETE and key not in CONCRETE:
            keys.append(key)
    return keys


@pytest.mark.parametrize("key", traceable())
def test_compiled(key):
    arrays, call = split_arrays(key)
    now = tree.flatten(call(*arrays))
    later = tree.flatten(function(call)(*arrays))
    assert len(now) == len(later)
    for a, b in zip(now, later, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("key", traceable())
def test_placeholders(key):
    arrays, call = split_arrays(key)
    expected = tree.flatten(call(*arrays))
    found = tree.flatten(call(*[KerasTensor(a.shape, str(a.dtype)) for a in arrays]))
    assert [(tuple(f.shape), f.dtype) for f in found] == [
        (e.shape, e.dtype) for e in expected
    ]


def test_unknown_sizes_stay_unknown():
    x = KerasTensor((None, 3), "float32")
    assert ops.matmul(x, np.ones((3, 5), "float32")).shape == (None, 5)
    assert ops.concatenate([x, x], axis=1).shape == (None, 6)
    assert ops.sum(x, axis=0).shape == (3,)
    assert ops.reshape(x, (-1, 1)).shape == (None, 1)
    assert ops.shape(x) == (None, 3)
    assert ops.ndim(x) == 2
    assert (x * 2.0)[:, None].shape == (None, 1, 3)


def test_unknown_sizes_are_those_that_fit():
    x, y = KerasTensor((None, 3), "float32"), KerasTensor((2, None), "float32")
    assert ops.add(x, y).shape == (2, 3)
    a, b = KerasTensor((None, 3, 4), "float32"), KerasTensor((None, 4, 5), "float32")
    assert ops.einsum("ijk,jkl->li", a, b).shape == (5, None)
    assert ops.reshape(x, (3, 2)).shape == (3, 2)
    assert ops.split(x, 2)[0].shape == (None, 3)
    with pytest.raises(ValueError, match="must match"):
        ops.matmul(x, KerasTensor((2, None), "float32"))
    with pytest.raises(ValueError, match="square"):
        ops.inv(x)


def test_an_unknown_size_may_be_small():
    x = KerasTensor((None, 3), "float32")
    assert x[:5].shape == (None, 3)
    assert ops.diag(x).shape == (None,)


def test_shapes_of_placeholders_with_unknown_sizes():
    x = KerasTensor((None, 6))
    assert [t.shape for t in ops.split(x, [1, 3])] == [(1, 6), (2, 6), (None, 6)]
    assert [t.shape for t in ops.vsplit(x, 2)] == [(None, 6), (None, 6)]
    assert [t.shape for t in ops.hsplit(x, [4])] == [(None, 4), (None, 2)]
    with pytest.raises(ValueError, match="equal parts"):
        ops.split(x, 4, axis=1)
    line = ops.geomspace(KerasTensor((None, 3)), 2, 10, axis=1)
    assert line.shape == (None, 10, 3)
    count = ops.size(x)
    assert (count.shape, count.dtype) == ((), "int32")
    with pytest.raises(ValueError, match="out of bounds"):
        x[:, 17]


def test_geometric_lines_along_any_axis():
    start, stop = np.array([1.0, -2.0, 4.0]), np.array([[8.0, -4.0, 1.0]] * 2)
    for axis in (0, 1, -1):
        found = ops.geomspace(start, stop, 5, axis=axis)
        np.testing.assert_allclose(found, np.geomspace(start, stop, 5, axis=axis))


def test_sizes_that_only_numbers_show():
    """What is unknown stays unknown where nothing depends on it."""
    patches = KerasTensor((None, 12, None))
    assert ops.fold(patches, (3, 4), 2, padding=(1, 0)).shape == (None, 3, 3, 4)
    assert ops.fold(KerasTensor((2, None, None)), 4, 2).shape == (2, None, 4, 4)
    with pytest.raises(ValueError, match=r"channels · 4, 9\)"):
        ops.fold(KerasTensor((2, 8, 10)), 4, 2)
    places = KerasTensor((5, None), "int32")
    assert ops.scatter(places, KerasTensor((5,)), (3, 4)).shape == (3, 4)
    x = KerasTensor((None, 4))
    assert ops.scatter_update(x, places, KerasTensor((5,))).shape == (None, 4)


def test_components_of_vectors_that_are_not_known():
    vectors, unknown = KerasTensor((None, 3)), KerasTensor((None, None))
    assert ops.cross(vectors, unknown).shape == (None, 3)
    assert ops.cross(unknown, vectors).shape == (None, 3)
    for other in (unknown, KerasTensor((None, 2))):
        with pytest.raises(ValueError, match="at least one of them must be known"):
            ops.cross(unknown, other)
