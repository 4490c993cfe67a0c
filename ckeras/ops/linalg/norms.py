"""Norms of vectors and matrices."""

import builtins
import math

from ckeras.engine.values import dtypes
from ckeras.ops.linalg.factors import svd
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.manipulation import moveaxis, reshaped, squeeze
from ckeras.ops.primitives import elementwise
from ckeras.ops.promotion import as_axes, as_float, constant, with_type
from ckeras.ops.registry import op

__all__ = ["norm"]


def _largest(sizes, axis, keepdims=False):
    """Their maximum: 0 if there are none."""
    initial = 0 if 0 in sizes.shape else None
    return reductions.max(sizes, axis, keepdims, initial=initial)


def _vector_norm(x, order, axes, keepdims):
    if dtypes.is_complex(x.dtype):
        x = elementwise.abs(x)
    if order in (None, "fro", 2):
        total = reductions.sum(elementwise.square(x), axes, keepdims)
        return elementwise.sqrt(total)
    size = elementwise.abs(x)
    if order == math.inf:
        return _largest(size, axes, keepdims)
    if order == -math.inf:
        return reductions.min(size, axes, keepdims)
    if order == 0:
        found = elementwise.not_equal(x, constant(0, x.dtype))
        return reductions.sum(with_type(found, x.dtype), axes, keepdims)
    if order == 1:
        return reductions.sum(size, axes, keepdims)
    powers = elementwise.power(size, constant(order, x.dtype))
    total = reductions.sum(powers, axes, keepdims)
    return elementwise.power(total, constant(1 / order, x.dtype))


def _matrix_norm(x, order, rows, columns, keepdims):
    """The norm of the matrices in two axes, in the order given."""
    if order in (1, -1, math.inf, -math.inf):
        first, second = (rows, columns) if builtins.abs(order) == 1 else (columns, rows)
        sums = reductions.sum(elementwise.abs(x), first, keepdims=True)
        reduce = _largest if order > 0 else reductions.min
        y = reduce(sums, second, keepdims=True)
    elif order in (2, -2, "nuc"):
        s = svd(moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        reduce = {2: _largest, -2: reductions.min, "nuc": reductions.sum}[order]
        y = reduce(s, axis=-1)
        kept = [1 if a in (rows, columns) else d for a, d in enumerate(x.shape)]
        return reshaped(y, kept) if keepdims else y
    else:
        raise ValueError(
            f"Invalid `ord` argument for matrix norm. Received: ord={order}"
        )
    return y if keepdims else squeeze(y, (rows, columns))


@op
def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of vectors or matrices.

    Args:
        x: a tensor.
        ord: the norm's order: a number, ±inf, `"fro"` or `"nuc"`; by default the root
            of the sum of squares.
        axis: one axis for vectors, two for matrices, None for all.
        keepdims: whether the axes stay, with size 1.

    Raises:
        ValueError: if there is no such norm.
    """
    x = as_float(x)
    if axis is None:
        ndim = len(x.shape)
        if ord is None or (ord == 2 and ndim == 1) or (ord == "fro" and ndim == 2):
            return _vector_norm(x, None, tuple(range(ndim)), keepdims)
        axis = tuple(range(ndim))
    axes = as_axes(axis, len(x.shape), "norm")
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(
                f"Invalid `ord` argument for vector norm. Received: ord={ord}"
            )
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError(
            "Improper number of axes for `norm`, expected one or two. "
            f"Received: axis={axis}, x.shape={x.shape}"
        )
    if ord in (None, "fro"):
        return _vector_norm(x, None, axes, keepdims)
    order = [a % len(x.shape) for a in axis]
    return _matrix_norm(x, ord, *order, keepdims)
