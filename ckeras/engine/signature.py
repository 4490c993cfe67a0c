"""Signatures of calls: what a compiled function is chosen by.

`describe` walks through nested arguments once, collects the arrays and returns a
hashable key of everything else; `rebuild` puts values in the arrays' places.
"""

import numpy as np

from ckeras.engine.primitive import Spec
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tensor import Tensor

__all__ = ["describe", "rebuild"]

_STATIC = (bool, int, float, complex, str, bytes, type(None))


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


def describe(arguments, arrays):
    """A hashable key of nested arguments; the arrays go into the list `arrays`.

    Returns:
        The key, or None if there is a `KerasTensor` among the arguments.

    Raises:
        ValueError: for an array of a type that no tensor has.
    """
    try:
        return _describe(arguments, arrays)
    except _Symbolic:
        return None


def _describe(x, arrays):
    kind = type(x)
    if kind is Tensor:
        arrays.append(x._array)
        return x.shape, x.dtype
    if kind is np.ndarray or isinstance(x, np.generic):
        value = Tensor(np.asarray(x))
        arrays.append(value._array)
        return value.shape, value.dtype
    if kind is Spec:
        return x.shape, x.dtype
    if isinstance(x, (tuple, list)):
        return kind, tuple([_describe(e, arrays) for e in x])
    if isinstance(x, dict):
        return kind, tuple([(k, _describe(x[k], arrays)) for k in x])
    if isinstance(x, _STATIC):
        return kind, x
    if isinstance(x, KerasTensor):
        raise _Symbolic
    return kind, _Same(x)


def rebuild(x, values):
    """`x` with the next of `values` in each array's place."""
    kind = type(x)
    if kind in (Tensor, np.ndarray, Spec) or isinstance(x, np.generic):
        return next(values)
    if isinstance(x, (tuple, list)):
        parts = [rebuild(e, values) for e in x]
        return kind(*parts) if hasattr(x, "_fields") else kind(parts)
    if isinstance(x, dict):
        pairs = [(k, rebuild(v, values)) for k, v in x.items()]
        return dict(pairs) if kind is dict else kind(pairs)
    return x
