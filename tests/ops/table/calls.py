"""The table of all ops: calls with arrays of every type and shape, as data.

The calls are those whose results are stored from Keras (`tests/reference`). The tests
of this folder make each of them in other ways: compiled, with arrays that lie
otherwise in memory, next to memory that must not be touched, and with others nearby.
"""

import operator

import numpy as np

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function
from tests.reference.images.cases import OPS as IMAGES
from tests.reference.ops.op_calls import CALLS
from tests.reference.ops.op_shapes import shape_calls
from tests.reference.ops.op_values import value_calls

__all__ = ["Call", "by_op", "outcome", "same_outcome"]

ERRORS = (ValueError, TypeError, IndexError)


class Call:
    """A call of an op, with its arrays to be replaced by others.

    Args:
        key: a unique name of the call.
        name: the op's name below `ckeras.ops`.
        args, kwargs: its arguments; every array among them is an input.

    Attributes:
        arrays: the inputs.
    """

    def __init__(self, key, name, args, kwargs):
        self.key, self.name = key, name
        self._op = operator.attrgetter(name)(ops)
        self._structure = args, kwargs
        self._leaves = tree.flatten(self._structure)
        self._places = [
            i for i, leaf in enumerate(self._leaves) if isinstance(leaf, np.ndarray)
        ]
        self.arrays = [self._leaves[i] for i in self._places]

    def __call__(self, *values):
        """The op's result with these values in place of the arrays."""
        leaves = list(self._leaves)
        for place, value in zip(self._places, values, strict=True):
            leaves[place] = value
        args, kwargs = tree.pack_sequence_as(self._structure, leaves)
        return self._op(*args, **kwargs)

    def compiled(self):
        """The same as a compiled function of the arrays."""
        return function(self)


def _all_calls(types):
    for key, (name, args, kwargs) in CALLS.items():
        yield f"call {key}", name, args, kwargs
    for key, (name, args, kwargs) in shape_calls():
        yield f"shape {key}", name, args, kwargs
    for key, (name, args, kwargs) in value_calls():
        if key.rpartition(":")[2] in types:
            yield f"type {key}", name, args, kwargs
    for key, (name, arrays, kwargs) in IMAGES.items():
        yield f"image {key}", name, tuple(arrays), kwargs


def by_op(types=()):
    """All calls that have arrays, by the op's name.

    Args:
        types: the number types of which the calls with every type are wanted.
    """
    found = {}
    for call in _all_calls(types):
        call = Call(*call)
        if call.arrays:
            found.setdefault(call.name, []).append(call)
    return found


def outcome(call, arrays):
    """What a call returns, as flat arrays, or the error that it raises."""
    try:
        return [np.asarray(r) for r in tree.flatten(call(*arrays))]
    except ERRORS as error:
        return error


def same_outcome(a, b, exactly=True):
    """Whether two outcomes are the same values, or errors of one kind."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    if [(x.dtype, x.shape) for x in a] != [(x.dtype, x.shape) for x in b]:
        return False
    if exactly:
        return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))
    return all(map(_near, a, b))


def _near(a, b):
    kind = "complex128" if a.dtype.kind == "c" else "float64"
    room = {2: 2e-2, 4: 1e-5}.get(a.dtype.itemsize, 1e-10)
    if a.dtype.kind in "biu":
        room = 0
    return np.allclose(a.astype(kind), b.astype(kind), room, room, equal_nan=True)
