"""Which elements there are, and how many of each."""

import math

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.creation import linspace
from ckeras.ops.numpy.manipulation import reshaped
from ckeras.ops.numpy.sorting import concrete, searchsorted
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import ordering
from ckeras.ops.promotion import (
    as_axis,
    as_float,
    as_places,
    as_real,
    as_value,
    constant,
    static_int,
    static_size,
    with_type,
)
from ckeras.ops.registry import op

__all__ = ["bincount", "histogram", "nonzero", "unique"]


def _unknown(shape, dtype):
    return KerasTensor(shape, dtype, record_history=False)


def _check_axes(x):
    if not x.shape:
        raise ValueError("`nonzero`: `x` must have at least one axis.")


def _nonzero_spec(x):
    _check_axes(x)
    return tuple(_unknown((None,), "int32") for _ in x.shape)


@op(spec=_nonzero_spec)
def nonzero(x):
    """Indices of the elements that are not 0: for each axis a vector of int32.

    Only for concrete values with at least one axis.
    """
    _check_axes(as_value(x))
    found = np.nonzero(concrete(x, "nonzero"))
    return tuple(Tensor(i.astype("int32")) for i in found)


def _unique_spec(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    shape, inverse = [size], x.shape
    if axis is not None:
        axis = as_axis(axis, len(x.shape), "unique")
        shape, inverse = list(x.shape), (x.shape[axis],)
        shape[axis] = size
    wanted = (
        (return_index, (size,)),
        (return_inverse, inverse),
        (return_counts, (size,)),
    )
    rest = [_unknown(s, "int32") for flag, s in wanted if flag]
    values = _unknown(shape, x.dtype)
    return (values, *rest) if rest else values


@op(spec=_unique_spec)
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different elements of x in ascending order.

    Args:
        x: a tensor; a concrete one unless `size` is given.
        sorted: for compatibility; the result is always sorted.
        return_index: whether to return where each was first found.
        return_inverse: whether to return, for each element of x, its number.
        return_counts: whether to return how often each occurs.
        axis: take slices along this axis as elements.
        size: length of the result; cut off or filled up to it.
        fill_value: what to fill up with; the smallest element by default.
    """
    x = as_value(x)
    if axis is not None:
        axis = as_axis(axis, len(x.shape), "unique")
    if size is None:
        found = ordering.unique_elements(concrete(x, "unique"), axis)
        found = [Tensor(np.ascontiguousarray(part)) for part in found]
    else:
        size = static_int(size, "unique", "size")
        if fill_value is not None:
            fill_value = np.asarray(fill_value).item()
        found = ordering.unique(x, axis=axis, size=size, fill_value=fill_value)
    wanted = (True, return_index, return_inverse, return_counts)
    results = [part for part, flag in zip(found, wanted, strict=True) if flag]
    return results[0] if len(results) == 1 else tuple(results)


@op
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each integer from 0 on occurs in x.

    Args:
        x: integers, a vector or a batch of them.
        weights: what each occurrence adds, 1 by default.
        minlength: least length of the result. A traced x needs it; larger numbers
            are then left out.
        sparse: for compatibility; there are only dense tensors.
    """
    if sparse:
        raise ValueError("`bincount`: tensors are dense here.")
    x = as_value(x)
    if dtypes.is_inexact(x.dtype):
        raise TypeError(f"`bincount` counts integers. Received: {x.dtype}")
    x = as_places(x)
    if weights is not None:
        weights = as_value(weights)
        if weights.dtype == "bool":
            weights = with_type(weights, "int32")
        if weights.shape != x.shape:
            raise ValueError(
                "`bincount`: `weights` must have the shape of `x`. "
                f"Received: x.shape={x.shape}, weights.shape={weights.shape}"
            )
    length = static_size(minlength or 0, "bincount", "minlength")
    if not x.is_symbolic and x.size:
        length = max(length, int(x.numpy().max()) + 1)
    elif x.is_symbolic and not length:
        concrete(x, "bincount")
    return ordering.bincount(x, weights, length=length)


@op
def histogram(x, bins=10, range=None):
    """How many elements lie in each of `bins` equal bins.

    Args:
        x: a vector.
        bins: number of bins.
        range: pair of numbers, where they start and end; the least and the largest
            element by default. Elements outside are not counted.

    Returns:
        The counts and the edges, one more than there are bins, both as floats.

    Raises:
        TypeError: if `bins` is no integer.
        ValueError: for a negative number of bins, a range that is none, or an x with
            several axes.
    """
    if not isinstance(bins, int):
        raise TypeError(f"Argument `bins` must be of type `int`. Received: bins={bins}")
    if bins < 0:
        raise ValueError(
            f"Argument `bins` should be a non-negative integer. Received: bins={bins}"
        )
    if range and (not isinstance(range, tuple) or len(range) < 2):
        raise ValueError(
            f"Argument `range` must be a tuple of two elements. Received: range={range}"
        )
    if range and range[1] < range[0]:
        raise ValueError(
            "The second element of `range` must be greater than the first. "
            f"Received: range={range}"
        )
    x = as_value(x)
    if len(x.shape) > 1:
        raise ValueError(
            f"Input tensor must be 1-dimensional. Received: input.shape={x.shape}"
        )
    x = reshaped(as_real(as_float(x), "histogram"), (math.prod(x.shape),))
    low, high = _ends(x, range)
    edges = linspace(low, high, bins + 1, dtype=x.dtype)
    # An element belongs to the last edge that it is not below; the very last edge
    # closes its bin.
    place = searchsorted(edges, x, side="right")
    place = elementwise.subtract(place, constant(1, "int32"))
    at_end = elementwise.equal(x, high)
    place = elementwise.where(at_end, constant(bins - 1, "int32"), place)
    inside = elementwise.logical_and(
        elementwise.less_equal(low, x), elementwise.less_equal(x, high)
    )
    place = elementwise.where(inside, place, constant(bins, "int32"))
    counts = ordering.bincount(place, None, length=bins)
    return with_type(counts, edges.dtype), edges


def _ends(x, range):
    """Where a histogram starts and ends; both moved apart if they are one."""
    if range:
        low, high = [constant(float(e), x.dtype) for e in range[:2]]
    elif 0 in x.shape:
        low, high = constant(0, x.dtype), constant(1, x.dtype)
    else:
        low, high = reductions.min(x), reductions.max(x)
    same = elementwise.equal(low, high)
    half, zero = constant(0.5, x.dtype), constant(0, x.dtype)
    room = elementwise.where(same, half, zero)
    return elementwise.subtract(low, room), elementwise.add(high, room)
