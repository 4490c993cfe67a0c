"""Signatures of calls: what a compiled function is chosen by.

`describe` walks through nested arguments once, collects the arrays and returns a
hashable key of everything else; `rebuild` puts values in the arrays' places. In C,
since it is a large part of what a small model's prediction takes.
"""

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.engine.values.value cimport Value
from ckeras.engine.primitive import Spec
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values.tensor import Tensor

cdef object tensor_type = Tensor, spec_type = Spec, placeholder_type = KerasTensor
cdef object array_type = np.ndarray, number_type = np.generic
cdef dict names = dtypes.NAMES
cdef tuple static_types = (bool, int, float, complex, str, bytes, type(None))


class _Symbolic(Exception):
    """A `KerasTensor` among the arguments."""


class _Same:
    """Compares an argument that is no value by its identity, and keeps it alive."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return id(self.value)

    def __eq__(self, other):
        return isinstance(other, _Same) and self.value is other.value


def describe(arguments, list arrays):
    """A hashable key of nested arguments; the arrays go into the list `arrays`.

    Returns:
        The key, or None if there is a `KerasTensor` among the arguments.

    Raises:
        ValueError: for an array of a type that no tensor has.
    """
    try:
        return key_of(arguments, arrays)
    except _Symbolic:
        return None


cdef tuple key_of(x, list arrays):
    cdef object kind = type(x)
    cdef Value value
    cdef list parts
    if kind is tuple or kind is list:
        parts = []
        for item in x:
            parts.append(key_of(item, arrays))
        return kind, tuple(parts)
    if kind is dict:
        return key_of_dict(x, arrays)
    if kind is tensor_type:
        value = x
        arrays.append(value._array)
        return value.shape, value.dtype
    if kind is array_type:
        name, flags = names.get(x.dtype), x.flags
        if name is not None and flags.c_contiguous and flags.aligned:
            arrays.append(x)
            return x.shape, name
    if kind is array_type or isinstance(x, number_type):
        return key_of(Tensor(np.asarray(x)), arrays)
    if kind is spec_type:
        return x.shape, x.dtype
    if isinstance(x, (tuple, list)):
        return kind, key_of(tuple(x), arrays)
    if isinstance(x, dict):
        return key_of_dict(x, arrays)
    if isinstance(x, static_types):
        return kind, x
    if isinstance(x, placeholder_type):
        raise _Symbolic
    return kind, _Same(x)


cdef tuple key_of_dict(x, list arrays):
    cdef list parts = []
    for name, item in x.items():
        parts.append((name, key_of(item, arrays)))
    return type(x), tuple(parts)


def rebuild(x, values):
    """`x` with the next of `values` in each array's place."""
    kind = type(x)
    if kind in (tensor_type, array_type, spec_type) or isinstance(x, number_type):
        return next(values)
    if isinstance(x, (tuple, list)):
        parts = [rebuild(e, values) for e in x]
        return kind(*parts) if hasattr(x, "_fields") else kind(parts)
    if isinstance(x, dict):
        pairs = [(k, rebuild(v, values)) for k, v in x.items()]
        return dict(pairs) if kind is dict else kind(pairs)
    return x
