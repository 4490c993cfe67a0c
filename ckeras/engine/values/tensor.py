"""Concrete values: a thin shell around a contiguous NumPy array."""

import numpy as np

from ckeras.engine.values.operators import Operators
from ckeras.engine.values.value import Value

__all__ = ["Tensor"]


class Tensor(Value, Operators):
    """A concrete n-dimensional value; what ops return outside a trace.

    Converts to and from contiguous NumPy arrays without copying.

    Args:
        array: a NumPy array of a supported number type.

    Raises:
        ValueError: if the array's type is none that ckeras stores.
    """

    __slots__ = ("__weakref__", "_keras_history", "_keras_mask")
    is_symbolic = False

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def size(self):
        return self._array.size

    def numpy(self):
        """The value as a NumPy array, without a copy."""
        return self._array

    def item(self):
        """The value of a one-element tensor as a Python number."""
        return self._array.item()

    def tolist(self):
        """The value as nested Python lists."""
        return self._array.tolist()

    def __array__(self, dtype=None, copy=None):
        if dtype is not None and self._array.dtype != dtype:
            return self._array.astype(dtype)
        return self._array.copy() if copy else self._array

    def __buffer__(self, flags):
        return self._array.__buffer__(flags)

    def __float__(self):
        return float(self._array.item())

    def __complex__(self):
        return complex(self._array.item())

    def __int__(self):
        return int(self._array.item())

    def __index__(self):
        return self._array.__index__()

    def __bool__(self):
        return bool(self._array)

    def __repr__(self):
        text = np.array2string(self._array, separator=", ", threshold=60)
        return f"<Tensor shape={self.shape} dtype={self.dtype} value={text}>"

    def __reduce__(self):
        return Tensor, (self._array,)

    def __deepcopy__(self, memo):
        return Tensor(self._array.copy())

    def __copy__(self):
        return Tensor(self._array)

    def __format__(self, spec):
        return format(self.item(), spec) if not self.shape else format(str(self), spec)
