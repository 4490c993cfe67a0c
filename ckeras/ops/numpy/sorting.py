"""Order, search and choice by index."""

import numpy as np

from ckeras.engine.tensor import Tensor
from ckeras.ops.numpy.comparison import logical_not
from ckeras.ops.numpy.manipulation import (
    broadcast_to,
    expand_dims,
    ravel,
)
from ckeras.ops.primitives import elementwise, indexing, reduction
from ckeras.ops.primitives.by_numpy import ordering
from ckeras.ops.promotion import (
    as_axis,
    as_value,
    constant,
    join,
    pair,
    static_int,
    static_shape,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "argpartition",
    "argsort",
    "bincount",
    "digitize",
    "isin",
    "nonzero",
    "searchsorted",
    "sort",
    "take",
    "take_along_axis",
    "unique",
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
    """
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = as_axis(axis, len(x.shape), "take")
    return indexing.gather(x, as_indices(indices), axis=axis)


def as_indices(x):
    """Indices in an integer type."""
    x = as_value(x)
    return x if "int" in x.dtype else with_type(x, "int32")


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
    indices = as_indices(indices)
    others = np.broadcast_shapes(
        *[(*v.shape[:axis], 1, *v.shape[axis + 1 :]) for v in (x, indices)]
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
    return take_along_axis(x, argsort(x, axis), axis)


@op
def argpartition(x, kth, axis=-1):
    """Indices that put the `kth` smallest element in its place along an axis.

    Smaller elements come before it and larger ones after it, in any order.
    """
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "argpartition")
    return ordering.argpartition(x, kth=int(kth), axis=axis)


@op
def searchsorted(sorted_sequence, values, side="left"):
    """Where `values` belong in a sorted vector, as int32.

    Args:
        sorted_sequence: a vector in ascending order.
        values: tensor of numbers to place.
        side: `"left"` of equal elements or `"right"` of them.
    """
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
    x = with_type(x, "int32")
    if weights is not None:
        weights = as_value(weights)
        weights = with_type(weights, join(weights.dtype, "int32"))
    length = static_int(minlength or 0, "bincount", "minlength")
    if not x.is_symbolic and x.size:
        length = max(length, int(x.numpy().max()) + 1)
    elif x.is_symbolic and not length:
        concrete(x, "bincount")
    return ordering.bincount(x, weights, length=length)


@op
def nonzero(x):
    """Indices of the elements that are not 0: for each axis a vector of int32.

    Only for concrete values.
    """
    found = np.nonzero(concrete(x, "nonzero"))
    return tuple(Tensor(i.astype("int32")) for i in found)


@op
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
    """The different elements of x in ascending order. Only for concrete values.

    Args:
        x: a tensor.
        sorted: for compatibility; the result is always sorted.
        return_index: whether to return where each was first found.
        return_inverse: whether to return, for each element of x, its number.
        return_counts: whether to return how often each occurs.
        axis: take slices along this axis as elements.
        size: length of the result; cut off or filled up to it.
        fill_value: what to fill up with; the smallest element by default.
    """
    array = concrete(x, "unique")
    flags = {
        "return_index": return_index,
        "return_inverse": return_inverse,
        "return_counts": return_counts,
    }
    found = np.unique(array, axis=axis, **flags)
    found = list(found) if isinstance(found, tuple) else [found]
    shape = array.shape if axis is None else (-1,)
    names = [None, *[n for n, wanted in flags.items() if wanted]]
    results = []
    for name, part in zip(names, found, strict=True):
        if name == "return_inverse":
            part = part.reshape(shape)
        elif size is not None:
            part = _resized(part, size, name, axis or 0, fill_value)
        results.append(Tensor(part if name is None else part.astype("int32")))
    return results[0] if len(results) == 1 else tuple(results)


def _resized(part, size, name, axis, fill_value):
    """The first `size` entries, filled up to that length."""
    axis = axis if name is None else 0
    part = np.take(part, np.arange(min(size, part.shape[axis])), axis)
    missing = size - part.shape[axis]
    if not missing:
        return part
    filler = np.take(part, [0], axis)
    if name == "return_counts":
        filler = np.zeros_like(filler)
    elif name is None and fill_value is not None:
        filler = np.full_like(filler, fill_value)
    return np.concatenate([part, np.repeat(filler, missing, axis)], axis)


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
    rest = indices
    parts = []
    for size in reversed(shape):
        divisor = constant(size, indices.dtype)
        parts.append(elementwise.mod(rest, divisor))
        rest = elementwise.floor_divide(rest, divisor)
    return tuple(reversed(parts))
