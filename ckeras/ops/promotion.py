"""How ops take their arguments: conversion, promotion to one type, checked axes."""

import functools
import math
import operator

import numpy as np

from ckeras.engine import config
from ckeras.engine.primitive import Spec
from ckeras.engine.scope import in_symbolic_scope
from ckeras.engine.tracing import trace
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.engine.values.tensor import Tensor
from ckeras.engine.values.variable import Variable
from ckeras.ops.primitives import elementwise

__all__ = [
    "as_axes",
    "as_axis",
    "as_float",
    "as_indices",
    "as_places",
    "as_real",
    "as_value",
    "constant",
    "filled",
    "index_constant",
    "join",
    "large_stand_in",
    "pair",
    "same_type",
    "static_int",
    "static_shape",
    "static_size",
    "static_sizes",
    "type_of",
    "widened",
    "with_type",
]

_WEAK = {
    int: "int",
    float: "float",
    bool: "bool",
    complex: "complex",
    np.float64: "float",
    np.int64: "int",
    np.complex128: "complex",
}
_VALUES = frozenset((Tensor, Symbol))
# Elements of a constant that is made even where only its shape matters.
_MOST_FOR_SHAPE = 2**22
_FLOATS = ("float32", "float64")
_NUMBERS = ("int", "float")


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


def _operand(x):
    """`x` as a value where that is needed to learn its type; numbers stay as they are.

    Arrays of types that no tensor has stay, too: they are refused by their type.
    """
    kind = type(x)
    if kind is Tensor or kind is Symbol or kind in _WEAK:
        return x
    if kind is Variable:
        return x.value
    if kind is np.ndarray:
        return Tensor(x) if x.dtype in dtypes.NAMES else x
    if kind is list or kind is tuple or hasattr(x, "_is_variable"):
        return convert_to_tensor(x)
    return x


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
    if type(x) is float or type(x) is int:
        # 0.0 and -0.0 are equal keys, so the sign is one, too.
        return _number(x, dtype) if x else _number(x, dtype, math.copysign(1.0, x))
    return _converted(x, dtype)


def large_stand_in(shape, dtype):
    """A symbol in place of a large constant where shapes are inferred; None elsewhere.

    Numbers that are made up stand for unknown sizes there, and symbols take no memory.
    """
    recording = trace.current()
    if recording is None or not in_symbolic_scope():
        return None
    if math.prod(shape) <= _MOST_FOR_SHAPE:
        return None
    return recording.graph.new_symbol(Spec(tuple(shape), dtype))


def filled(shape, value, dtype):
    """A constant with the same number everywhere."""
    symbol = large_stand_in(shape, dtype)
    if symbol is not None:
        return symbol
    return Tensor(np.full(shape, value, dtype) if value else np.zeros(shape, dtype))


@functools.lru_cache(maxsize=1024)
def _number(x, dtype, sign=None):
    return _converted(x, dtype)


def _converted(x, dtype):
    if not dtypes.is_complex(dtype) and np.iscomplexobj(x):
        x = np.real(x)
    if dtype not in dtypes.HALVES:
        return Tensor(np.asarray(x).astype(dtype))
    with np.errstate(over="ignore"):  # a large number is infinite in half precision
        return Tensor(np.asarray(x).astype(dtype))


def pair(x1, x2, *extra):
    """Two values in the type where they (and `extra` types) meet."""
    x1 = x1.value if type(x1) is Variable else x1
    x2 = x2.value if type(x2) is Variable else x2
    values = type(x1) in _VALUES and type(x2) in _VALUES
    if values and x1.dtype == x2.dtype and not extra:
        return x1, x2
    x1, x2 = _operand(x1), _operand(x2)
    t1, t2 = type_of(x1), type_of(x2)
    if t1 in _FLOATS and (t1 == t2 or t2 in _NUMBERS) and _adds_nothing(extra):
        dtype = t1  # what `join` says, too, but this is what nearly always is asked
    else:
        dtype = join(t1, t2, *extra)
    return with_type(x1, dtype), with_type(x2, dtype)


def _adds_nothing(extra):
    """Whether a float stays what it is where it meets these types."""
    return not extra or extra == ("float",)


def _are_alike(xs):
    dtype = getattr(xs[0], "dtype", None)
    for x in xs:
        kind = type(x)
        if (kind is not Tensor and kind is not Symbol) or x.dtype != dtype:
            return False
    return True


def same_type(xs, *extra):
    """Values in the type where all of them meet."""
    xs = [x if type(x) is Tensor else _operand(x) for x in xs]
    if len(xs) > 1 and not extra and _are_alike(xs):
        return xs
    dtype = join(*[type_of(x) for x in xs], *extra)
    return [with_type(x, dtype) for x in xs]


def as_float(x):
    """`x` in a floating-point or complex type: its own, or `floatx` for integers."""
    x = as_value(x)
    if x.dtype == "float32" or x.dtype == "float64":
        return x
    return with_type(x, join(x.dtype, "float"))


def as_real(x, op):
    """`x`, unless it is complex.

    Raises:
        TypeError: for complex numbers, where abs or an order would lose something.
    """
    if dtypes.is_complex(x.dtype):
        raise TypeError(
            f"`{op}` does not take complex numbers. Received: {x.dtype}. Apply it to "
            "`ops.real(x)`, `ops.imag(x)` or `ops.abs(x)`."
        )
    return x


def widened(x):
    """A float as it is, or from half precision in float32: for sums and their like."""
    return with_type(x, "float32") if x.dtype in dtypes.HALVES else x


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


def static_size(x, op, name):
    """An argument that has to be an integer from 0 on.

    Raises:
        ValueError: for a negative one.
    """
    size = static_int(x, op, name)
    if size < 0:
        raise ValueError(f"`{op}`: `{name}` must not be negative. Received: {size}")
    return size


def static_sizes(shape, op, name="shape"):
    """The shape of a new value, as a tuple of integers from 0 on.

    Raises:
        ValueError: for a negative size.
    """
    sizes = static_shape(shape, op, name)
    if sizes and min(sizes) < 0:
        raise ValueError(
            f"`{op}`: sizes must not be negative. Received: {name}={sizes}"
        )
    return sizes


def index_constant(index):
    """An array of indices, known now, in the narrowest type that ops take."""
    wide = index.size and index.max() >= 1 << 31
    return constant(index, "int64" if wide else "int32")


def as_indices(x, op):
    """Indices in an integer type; booleans count as 0 and 1.

    Placeholders are float32 unless told otherwise: of them only the shape counts.

    Raises:
        TypeError: for numbers of another kind.
    """
    x = as_value(x)
    if x.dtype == "bool":
        return with_type(x, "int32")
    if "int" in x.dtype:
        return x
    if not x.is_symbolic and not x.size:  # an empty list has no type of its own
        return with_type(x, "int32")
    if x.is_symbolic and in_symbolic_scope():
        return with_type(x, "int32")
    raise TypeError(f"`{op}`: indices must be integers. Received: {x.dtype}")


def as_places(x, count=0):
    """Integers as indices of `count` places: int32, or int64 if there are too many.

    An index that the type does not have becomes its nearest, so that it stays out of
    range instead of being cut to some other place.
    """
    x = as_value(x)
    dtype = "int64" if count > np.iinfo("int32").max else "int32"
    if "int" not in x.dtype or np.can_cast(x.dtype, dtype):
        return with_type(x, dtype)
    limits = np.iinfo(dtype)
    highest = constant(limits.max, "int64")
    is_signed = x.dtype == "int64"
    x = with_type(x, "int64")
    if not is_signed:  # what a uint64 has beyond is negative now
        beyond = elementwise.less(x, constant(0, "int64"))
        x = elementwise.where(beyond, highest, x)
    x = elementwise.maximum(
        elementwise.minimum(x, highest), constant(limits.min, "int64")
    )
    return with_type(x, dtype)


def as_axis(axis, ndim, op):
    """One axis, counted from the front.

    Raises:
        ValueError: if there is no such axis.
    """
    if type(axis) is not int:
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
