"""How ops take their arguments: conversion, promotion to one type, checked axes."""

import functools
import operator

import numpy as np

from ckeras.engine import config, dtypes
from ckeras.engine.convert import convert_to_tensor
from ckeras.engine.graph import Symbol
from ckeras.engine.tensor import Tensor
from ckeras.ops.primitives import elementwise

__all__ = [
    "as_axes",
    "as_axis",
    "as_float",
    "as_value",
    "constant",
    "join",
    "pair",
    "same_type",
    "static_int",
    "static_shape",
    "type_of",
    "with_type",
]

_WEAK = {int: "int", float: "float", bool: "bool", np.float64: "float", np.int64: "int"}


def as_value(x):
    """`x` as a tensor or traced value."""
    kind = type(x)
    if kind is Tensor or kind is Symbol:
        return x
    return convert_to_tensor(x)


def type_of(x):
    """The type with which `x` enters promotion; `"int"`, `"float"` for Python's.

    NumPy's float64 and int64 scalars count as Python's: they come from `np.sqrt(2)`
    and the like, and must not widen a float32 model.
    """
    kind = type(x)
    if kind is Tensor or kind is Symbol:
        return x.dtype
    weak = _WEAK.get(kind)
    if weak is not None:
        return weak
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return as_value(x).dtype
    return dtypes.standardize_dtype(dtype)


def join(*types):
    """The type in which values of these types meet (`dtypes.result_type`, cached)."""
    return _join(config.floatx(), types)


@functools.lru_cache(maxsize=1024)
def _join(floatx, types):
    return dtypes.result_type(*types)


def with_type(x, dtype):
    """`x` as a value of exactly the type `dtype`."""
    kind = type(x)
    if kind is Tensor or kind is Symbol:
        return x if x.dtype == dtype else elementwise.cast(x, dtype=dtype)
    if kind in _WEAK:
        return constant(x, dtype)
    x = convert_to_tensor(x)
    return x if x.dtype == dtype else elementwise.cast(x, dtype=dtype)


def constant(x, dtype):
    """A concrete tensor of a number or array known now."""
    # Zero is left out: 0.0 and -0.0 are equal keys.
    if (type(x) is float or type(x) is int) and x:
        return _number(x, dtype)
    return Tensor(np.asarray(x).astype(dtype))


@functools.lru_cache(maxsize=1024)
def _number(x, dtype):
    return Tensor(np.asarray(x).astype(dtype))


def pair(x1, x2, *extra):
    """Two values in the type where they (and `extra` types) meet."""
    t1, t2 = type_of(x1), type_of(x2)
    if t1 is t2 and not extra and t1 != "int" and t1 != "float":
        dtype = t1
    else:
        dtype = join(t1, t2, *extra)
    return with_type(x1, dtype), with_type(x2, dtype)


def same_type(xs, *extra):
    """Values in the type where all of them meet."""
    dtype = join(*[type_of(x) for x in xs], *extra)
    return [with_type(x, dtype) for x in xs]


def as_float(x):
    """`x` in a floating-point type: its own, or `floatx` for integers."""
    x = as_value(x)
    if x.dtype == "float32" or x.dtype == "float64":
        return x
    return with_type(x, join(x.dtype, "float"))


def static_int(x, op, name):
    """An argument that has to be an integer while the op is traced."""
    try:
        return operator.index(x)
    except TypeError:
        if isinstance(x, (float, np.floating)) and float(x).is_integer():
            return int(x)
        raise TypeError(
            f"`{op}`: `{name}` must be an integer. Received: {name}={x!r}"
        ) from None


def static_shape(shape, op, name="shape"):
    """A shape argument as a tuple of integers."""
    if type(shape) is tuple and all([type(d) is int for d in shape]):
        return shape
    if isinstance(shape, (Tensor, np.ndarray)):
        shape = [int(d) for d in np.asarray(shape).reshape(-1)]
    if not isinstance(shape, (list, tuple)):
        shape = (shape,)
    return tuple([static_int(d, op, name) for d in shape])


def as_axis(axis, ndim, op):
    """One axis, counted from the front.

    Raises:
        ValueError: if there is no such axis.
    """
    axis = static_int(axis, op, "axis")
    if not -ndim <= axis < ndim:
        raise ValueError(
            f"`{op}`: axis {axis} is out of bounds for a value with {ndim} "
            f"dimensions. Expected {-ndim} <= axis < {ndim}."
        )
    return axis % ndim


def as_axes(axis, ndim, op):
    """Axes to reduce as a sorted tuple; None means all.

    Raises:
        ValueError: if an axis does not exist or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (list, tuple)):
        return (as_axis(axis, ndim, op),)
    axes = tuple(sorted([as_axis(a, ndim, op) for a in axis]))
    if len(set(axes)) != len(axes):
        raise ValueError(f"`{op}`: an axis is named twice. Received: axis={axis}")
    return axes
