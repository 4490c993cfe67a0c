"""Turns what users pass — numbers, lists, arrays, variables — into values of ops."""

import numpy as np

from ckeras.engine import config
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values import dtypes
from ckeras.engine.values.operators import _table
from ckeras.engine.values.tensor import Tensor

__all__ = ["convert_to_numpy", "convert_to_tensor", "is_tensor"]


def is_tensor(x):
    """Whether `x` is a concrete or a traced value."""
    return isinstance(x, (Tensor, Symbol))


def convert_to_tensor(x, dtype=None):
    """`x` as a tensor, or as the traced value that it is.

    Args:
        x: a tensor, variable, NumPy array, number, or nested lists of these.
        dtype: type to convert to; None keeps an array's type, gives Python floats
            `floatx` and Python integers int32.

    Raises:
        ValueError: if `x` is no numeric value.
    """
    kind = type(x)
    if (kind is Tensor or kind is Symbol) and (dtype is None or dtype == x.dtype):
        return x
    if dtype is not None:
        dtype = dtypes.standardize_dtype(dtype)
    elif kind is np.ndarray and x.dtype in dtypes.NAMES:
        return Tensor(x)
    if hasattr(x, "_is_variable"):
        x = x.value
    if isinstance(x, (Tensor, Symbol)):
        return x if dtype in (None, x.dtype) else _table["cast"](x, dtype)
    kinds = _kinds(x) if isinstance(x, (list, tuple)) else {type(x)}
    if kinds <= _NUMBERS:
        return Tensor(_of_numbers(x, dtype))
    if any(map(_is_value, kinds)):
        return _table["stack"]([convert_to_tensor(e, dtype) for e in x])
    return Tensor(_to_array(x, dtype))


_NUMBERS = {int, float, bool}
_NESTED = {list, tuple}


def _kinds(items):
    """The types of what is in a nested list."""
    kinds = set(map(type, items))
    if kinds.isdisjoint(_NESTED):
        return kinds
    inner = [_kinds(e) for e in items if isinstance(e, (list, tuple))]
    return (kinds - _NESTED).union(*inner)


def _is_value(kind):
    return issubclass(kind, (Tensor, Symbol)) or hasattr(kind, "_is_variable")


def _of_numbers(x, dtype):
    """A Python number, or nested lists of them, as an array."""
    array = _as_array(x)
    if dtype is not None:
        return array.astype(dtype, copy=False)
    if array.dtype == np.float64:
        return array.astype(config.floatx(), copy=False)
    return _as_int32(array) if array.dtype == np.int64 else array


def _to_array(x, dtype):
    array = _as_array(x)
    if dtype is None and isinstance(x, (bool, int, float, complex, list, tuple)):
        if array.dtype == np.float64 and not _has_float64(x):
            dtype = config.floatx()
        elif array.dtype == np.complex128 and not _has_numpy(x):
            dtype = "complex64" if config.floatx() != "float64" else "complex128"
        elif array.dtype == np.int64 and not _has_numpy(x):
            return _as_int32(array)
    if dtype is None:
        return array
    if array.dtype.kind == "c" and not dtypes.is_complex(dtype):
        array = array.real
    return array.astype(dtype, copy=False)


def _as_array(x):
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"Cannot convert to a tensor: {error}") from None
    if array.dtype.kind not in "biufc" and dtypes.name_of(array.dtype) is None:
        raise ValueError(
            f"Cannot convert a value of type {type(x).__name__} and dtype "
            f"{array.dtype} to a tensor. Expected numbers."
        )
    return array


def _as_int32(array):
    """64-bit integers as int32, if they fit."""
    small = array.astype(np.int32)
    # For the few numbers that users write this takes half the time of a reduction.
    return small if small.astype(array.dtype).tobytes() == array.tobytes() else array


def _has_numpy(x):
    if isinstance(x, (list, tuple)):
        return any([type(e) is not int and _has_numpy(e) for e in x])
    return isinstance(x, (np.ndarray, np.generic))


def _has_float64(x):
    """Whether a nested list has a NumPy float64 in it (which is a Python float)."""
    if isinstance(x, (list, tuple)):
        return any([type(e) is not float and _has_float64(e) for e in x])
    return isinstance(x, (np.ndarray, np.float64)) and x.dtype == np.float64


def convert_to_numpy(x):
    """`x` as a NumPy array; a copy for variables, whose memory changes."""
    if hasattr(x, "_is_variable"):
        return x.numpy()
    if isinstance(x, Symbol):
        return x.numpy()
    return np.asarray(x)
