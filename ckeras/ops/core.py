"""Conversion, slices and scattering."""

import builtins
import math

import numpy as np

from ckeras.engine import convert, dtypes
from ckeras.ops.numpy.joining import stack as _stack
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.primitives import barriers, elementwise, indexing, movement
from ckeras.ops.primitives.by_numpy import placement
from ckeras.ops.promotion import (
    as_axis,
    as_value,
    constant,
    static_int,
    static_shape,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "is_tensor",
    "pack",
    "saturate_cast",
    "scatter",
    "scatter_update",
    "shape",
    "slice",
    "slice_update",
    "stop_gradient",
    "unstack",
]

is_tensor = convert.is_tensor
convert_to_numpy = convert.convert_to_numpy


@op
def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as a tensor.

    Args:
        x: a tensor, variable, NumPy array, number, or nested lists of these.
        dtype: type to convert to; None keeps an array's, gives Python floats `floatx`
            and Python integers int32.
        sparse, ragged: for compatibility; there are only dense tensors.

    Example:
        >>> import ckeras
        >>> ckeras.ops.convert_to_tensor([1, 2]).dtype
        'int32'
    """
    if sparse or ragged:
        raise ValueError("`convert_to_tensor`: tensors are dense here.")
    return convert.convert_to_tensor(x, dtype)


@op
def cast(x, dtype):
    """x in another type; fractions are cut off on the way to integers.

    Args:
        x: a tensor.
        dtype: the type's name.
    """
    dtype = dtypes.standardize_dtype(dtype)
    if dtype not in dtypes.STORED:
        raise ValueError(
            f"`cast`: there are no tensors of dtype {dtype}. "
            f"Expected one of {sorted(dtypes.STORED)}."
        )
    if type(x) is int or type(x) is float:
        return constant(np.asarray(x), dtype)  # a new one: constants are shared
    return with_type(x, dtype)


@op
def saturate_cast(x, dtype):
    """x in another type, numbers outside its range moved to the nearest inside."""
    dtype = dtypes.standardize_dtype(dtype)
    x = as_value(x)
    if dtype == "bool" or dtype == x.dtype:
        return cast(x, dtype)
    limits = np.finfo(dtype) if dtypes.is_float(dtype) else np.iinfo(dtype)
    own = np.finfo if dtypes.is_float(x.dtype) else np.iinfo
    own = np.iinfo("uint8") if x.dtype == "bool" else own(x.dtype)
    if limits.min > own.min:
        x = elementwise.maximum(x, constant(limits.min, x.dtype))
    if limits.max < own.max:
        high = np.asarray(limits.max).astype(x.dtype)
        # A float may round the bound up, out of the range.
        if dtypes.is_float(x.dtype) and int(high) > int(limits.max):
            high = np.nextafter(high, np.asarray(0, x.dtype))
        x = elementwise.minimum(x, constant(high, x.dtype))
    return cast(x, dtype)


def shape(x):
    """The shape of x as a tuple; None for a size that is not known."""
    return tuple(x.shape) if hasattr(x, "shape") else as_value(x).shape


def dtype(x):
    """The name of x's type."""
    return dtypes.standardize_dtype(x.dtype if hasattr(x, "dtype") else type(x))


@op
def stop_gradient(variable):
    """The value itself, through which no gradient flows."""
    return barriers.stop_gradient(as_value(variable))


def custom_gradient(f):
    """A function with a gradient of its own.

    Args:
        f: function of tensors that returns a pair: its result, a tensor, and a
            function that maps the result's gradient to the arguments' gradients.

    Returns:
        The function of tensors that returns just the result.

    Example:
        >>> import ckeras
        >>> from ckeras import ops
        >>> @ops.custom_gradient
        ... def clipped(x):
        ...     return ops.abs(x), lambda upstream: ops.clip(upstream, -1, 1)
    """

    def call(*args, **kwargs):
        result, rule = f(*args, **kwargs)
        values = [as_value(a) for a in args]
        return barriers.custom_gradient(as_value(result), *values, rule=rule)

    return call


def _static_starts(starts):
    """Start indices as integers, or None if they are known only at run time."""
    if getattr(starts, "is_symbolic", False):
        return None
    if isinstance(starts, (list, tuple)) and builtins.any(
        getattr(s, "is_symbolic", False) for s in starts
    ):
        return None
    if not isinstance(starts, (list, tuple)):
        starts = np.asarray(starts).reshape(-1)
    return [int(s) for s in starts]


@op
def slice(inputs, start_indices, shape):
    """A block of a tensor.

    Args:
        inputs: a tensor.
        start_indices: the block's first index on each axis, integers or a tensor.
        shape: the block's size on each axis; -1 is what is left there.
    """
    x = as_value(inputs)
    sizes = static_shape(shape, "slice")
    starts = _static_starts(start_indices)
    if len(sizes) != len(x.shape):
        raise ValueError(
            "`slice`: `shape` must name a size for each axis. "
            f"Received: inputs.shape={x.shape}, shape={sizes}"
        )
    if starts is None:
        index = _stacked_starts(start_indices)
        for axis, n in enumerate(sizes):
            places = _block_places(index, axis, x.shape[axis], n)
            x = indexing.gather(x, places, axis=axis)
        return x
    sizes = [
        d - s if n == -1 else n for n, d, s in zip(sizes, x.shape, starts, strict=True)
    ]
    # As in XLA a block that would reach over the end is moved back.
    starts = [
        builtins.max(builtins.min(s, d - n), 0)
        for s, d, n in zip(starts, x.shape, sizes, strict=True)
    ]
    if builtins.any(n > d for n, d in zip(sizes, x.shape, strict=True)):
        raise ValueError(
            "`slice`: the block is larger than the value. "
            f"Received: inputs.shape={x.shape}, shape={tuple(sizes)}"
        )
    return movement.slice(
        x, start=tuple(starts), shape=tuple(sizes), strides=(1,) * len(sizes)
    )


def _stacked_starts(starts):
    if isinstance(starts, (list, tuple)):
        return _stack([with_type(s, "int32") for s in starts])
    return with_type(starts, "int32")


def _block_places(index, axis, size, n):
    """The n indices on an axis of `size` from a traced start, moved back at the end."""
    start = reshaped(sliced(index, 0, axis, axis + 1), ())
    start = elementwise.minimum(start, constant(size - n, "int32"))
    start = elementwise.maximum(start, constant(0, "int32"))
    return elementwise.add(start, constant(np.arange(n), "int32"))


@op
def slice_update(inputs, start_indices, updates):
    """A tensor with a block replaced.

    Args:
        inputs: a tensor.
        start_indices: the block's first index on each axis, integers or a tensor.
        updates: the block's new values.
    """
    x = as_value(inputs)
    updates = with_type(updates, x.dtype)
    starts = _static_starts(start_indices)
    strides = [math.prod(x.shape[i + 1 :]) for i in range(len(x.shape))]
    flat = constant(0, "int32")
    index = _stacked_starts(start_indices) if starts is None else None
    for axis, (size, n) in enumerate(zip(x.shape, updates.shape, strict=True)):
        if starts is None:
            places = _block_places(index, axis, size, n)
        else:
            start = builtins.max(builtins.min(starts[axis], size - n), 0)
            places = constant(np.arange(start, start + n), "int32")
        along = [n if i == axis else 1 for i in range(len(x.shape))]
        places = elementwise.multiply(places, constant(strides[axis], "int32"))
        flat = elementwise.add(flat, reshaped(places, along))
    elements = indexing.scatter_update(
        reshaped(x, (math.prod(x.shape),)),
        reshaped(flat, (math.prod(updates.shape),)),
        reshaped(updates, (math.prod(updates.shape),)),
    )
    return reshaped(elements, x.shape)


def _flat_rows(indices, shape):
    """Row numbers for indices (…, k) into the first k axes of a shape."""
    indices = with_type(indices, "int32")
    k = indices.shape[-1]
    if k > len(shape):
        raise ValueError(
            f"`scatter`: indices with {k} components do not fit the shape {shape}."
        )
    strides = [math.prod(shape[i + 1 : k]) for i in range(k)]
    flat = constant(0, "int32")
    n = math.prod(indices.shape[:-1])
    table = reshaped(indices, (n, k))
    for i, stride in enumerate(strides):
        column = reshaped(sliced(table, 1, i, i + 1), (n,))
        zero = constant(0, "int32")
        wrapped = elementwise.add(column, constant(shape[i], "int32"))
        column = elementwise.where(elementwise.less(column, zero), wrapped, column)
        part = elementwise.multiply(column, constant(stride, "int32"))
        flat = elementwise.add(flat, part)
    rows, width = math.prod(shape[:k]), math.prod(shape[k:])
    return flat, n, rows, width


@op
def scatter(indices, values, shape):
    """Zeros with values added at indices.

    Args:
        indices: integers (…, k): places in the first k axes of `shape`.
        values: tensor of shape (…, *shape[k:]).
        shape: shape of the result.
    """
    shape = static_shape(shape, "scatter")
    values = as_value(values)
    flat, n, rows, width = _flat_rows(indices, shape)
    return reshaped(added_rows(flat, reshaped(values, (n, width)), rows), shape)


def added_rows(indices, updates, rows):
    """Zeros with rows added at indices; those out of range are left out."""
    last = constant(rows, "int32")
    outside = elementwise.logical_or(
        elementwise.less(indices, constant(0, "int32")),
        elementwise.greater_equal(indices, last),
    )
    # They go to a row of their own, which is cut off.
    indices = elementwise.where(outside, last, indices)
    total = indexing.scatter_add(indices, updates, rows=rows + 1)
    return sliced(total, 0, 0, rows)


@op
def scatter_update(inputs, indices, updates, reduction=None):
    """A tensor with the elements at indices replaced, or combined with updates.

    Args:
        inputs: a tensor.
        indices: integers (…, k): places in its first k axes.
        updates: tensor of shape (…, *inputs.shape[k:]).
        reduction: None to replace; `"add"`, `"mul"`, `"max"` or `"min"` to combine.
    """
    if reduction not in (None, "add", "mul", "max", "min"):
        raise ValueError(
            "`reduction` must be one of None, 'add', 'max', 'min' and 'mul'. "
            f"Received: reduction={reduction}"
        )
    x = as_value(inputs)
    flat, n, rows, width = _flat_rows(indices, x.shape)
    updates = reshaped(with_type(updates, x.dtype), (n, width))
    table = reshaped(x, (rows, width))
    if reduction is None:
        result = indexing.scatter_update(table, flat, updates)
    elif reduction == "add":
        result = elementwise.add(table, added_rows(flat, updates, rows))
    else:
        result = placement.scatter_rows(table, flat, updates, reduction=reduction)
    return reshaped(result, x.shape)


@op
def unstack(x, num=None, axis=0):
    """The parts of x along an axis, without that axis, as a list.

    Args:
        x: a tensor.
        num: number of parts; None for the size of the axis.
        axis: the axis.
    """
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "unstack")
    n = x.shape[axis] if num is None else static_int(num, "unstack", "num")
    if n != x.shape[axis]:
        raise ValueError(
            f"`unstack`: `num` must be the size of axis {axis}, {x.shape[axis]}. "
            f"Received: num={num}"
        )
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    return [reshaped(sliced(x, axis, i, i + 1), rest) for i in range(n)]


@op
def pack(xs):
    """All elements of all tensors, one after the other, as one vector."""
    return movement.pack(*[as_value(x) for x in xs])
