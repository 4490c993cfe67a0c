"""Order, search and choice by index."""

import numpy as np

from ckeras.ops.numpy.comparison import logical_not
from ckeras.ops.numpy.manipulation import (
    broadcast_to,
    expand_dims,
    ravel,
)
from ckeras.ops.primitives import elementwise, elementwise_rules, indexing
from ckeras.ops.primitives.by_numpy import ordering
from ckeras.ops.primitives.reductions import reduction
from ckeras.ops.promotion import (
    as_axis,
    as_indices,
    as_value,
    constant,
    pair,
    static_shape,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "argpartition",
    "argsort",
    "digitize",
    "isin",
    "searchsorted",
    "sort",
    "take",
    "take_along_axis",
    "unravel_index",
]


def concrete(x, name):
    """The array of a value whose numbers decide about shapes.

    Raises:
        TypeError: if the value is traced.
    """
    x = as_value(x)
    if x.is_symbolic:
        raise TypeError(
            f"`{name}`: the shape of the result depends on the numbers, which a traced "
            "value does not have yet. Call it on concrete values, or compile the "
            "model with `run_eagerly=True`."
        )
    return x.numpy()


@op
def take(x, indices, axis=None):
    """The elements of x at indices along an axis.

    Args:
        x: a tensor.
        indices: integers; negative ones count from the end.
        axis: the axis; None takes from the vector of all elements.

    Returns:
        A tensor with the axis replaced by the shape of `indices`.

    Raises:
        IndexError: for an index outside the axis.
        TypeError: for indices that are no integers.
    """
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = as_axis(axis, len(x.shape), "take")
    return indexing.gather(x, as_indices(indices, "take"), axis=axis)


@op
def take_along_axis(x, indices, axis=None):
    """For each place the element of x whose index along an axis is given there.

    Args:
        x: a tensor.
        indices: integers of as many axes as x; other axes broadcast.
        axis: the axis; None takes from the vectors of all elements.
    """
    x, indices = as_value(x), as_value(indices)
    if axis is None:
        x, indices, axis = ravel(x), ravel(indices), 0
    axis = as_axis(axis, len(x.shape), "take_along_axis")
    if len(indices.shape) != len(x.shape):
        raise ValueError(
            "`take_along_axis`: `x` and `indices` must have as many axes. "
            f"Received: x.shape={x.shape}, indices.shape={indices.shape}"
        )
    indices = as_indices(indices, "take_along_axis")
    others = elementwise_rules.broadcast_shape(
        "take_along_axis",
        *[(*v.shape[:axis], 1, *v.shape[axis + 1 :]) for v in (x, indices)],
    )
    x, indices = [
        broadcast_to(v, (*others[:axis], v.shape[axis], *others[axis + 1 :]))
        for v in (x, indices)
    ]
    return indexing.take_along_axis(x, indices, axis=axis)


@op
def argsort(x, axis=-1):
    """Indices that sort x along an axis, as int32; equal elements keep their order."""
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    if x.dtype == "bool":
        x = with_type(x, "int32")
    return ordering.argsort(x, axis=as_axis(axis, len(x.shape), "argsort"))


@op
def sort(x, axis=-1):
    """x in ascending order along an axis (None: as a vector), NaN last."""
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    return ordering.sort(x, axis=as_axis(axis, len(x.shape), "sort"))


@op
def argpartition(x, kth, axis=-1):
    """Indices that put the `kth` smallest element in its place along an axis.

    Smaller elements come before it and larger ones after it, in any order.
    """
    if not isinstance(kth, (int, np.integer)):
        raise ValueError(f"kth must be an integer. Received: kth = {kth}")
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = as_axis(axis, len(x.shape), "argpartition")
    n = x.shape[axis]
    if not -n <= kth < n:
        raise ValueError(
            f"`argpartition`: kth must be an index of axis {axis} of size {n}. "
            f"Received: kth={kth}"
        )
    return ordering.argpartition(x, kth=int(kth), axis=axis)


@op
def searchsorted(sorted_sequence, values, side="left"):
    """Where `values` belong in a sorted vector, as int32.

    Args:
        sorted_sequence: a vector in ascending order.
        values: tensor of numbers to place.
        side: `"left"` of equal elements or `"right"` of them.
    """
    if side not in ("left", "right"):
        raise ValueError(
            f"`searchsorted`: `side` must be 'left' or 'right'. Received: side={side!r}"
        )
    sequence, values = pair(sorted_sequence, values)
    if len(sequence.shape) != 1:
        raise ValueError(
            "`searchsorted` only supports 1-D sorted sequences. "
            f"Received: sorted_sequence.shape={sequence.shape}"
        )
    return ordering.searchsorted(sequence, values, side=side)


@op
def digitize(x, bins):
    """Number of the bin between ascending edges `bins` that holds each element."""
    return searchsorted(bins, x, side="right")


@op
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of x1 occurs in x2.

    Args:
        x1: a tensor.
        x2: the elements to look for.
        assume_unique: for compatibility; nothing is gained from it.
        invert: whether to return the opposite.
    """
    x1, x2 = pair(x1, x2)
    same = elementwise.equal(expand_dims(x1, -1), ravel(x2))
    found = reduction.any(same, axes=(len(x1.shape),), keepdims=False)
    return logical_not(found) if invert else found


@op
def unravel_index(indices, shape):
    """Row-major indices into a shape as an index for each axis."""
    shape = static_shape(shape, "unravel_index")
    indices = as_value(indices)
    if indices.dtype == "bool":
        indices = with_type(indices, "int32")
    rest = indices
    parts = []
    for size in reversed(shape):
        divisor = constant(size, indices.dtype)
        parts.append(elementwise.mod(rest, divisor))
        rest = elementwise.floor_divide(rest, divisor)
    return tuple(reversed(parts))
