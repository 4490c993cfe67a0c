"""Shapes and the order of elements."""

import builtins
import math
from functools import lru_cache

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.ops.primitives import movement
from ckeras.ops.primitives.by_numpy import bits
from ckeras.ops.promotion import as_axes, as_axis, as_value, static_int, static_shape
from ckeras.ops.registry import op

__all__ = [
    "broadcast_to",
    "copy",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "ndim",
    "ravel",
    "reshape",
    "roll",
    "rot90",
    "size",
    "squeeze",
    "swapaxes",
    "transpose",
    "view",
]


def reshaped(x, shape):
    """x in another shape, nothing done if it has that shape already."""
    shape = tuple(shape)
    return x if x.shape == shape else movement.reshape(x, shape=shape)


def sliced(x, axis, start, stop, step=1):
    """The part `start:stop:step` (all positive) of one axis."""
    begin = [0] * len(x.shape)
    shape = list(x.shape)
    steps = [1] * len(x.shape)
    begin[axis], steps[axis] = start, step
    shape[axis] = builtins.max(-(-(stop - start) // step), 0)
    return movement.slice(
        x, start=tuple(begin), shape=tuple(shape), strides=tuple(steps)
    )


@op
def reshape(x, newshape):
    """The elements of x, in row-major order, in another shape.

    Args:
        x: a tensor.
        newshape: the shape; one size may be -1, which is computed from the others.

    Raises:
        ValueError: if the shapes do not have the same number of elements.

    Example:
        >>> import ckeras
        >>> ckeras.ops.reshape([1, 2, 3, 4], (2, -1)).numpy().tolist()
        [[1, 2], [3, 4]]
    """
    x = as_value(x)
    shape = static_shape(newshape, "reshape", "newshape")
    if shape and min(shape) < -1:
        raise ValueError(
            "`reshape`: a size must be a non-negative integer, or -1 for one that is "
            f"computed. Received: newshape={shape}"
        )
    return x if shape == x.shape else reshaped(x, _filled(x.shape, shape))


@lru_cache(maxsize=1024)
def _filled(old, shape):
    """The shape with the size that is -1 in it."""
    size = math.prod(old)
    unknown = shape.count(-1)
    known = math.prod([d for d in shape if d != -1])
    if unknown == 1 and known and size % known == 0:
        return tuple([size // known if d == -1 else d for d in shape])
    if unknown > 1:
        raise ValueError(
            "`reshape`: there can be at most one unknown dimension, -1. "
            f"Received: newshape={shape}"
        )
    if unknown or known != size:
        raise ValueError(
            f"`reshape`: cannot reshape a value of size {size} (shape {old}) "
            f"into shape {shape}."
        )
    return shape


@op
def ravel(x):
    """The elements of x in row-major order, as a vector."""
    x = as_value(x)
    return reshaped(x, (math.prod(x.shape),))


@op
def expand_dims(x, axis):
    """x with axes of size 1 inserted.

    Args:
        x: a tensor.
        axis: place or places of the new axes in the result.
    """
    x = as_value(x)
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    axes = as_axes(axes, len(x.shape) + len(axes), "expand_dims")
    shape = [*x.shape]
    for a in axes:
        shape.insert(a, 1)
    return reshaped(x, shape)


@op
def squeeze(x, axis=None):
    """x without axes of size 1: all of them, or those named by `axis`.

    Raises:
        ValueError: if an axis named has another size.
    """
    x = as_value(x)
    if axis is None:
        return reshaped(x, [d for d in x.shape if d != 1])
    axes = as_axes(axis, len(x.shape), "squeeze")
    for a in axes:
        if x.shape[a] != 1:
            raise ValueError(
                f"`squeeze`: cannot squeeze axis {a} of size {x.shape[a]}. "
                f"Received: x.shape={x.shape}, axis={axis}"
            )
    return reshaped(x, [d for i, d in enumerate(x.shape) if i not in axes])


def permuted(x, perm):
    """x with its axes in the order `perm`; a view where only sizes of 1 move."""
    perm = tuple(perm)
    if _moves_elements(x.shape, perm):
        return movement.transpose(x, perm=perm)
    return reshaped(x, [x.shape[p] for p in perm])


@lru_cache(maxsize=1024)
def _moves_elements(shape, perm):
    moved = [p for p in perm if shape[p] != 1]
    return moved != sorted(moved)


@op
def transpose(x, axes=None):
    """x with its axes in another order.

    Args:
        x: a tensor.
        axes: axis of x for each axis of the result; None reverses them.
    """
    x = as_value(x)
    ndim = len(x.shape)
    if axes is None:
        return permuted(x, range(ndim - 1, -1, -1))
    for a in axes:
        if not -ndim <= static_int(a, "transpose", "axes") < ndim:
            raise ValueError(
                f"`transpose`: Each axis in `axes` must be an integer in [{-ndim}, "
                f"{ndim}). Received: axes={axes}"
            )
    perm = [as_axis(a, ndim, "transpose") for a in axes]
    if sorted(perm) != list(range(ndim)):
        raise ValueError(
            "`transpose`: `axes` must be a list of the same length as the input shape "
            f"and a valid permutation, each of the {ndim} axes once. "
            f"Received: axes={axes}, x.shape={x.shape}"
        )
    return permuted(x, perm)


@op
def swapaxes(x, axis1, axis2):
    """x with two axes exchanged."""
    x = as_value(x)
    perm = list(range(len(x.shape)))
    a = as_axis(axis1, len(perm), "swapaxes")
    b = as_axis(axis2, len(perm), "swapaxes")
    perm[a], perm[b] = b, a
    return permuted(x, perm)


@op
def moveaxis(x, source, destination):
    """x with the axes `source` moved to the places `destination`."""
    x = as_value(x)
    ndim = len(x.shape)
    source = source if isinstance(source, (list, tuple)) else [source]
    if not isinstance(destination, (list, tuple)):
        destination = [destination]
    source = [as_axis(a, ndim, "moveaxis") for a in source]
    destination = [as_axis(a, ndim, "moveaxis") for a in destination]
    if len(source) != len(destination) or len({*source}) != len({*destination}):
        raise ValueError(
            "`moveaxis`: `source` and `destination` must name equally many axes. "
            f"Received: {source} and {destination}"
        )
    perm = [a for a in range(ndim) if a not in source]
    for place, a in sorted(zip(destination, source, strict=True)):
        perm.insert(place, a)
    return permuted(x, perm)


@op
def broadcast_to(x, shape):
    """x repeated along axes of size 1, and along new leading axes, to a shape."""
    x = as_value(x)
    shape = static_shape(shape, "broadcast_to")
    fits = len(x.shape) <= len(shape) and builtins.all(
        d in (1, s) for d, s in zip(reversed(x.shape), reversed(shape), strict=False)
    )
    if not fits:
        raise ValueError(
            f"`broadcast_to`: shape {x.shape} does not broadcast to {shape}."
        )
    return x if x.shape == shape else movement.broadcast_to(x, shape=shape)


@op
def flip(x, axis=None):
    """x with the elements along axes (None: all) in reverse order."""
    x = as_value(x)
    axes = as_axes(axis, len(x.shape), "flip")
    return movement.reverse(x, axes=axes) if axes else x


@op
def flipud(x):
    """x with its first axis reversed."""
    return flip(x, 0)


@op
def fliplr(x):
    """x with its second axis reversed."""
    return flip(x, 1)


@op
def rot90(array, k=1, axes=(0, 1)):
    """`array` turned by k · 90° in the plane of two axes, from the first to the second.

    Raises:
        ValueError: for fewer than two dimensions or equal axes.
    """
    x = as_value(array)
    if len(x.shape) < 2:
        raise ValueError(
            "Input array must have at least 2 dimensions. "
            f"Received: array.ndim={len(x.shape)}"
        )
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(
            f"`rot90`: `axes` must be two different axes. Received: {axes}"
        )
    first, second = [as_axis(a, len(x.shape), "rot90") for a in axes]
    k = static_int(k, "rot90", "k") % 4
    if k == 2:
        return flip(x, (first, second))
    if k == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second) if k == 3 else x


@op
def roll(x, shift, axis=None):
    """x with its elements moved on by `shift` places, those at the end to the front.

    Args:
        x: a tensor.
        shift: places, one number or one for each axis.
        axis: axis or axes; None moves through all elements in row-major order.
    """
    x = as_value(x)
    if axis is None:
        return reshaped(roll(ravel(x), shift, 0), x.shape)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    shifts = shift if isinstance(shift, (list, tuple)) else [shift] * len(axes)
    for places, a in zip(shifts, axes, strict=True):
        a = as_axis(a, len(x.shape), "roll")
        n = x.shape[a]
        places = static_int(places, "roll", "shift") % n if n else 0
        if places:
            back, front = sliced(x, a, n - places, n), sliced(x, a, 0, n - places)
            x = movement.concatenate(back, front, axis=a)
    return x


@op
def copy(x):
    """A copy of x."""
    return movement.identity(as_value(x))


def ndim(x):
    """Number of axes of x."""
    return len(x.shape) if hasattr(x, "shape") else len(as_value(x).shape)


def _size_spec(x):
    return KerasTensor((), "int32", record_history=False)


@op(spec=_size_spec)
def size(x):
    """Number of elements of x; of a placeholder again a placeholder, int32."""
    return math.prod(x.shape if hasattr(x, "shape") else as_value(x).shape)


@op
def view(x, dtype=None):
    """The bytes of x read as numbers of another type.

    Args:
        x: a tensor.
        dtype: the type. If it has another size than x's, so has the last axis of the
            result.

    Raises:
        ValueError: if the last axis's bytes are no whole number of elements.

    Example:
        >>> import ckeras
        >>> ckeras.ops.view([1.0], "int32").numpy().tolist()
        [1065353216]
    """
    x = as_value(x)
    dtype = x.dtype if dtype is None else dtypes.standardize_dtype(dtype)
    return x if dtype == x.dtype else bits.bitcast(x, dtype=dtype)
