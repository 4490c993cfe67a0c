"""Diagonals and triangles of matrices, and matrices made of vectors."""

import numpy as np

from ckeras.ops.numpy.joining import pad
from ckeras.ops.numpy.manipulation import expand_dims, moveaxis, ravel, reshaped
from ckeras.ops.primitives import elementwise, indexing
from ckeras.ops.primitives.reductions import reduction
from ckeras.ops.promotion import (
    as_axis,
    as_value,
    constant,
    index_constant,
    with_type,
)
from ckeras.ops.registry import op

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu", "vander"]


def _diagonal_index(rows, columns, offset):
    row0, column0 = max(-offset, 0), max(offset, 0)
    n = max(min(rows - row0, columns - column0), 0)
    return (row0 + np.arange(n)) * columns + column0 + np.arange(n)


@op
def diagonal(x, offset=0, axis1=0, axis2=1):
    """A diagonal of the matrices in two axes, as the last axis.

    Args:
        x: a tensor with at least two axes.
        offset: the diagonal; above the main one if positive.
        axis1, axis2: the matrices' rows and columns.
    """
    x = as_value(x)
    if len(x.shape) < 2:
        raise ValueError(
            "`diagonal` requires an array of at least two dimensions. "
            f"Received: x.shape={x.shape}"
        )
    axis1, axis2 = [as_axis(a, len(x.shape), "diagonal") for a in (axis1, axis2)]
    if axis1 == axis2:
        raise ValueError("`diagonal`: `axis1` and `axis2` must be different axes.")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    index = _diagonal_index(rows, columns, offset)
    flat = reshaped(x, (*x.shape[:-2], rows * columns))
    return indexing.gather(flat, index_constant(index), axis=len(flat.shape) - 1)


@op
def diag(x, k=0):
    """The k-th diagonal of a matrix, or the matrix with a vector as k-th diagonal."""
    x = as_value(x)
    if len(x.shape) == 2:
        return diagonal(x, offset=k)
    if len(x.shape) != 1:
        raise ValueError(f"`diag`: `x` must be 1-d or 2-d. Received: {x.shape}")
    n = x.shape[0] + abs(k)
    # Each place of the matrix takes its number from x with a 0 behind.
    index = np.full(n * n, x.shape[0])
    index[_diagonal_index(n, n, k)] = np.arange(x.shape[0])
    flat = indexing.gather(pad(x, (0, 1)), constant(index, "int32"), axis=0)
    return reshaped(flat, (n, n))


@op
def diagflat(x, k=0):
    """The matrix with all elements of x as its k-th diagonal."""
    return diag(ravel(x), k)


@op
def trace(x, offset=0, axis1=0, axis2=1):
    """Sum of a diagonal; arguments as for `diagonal`."""
    y = diagonal(x, offset, axis1, axis2)
    if y.dtype in ("bool", "int8", "int16"):
        y = with_type(y, "int32")
    elif y.dtype in ("uint8", "uint16"):
        y = with_type(y, "uint32")
    return reduction.sum(y, axes=(len(y.shape) - 1,), keepdims=False)


def _triangle(x, k, keep_lower):
    x = as_value(x)
    if len(x.shape) < 2:
        raise ValueError(
            f"`{'tril' if keep_lower else 'triu'}`: `x` must have at least two axes. "
            f"Received: x.shape={x.shape}"
        )
    lower = np.tri(*x.shape[-2:], k if keep_lower else k - 1, dtype=bool)
    keep = constant(lower if keep_lower else ~lower, "bool")
    return elementwise.where(keep, x, constant(0, x.dtype))


@op
def tril(x, k=0):
    """x with zeros above the k-th diagonal of its last two axes."""
    return _triangle(x, k, True)


@op
def triu(x, k=0):
    """x with zeros below the k-th diagonal of its last two axes."""
    return _triangle(x, k, False)


@op
def vander(x, N=None, increasing=False):
    """Powers of a vector's elements as the columns of a matrix.

    Args:
        x: a vector.
        N: number of columns, the vector's length by default.
        increasing: whether the powers grow from the left.
    """
    x = as_value(x)
    if len(x.shape) != 1:
        raise ValueError(f"`vander`: `x` must be a vector. Received: {x.shape}")
    n = x.shape[0] if N is None else N
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return elementwise.power(expand_dims(x, 1), constant(powers, x.dtype))
