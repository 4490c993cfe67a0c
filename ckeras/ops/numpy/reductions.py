"""Reductions over axes."""

import builtins
import math

from ckeras.engine.values import dtypes
from ckeras.ops.numpy.comparison import isclose
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.reductions import reduction, scanning
from ckeras.ops.promotion import (
    as_axes,
    as_axis,
    as_float,
    as_value,
    constant,
    join,
    type_of,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "trapezoid",
    "var",
]


def _sum_type(dtype):
    """The type in which elements of `dtype` are added up: at least 32 bits."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


@op
def sum(x, axis=None, keepdims=False):
    """Sum of the elements over axes.

    Args:
        x: a tensor.
        axis: axis or axes to add up; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor of x's type; of at least 32 bits for booleans and small integers.

    Example:
        >>> import ckeras
        >>> ckeras.ops.sum([[1, 2], [3, 4]], axis=0).numpy().tolist()
        [4, 6]
    """
    x = as_value(x)
    axes = as_axes(axis, len(x.shape), "sum")
    x = with_type(x, _sum_type(x.dtype))
    return reduction.sum(x, axes=axes, keepdims=bool(keepdims))


@op
def prod(x, axis=None, keepdims=False, dtype=None):
    """Product of the elements over axes, in `dtype` if that is given."""
    x = as_value(x)
    axes = as_axes(axis, len(x.shape), "prod")
    x = with_type(
        x, _sum_type(x.dtype) if dtype is None else dtypes.standardize_dtype(dtype)
    )
    return reduction.prod(x, axes=axes, keepdims=bool(keepdims))


def _extreme(x, axis, keepdims, initial, name, reduce, choose):
    x = as_value(x)
    axes = as_axes(axis, len(x.shape), name)
    empty = 0 in [x.shape[a] for a in axes]
    if empty and initial is None:
        raise ValueError(
            f"`{name}` of no elements needs `initial`. Received: x.shape={x.shape}"
        )
    boolean = x.dtype == "bool"
    if boolean:
        x = with_type(x, "int32")
    if empty:
        shape = [1 if i in axes else d for i, d in enumerate(x.shape)]
        if not keepdims:
            shape = [d for i, d in enumerate(x.shape) if i not in axes]
        y = movement.broadcast_to(constant(initial, x.dtype), shape=tuple(shape))
    else:
        y = reduce(x, axes=axes, keepdims=bool(keepdims))
        if initial is not None:
            y = choose(y, with_type(initial, y.dtype))
    return with_type(y, "bool") if boolean else y


@op
def max(x, axis=None, keepdims=False, initial=None):
    """Largest element over axes; NaN if there is one.

    Args:
        x: a tensor.
        axis: axis or axes to look along; None for all.
        keepdims: whether the axes stay, with size 1.
        initial: the least result possible; needed if there are no elements.
    """
    return _extreme(
        x, axis, keepdims, initial, "max", reduction.max, elementwise.maximum
    )


@op
def min(x, axis=None, keepdims=False, initial=None):
    """Smallest element over axes; NaN if there is one. Arguments as for `max`."""
    return _extreme(
        x, axis, keepdims, initial, "min", reduction.min, elementwise.minimum
    )


@op
def amax(x, axis=None, keepdims=False):
    """Largest element over axes: another name of `max`."""
    return max(x, axis=axis, keepdims=keepdims)


@op
def amin(x, axis=None, keepdims=False):
    """Smallest element over axes: another name of `min`."""
    return min(x, axis=axis, keepdims=keepdims)


@op
def ptp(x, axis=None, keepdims=False):
    """Largest minus smallest element over axes."""
    x = as_value(x)
    return elementwise.subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@op
def mean(x, axis=None, keepdims=False):
    """Mean of the elements over axes, in a floating-point type."""
    x = as_float(x)
    axes = as_axes(axis, len(x.shape), "mean")
    total = reduction.sum(x, axes=axes, keepdims=bool(keepdims))
    count = math.prod([x.shape[a] for a in axes])
    return elementwise.divide(total, constant(count, x.dtype))


@op
def var(x, axis=None, keepdims=False):
    """Variance of the elements over axes: the mean of |x - mean(x)|²."""
    x = as_float(x)
    deviation = elementwise.subtract(x, mean(x, axis, keepdims=True))
    return mean(squared_size(deviation), axis, keepdims)


def squared_size(x):
    """|x|², elementwise."""
    return elementwise.square(elementwise.abs(x) if dtypes.is_complex(x.dtype) else x)


@op
def std(x, axis=None, keepdims=False):
    """Standard deviation of the elements over axes: √var(x)."""
    return elementwise.sqrt(var(x, axis, keepdims))


@op
def average(x, axis=None, weights=None):
    """Mean of the elements over axes, weighted with `weights`.

    Args:
        x: a tensor.
        axis: axis or axes to average; None for all.
        weights: a tensor of x's shape, or of the axis' length; None for equal ones.
    """
    if weights is None:
        return mean(x, axis)
    dtype = join(type_of(x), type_of(weights), "float")
    x, weights = with_type(x, dtype), with_type(weights, dtype)
    if weights.shape != x.shape:
        if axis is None or len(weights.shape) != 1:
            raise ValueError(
                "`average`: `weights` must have the shape of `x`, or be a vector along "
                f"`axis`. Received: x.shape={x.shape}, weights.shape={weights.shape}"
            )
        place = as_axis(axis, len(x.shape), "average")
        if weights.shape[0] != x.shape[place]:
            raise ValueError(
                f"`average`: `weights` has length {weights.shape[0]}. "
                f"Expected the length of axis {axis}, {x.shape[place]}."
            )
        shape = [-1 if i == place else 1 for i in range(len(x.shape))]
        shape[place] = weights.shape[0]
        weights = movement.reshape(weights, shape=tuple(shape))
        weights = movement.broadcast_to(weights, shape=x.shape)
    weighted = sum(elementwise.multiply(x, weights), axis)
    return elementwise.divide(weighted, sum(weights, axis))


def _as_bool(x):
    x = as_value(x)
    return x if x.dtype == "bool" else elementwise.not_equal(x, constant(0, x.dtype))


def _decidable(x):
    """x, or booleans in place of complex numbers, for `reduction.all` and `any`."""
    x = as_value(x)
    return _as_bool(x) if dtypes.is_complex(x.dtype) else x


@op
def all(x, axis=None, keepdims=False):
    """Whether all elements over axes are true (not 0)."""
    x = _decidable(x)
    axes = as_axes(axis, len(x.shape), "all")
    return reduction.all(x, axes=axes, keepdims=bool(keepdims))


@op
def any(x, axis=None, keepdims=False):
    """Whether one of the elements over axes is true (not 0)."""
    x = _decidable(x)
    axes = as_axes(axis, len(x.shape), "any")
    return reduction.any(x, axes=axes, keepdims=bool(keepdims))


@op
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether x1 and x2 are close everywhere; arguments as for `isclose`."""
    return all(isclose(x1, x2, rtol, atol, equal_nan))


@op
def count_nonzero(x, axis=None):
    """Number of elements over axes that are not 0, as int32."""
    return sum(_as_bool(x), axis)


def _arg_extreme(x, axis, keepdims, name, reduce):
    x = as_value(x)
    if x.dtype == "bool":
        x = with_type(x, "int32")
    shape = x.shape
    if axis is None:
        x = movement.reshape(x, shape=(math.prod(shape),))
        place = 0
    else:
        place = as_axis(axis, len(shape), name)
    if x.shape[place] == 0:
        raise ValueError(f"`{name}` of no elements. Received: x.shape={shape}")
    y = reduce(x, axis=place)
    if keepdims:
        kept = [1 if axis is None or i == place else d for i, d in enumerate(shape)]
        y = movement.reshape(y, shape=tuple(kept))
    return y


@op
def argmax(x, axis=None, keepdims=False):
    """Index of the largest element along an axis, as int32; the first of equals.

    Args:
        x: a tensor.
        axis: the axis; None counts through all elements in row-major order.
        keepdims: whether the axis stays, with size 1.
    """
    return _arg_extreme(x, axis, keepdims, "argmax", scanning.argmax)


@op
def argmin(x, axis=None, keepdims=False):
    """Index of the smallest element along an axis; arguments as for `argmax`."""
    return _arg_extreme(x, axis, keepdims, "argmin", scanning.argmin)


def _running(x, axis, dtype, name, accumulate):
    x = as_value(x)
    if dtype is not None:
        x = with_type(x, dtypes.standardize_dtype(dtype))
    elif x.dtype == "bool":
        x = with_type(x, "int32")
    if axis is None:
        x = movement.reshape(x, shape=(math.prod(x.shape),))
        axis = 0
    return accumulate(x, as_axis(axis, len(x.shape), name))


@op
def cumsum(x, axis=None, dtype=None):
    """Sums of the elements up to and with each one, along an axis.

    Args:
        x: a tensor.
        axis: the axis; None runs through all elements in row-major order.
        dtype: type of the result; None for x's type.
    """
    return _running(
        x,
        axis,
        dtype,
        "cumsum",
        lambda x, axis: scanning.cumsum(x, axis=axis, reverse=False),
    )


@op
def cumprod(x, axis=None, dtype=None):
    """Products of the elements up to and with each one; arguments as for `cumsum`."""
    from ckeras.ops.primitives.by_numpy import fallback

    return _running(
        x, axis, dtype, "cumprod", lambda x, axis: fallback.cumprod(x, axis=axis)
    )


@op
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral of y along an axis by the trapezoidal rule.

    Args:
        y: values of the integrand.
        x: where they were taken; None for places `dx` apart.
        dx: distance of the places.
        axis: the axis to integrate along.
    """
    y = as_float(y)
    place = as_axis(axis, len(y.shape), "trapezoid")
    middle = elementwise.multiply(
        elementwise.add(_part(y, place, 1, 0), _part(y, place, 0, 1)),
        constant(0.5, y.dtype),
    )
    if x is None:
        width = constant(dx, y.dtype)
    else:
        x = with_type(x, y.dtype)
        along = place if len(x.shape) == len(y.shape) else 0
        width = elementwise.subtract(_part(x, along, 1, 0), _part(x, along, 0, 1))
        if len(x.shape) == 1 != len(y.shape):
            shape = [1] * len(y.shape)
            shape[place] = width.shape[0]
            width = movement.reshape(width, shape=tuple(shape))
    return sum(elementwise.multiply(middle, width), axis=place)


def _part(x, axis, front, back):
    """x without `front` elements at the start and `back` at the end of an axis."""
    start = tuple([front if i == axis else 0 for i in range(len(x.shape))])
    shape = list(x.shape)
    shape[axis] = builtins.max(shape[axis] - front - back, 0)
    strides = (1,) * len(shape)
    return movement.slice(x, start=start, shape=tuple(shape), strides=strides)
