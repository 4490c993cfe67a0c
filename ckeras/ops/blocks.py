"""Blocks of tensors, and elements at given places: read and replaced."""

import builtins
import math

import numpy as np

from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops.numpy.joining import stack as _stack
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.primitives import elementwise, indexing, movement
from ckeras.ops.primitives.by_numpy import placement
from ckeras.ops.promotion import (
    as_indices,
    as_places,
    as_value,
    constant,
    filled,
    static_shape,
    type_of,
    with_type,
)
from ckeras.ops.registry import op

__all__ = ["scatter", "scatter_update", "slice", "slice_update"]


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
    if builtins.any("int" not in type_of(s) for s in starts):
        raise TypeError(f"Start indices must be integers. Received: {starts}")
    return [int(s) for s in starts]


def _slice_spec(inputs, start_indices, shape):
    sizes = static_shape(shape, "slice")
    _check_block("slice", inputs.shape, start_indices, sizes)
    starts = _static_starts(start_indices)
    result = []
    for axis, (size, n) in enumerate(zip(inputs.shape, sizes, strict=True)):
        if n == -1:
            known = size is not None and starts is not None
            n = size - starts[axis] if known else None
        result.append(n)
    return KerasTensor(result, inputs.dtype, record_history=False)


def _check_block(name, shape, starts, sizes):
    """Raises unless a block names a start and a size for each axis."""
    if len(sizes) != len(shape):
        raise ValueError(
            f"`{name}`: the number of dimensions in `inputs` must match the number of "
            f"dimensions in `{'shape' if name == 'slice' else 'updates'}`. "
            f"Received: inputs.shape={tuple(shape)}, a block of shape={tuple(sizes)}"
        )
    if hasattr(starts, "shape"):
        count = starts.shape[0] if starts.shape else 1
    else:
        count = len(starts)
    if count != len(shape):
        raise ValueError(
            f"`{name}`: the number of dimensions in `start_indices` must match the "
            "number of dimensions in `inputs`. "
            f"Received: start_indices={starts}, inputs.shape={tuple(shape)}"
        )
    for size, n in zip(shape, sizes, strict=True):
        if size is not None and n is not None and n > size:
            raise ValueError(
                f"`{name}`: the block is larger than the value. "
                f"Received: inputs.shape={tuple(shape)}, shape={tuple(sizes)}"
            )


@op(spec=_slice_spec)
def slice(inputs, start_indices, shape):
    """A block of a tensor.

    Args:
        inputs: a tensor.
        start_indices: the block's first index on each axis, integers or a tensor;
            negative ones count from the end. In a compiled function, a block that
            would reach over the end is moved back.
        shape: the block's size on each axis; -1 is what is left there.

    Raises:
        IndexError: for known start indices from which the block reaches over the end.
    """
    x = as_value(inputs)
    sizes = static_shape(shape, "slice")
    _check_block("slice", x.shape, start_indices, sizes)
    starts = _static_starts(start_indices)
    if starts is None:
        if -1 in sizes:
            raise ValueError(
                "`slice`: a size of -1 needs start indices that are known while the "
                f"function is compiled. Received: shape={sizes}, "
                f"start_indices={start_indices}"
            )
        index = _stacked_starts(start_indices, max(x.shape, default=0))
        for axis, n in enumerate(sizes):
            places = _block_places(index, axis, x.shape[axis], n)
            x = indexing.gather(x, places, axis=axis)
        return x
    sizes = [
        (-s if s < 0 else d - s) if n == -1 else n
        for n, d, s in zip(sizes, x.shape, starts, strict=True)
    ]
    starts = _from_front("slice", starts, x.shape, sizes)
    return movement.slice(
        x, start=tuple(starts), shape=tuple(sizes), strides=(1,) * len(sizes)
    )


def _from_front(name, starts, shape, sizes):
    """Known starts, counted from the front.

    Raises:
        IndexError: if the block from there is not all inside.
    """
    found = [s + d if s < 0 else s for s, d in zip(starts, shape, strict=True)]
    for axis, (start, size, n) in enumerate(zip(found, shape, sizes, strict=True)):
        if not 0 <= start <= size - n:
            raise IndexError(
                f"`{name}`: a block of {n} does not fit behind index {starts[axis]} of "
                f"axis {axis}, whose size is {size}. Received: start_indices={starts}, "
                f"a block of shape={tuple(sizes)}"
            )
    return found


def _stacked_starts(starts, count):
    """Traced start indices of a block, as a vector, where there are `count` places."""
    if isinstance(starts, (list, tuple)):
        return _stack([as_places(s, count) for s in starts])
    return as_places(starts, count)


def _block_places(index, axis, size, n):
    """The n indices on an axis of `size` from a traced start, moved back at the end."""
    start = reshaped(sliced(index, 0, axis, axis + 1), ())
    zero = constant(0, index.dtype)
    from_front = elementwise.add(start, constant(size, index.dtype))
    start = elementwise.where(elementwise.less(start, zero), from_front, start)
    start = elementwise.minimum(start, constant(size - n, index.dtype))
    start = elementwise.maximum(start, zero)
    return elementwise.add(start, constant(np.arange(n), index.dtype))


@op
def slice_update(inputs, start_indices, updates):
    """A tensor with a block replaced.

    Args:
        inputs: a tensor.
        start_indices: the block's first index on each axis, integers or a tensor;
            negative ones count from the end. In a compiled function, a block that
            would reach over the end is moved back.
        updates: the block's new values.

    Raises:
        IndexError: for known start indices from which the block reaches over the end.
    """
    x = as_value(inputs)
    updates = with_type(updates, x.dtype)
    _check_block("slice_update", x.shape, start_indices, updates.shape)
    starts = _static_starts(start_indices)
    if starts is not None:
        starts = _from_front("slice_update", starts, x.shape, updates.shape)
    strides = [math.prod(x.shape[i + 1 :]) for i in range(len(x.shape))]
    count = math.prod(x.shape)
    flat = as_places(0, count)
    index = _stacked_starts(start_indices, count) if starts is None else None
    for axis, (size, n) in enumerate(zip(x.shape, updates.shape, strict=True)):
        if starts is None:
            places = _block_places(index, axis, size, n)
        else:
            places = np.arange(starts[axis], starts[axis] + n)
            places = constant(places, flat.dtype)
        along = [n if i == axis else 1 for i in range(len(x.shape))]
        places = elementwise.multiply(places, constant(strides[axis], flat.dtype))
        flat = elementwise.add(flat, reshaped(places, along))
    elements = indexing.scatter_update(
        reshaped(x, (count,)),
        reshaped(flat, (math.prod(updates.shape),)),
        reshaped(updates, (math.prod(updates.shape),)),
    )
    return reshaped(elements, x.shape)


def _flat_rows(name, indices, shape):
    """Row numbers for indices (…, k) into the first k axes of a shape.

    Traced indices that are out of range give the number of rows, which is none.

    Raises:
        IndexError: for known indices out of range.
    """
    indices = as_indices(indices, name)
    k = indices.shape[-1]
    if k > len(shape):
        raise ValueError(
            f"`{name}`: indices with {k} components do not fit the shape {shape}."
        )
    known = not indices.is_symbolic
    if known:
        _check_inside(name, indices.numpy(), shape)
    rows, width = math.prod(shape[:k]), math.prod(shape[k:])
    strides = [math.prod(shape[i + 1 : k]) for i in range(k)]
    indices = as_places(indices, rows)
    dtype = indices.dtype
    n, inside = math.prod(indices.shape[:-1]), None
    flat, zero = filled((n,), 0, dtype), constant(0, dtype)
    table = reshaped(indices, (n, k))
    for i, stride in enumerate(strides):
        column = reshaped(sliced(table, 1, i, i + 1), (n,))
        size = constant(shape[i], dtype)
        wrapped = elementwise.add(column, size)
        column = elementwise.where(elementwise.less(column, zero), wrapped, column)
        if not known:
            fits = elementwise.logical_and(
                elementwise.less_equal(zero, column), elementwise.less(column, size)
            )
            inside = fits if inside is None else elementwise.logical_and(inside, fits)
        part = elementwise.multiply(column, constant(stride, dtype))
        flat = elementwise.add(flat, part)
    if inside is not None:
        flat = elementwise.where(inside, flat, constant(rows, dtype))
    return flat, n, rows, width


def _check_inside(name, indices, shape):
    """Raises for indices (…, k) out of the first k axes of a shape."""
    for axis, size in enumerate(shape[: indices.shape[-1]]):
        column = indices[..., axis]
        if column.size and not -size <= column.min() <= column.max() < size:
            raise IndexError(
                f"`{name}`: an index is out of range. Expected indices from {-size} to "
                f"{size - 1} for axis {axis} of size {size}. "
                f"Received: indices from {column.min()} to {column.max()}"
            )


def _scatter_spec(indices, values, shape):
    if _is_depth_unknown(indices):
        # How many axes an index names decides only about the shape of the values.
        shape = static_shape(shape, "scatter")
        return KerasTensor(shape, type_of(values), record_history=False)
    return infer(scatter, indices, values, shape)


def _scatter_update_spec(inputs, indices, updates, reduction=None):
    if _is_depth_unknown(indices):
        return KerasTensor(inputs.shape, inputs.dtype, record_history=False)
    return infer(scatter_update, inputs, indices, updates, reduction)


def _is_depth_unknown(indices):
    return isinstance(indices, KerasTensor) and None in indices.shape[-1:]


@op(spec=_scatter_spec)
def scatter(indices, values, shape):
    """Zeros with values added at indices.

    Args:
        indices: integers (…, k): places in the first k axes of `shape`; negative ones
            count from the end.
        values: tensor of shape (…, *shape[k:]).
        shape: shape of the result.

    Raises:
        IndexError: for an index out of range. In a compiled function its value is left
            out.
        TypeError: for indices that are no integers.
    """
    shape = static_shape(shape, "scatter")
    values = as_value(values)
    flat, n, rows, width = _flat_rows("scatter", indices, shape)
    return reshaped(added_rows(flat, reshaped(values, (n, width)), rows), shape)


def added_rows(indices, updates, rows):
    """Zeros with rows added at indices; those out of range are left out."""
    last = constant(rows, indices.dtype)
    outside = elementwise.logical_or(
        elementwise.less(indices, constant(0, indices.dtype)),
        elementwise.greater_equal(indices, last),
    )
    # They go to a row of their own, which is cut off.
    indices = elementwise.where(outside, last, indices)
    total = indexing.scatter_add(indices, updates, rows=rows + 1)
    return sliced(total, 0, 0, rows)


@op(spec=_scatter_update_spec)
def scatter_update(inputs, indices, updates, reduction=None):
    """A tensor with the elements at indices replaced, or combined with updates.

    Args:
        inputs: a tensor.
        indices: integers (…, k): places in its first k axes; negative ones count from
            the end.
        updates: tensor that broadcasts to the shape (…, *inputs.shape[k:]).
        reduction: None to replace; `"add"`, `"mul"`, `"max"` or `"min"` to combine.

    Raises:
        IndexError: for an index out of range. In a compiled function it changes
            nothing.
        TypeError: for indices that are no integers.
    """
    reduction = reduction.lower() if isinstance(reduction, str) else reduction
    if reduction not in (None, "add", "mul", "max", "min"):
        raise ValueError(
            f"Invalid reduction: {reduction}. "
            "Supported values are: None, 'add', 'max', 'min', 'mul'."
        )
    x = as_value(inputs)
    indices = as_value(indices)
    flat, n, rows, width = _flat_rows("scatter_update", indices, x.shape)
    block = (*indices.shape[:-1], *x.shape[indices.shape[-1] :])
    updates = movement.broadcast_to(with_type(updates, x.dtype), shape=block)
    updates = reshaped(updates, (n, width))
    table = reshaped(x, (rows, width))
    if reduction is None:
        result = indexing.scatter_update(table, flat, updates)
    elif reduction == "add":
        result = elementwise.add(table, added_rows(flat, updates, rows))
    else:
        result = placement.scatter_rows(table, flat, updates, reduction=reduction)
    return reshaped(result, x.shape)
