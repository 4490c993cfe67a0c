"""Determinants, inverses and systems of linear equations."""

import builtins

from ckeras.engine.values import dtypes
from ckeras.ops.linalg.checks import as_matrices
from ckeras.ops.linalg.factors import svd
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.linear import matmul
from ckeras.ops.numpy.manipulation import reshaped, swapaxes
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import decompositions, matrices
from ckeras.ops.primitives.by_numpy.complex_numbers import conj
from ckeras.ops.promotion import constant, pair, with_type
from ckeras.ops.registry import op

__all__ = ["det", "inv", "lstsq", "matrix_rank", "pinv", "solve", "solve_triangular"]


@op
def det(x):
    """Determinants of matrices."""
    return matrices.det(as_matrices(x, "det", square=True))


@op
def inv(x):
    """Inverse matrices."""
    return matrices.inv(as_matrices(x, "inv", square=True))


@op
def solve(a, b):
    """x with a·x = b.

    Args:
        a: tensor (…, M, M).
        b: tensor (…, M) or (…, M, N).
    """
    return _solved(a, b, "solve", lambda a, b: matmul(matrices.inv(a), b))


@op
def solve_triangular(a, b, lower=False):
    """x with a·x = b for triangular matrices a; arguments as for `solve`."""
    return _solved(
        a,
        b,
        "solve_triangular",
        lambda a, b: matrices.solve_triangular(a, b, lower=bool(lower)),
    )


def _solved(a, b, name, solver):
    a, b = pair(a, b, "float")
    a = as_matrices(a, name, square=True)
    vector = len(b.shape) == len(a.shape) - 1
    rows = b.shape[-1] if vector else b.shape[-2] if len(b.shape) > 1 else None
    if rows != a.shape[-1]:
        raise ValueError(
            f"`{name}`: the rows of `a` and `b` must match. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    if vector:
        y = solver(a, reshaped(b, (*b.shape, 1)))
        return reshaped(y, b.shape)
    return solver(a, b)


@op
def pinv(x, rcond=None):
    """The pseudo-inverse of matrices.

    Args:
        x: tensor (…, M, N).
        rcond: singular values below `rcond` times the largest count as 0.
    """
    x = as_matrices(x, "pinv")
    U, s, Vt = decompositions.svd(x, full_matrices=False)
    if rcond is None:
        rcond = 10.0 * builtins.max(x.shape[-2:]) * dtypes.finfo(x.dtype).eps
    lowest = 0 if 0 in s.shape else None
    largest = reductions.max(s, axis=-1, keepdims=True, initial=lowest)
    cut = elementwise.multiply(largest, with_type(rcond, s.dtype))
    keep = elementwise.greater(s, cut)
    safe = elementwise.where(keep, s, constant(1, s.dtype))
    inverse = elementwise.where(
        keep, elementwise.reciprocal(safe), constant(0, s.dtype)
    )
    inverse = with_type(reshaped(inverse, (*s.shape[:-1], 1, s.shape[-1])), x.dtype)
    scaled = elementwise.multiply(conj(swapaxes(Vt, -1, -2)), inverse)
    return matmul(scaled, conj(swapaxes(U, -1, -2)))


@op
def lstsq(a, b, rcond=None):
    """The x of least norm among those for which ‖a·x - b‖ is smallest.

    Args:
        a: matrix (M, N).
        b: vector (M,) or matrix (M, K).
        rcond: singular values below `rcond` times the largest count as 0.
    """
    a, b = pair(a, b, "float")
    if rcond is None:
        rcond = dtypes.finfo(a.dtype).eps * builtins.max(a.shape[-2:])
    return matmul(pinv(a, rcond), b)


@op
def matrix_rank(x, tol=None):
    """Number of singular values above `tol`, as int32."""
    x = as_matrices(x, "matrix_rank")
    s = svd(x, compute_uv=False)
    if tol is None:
        share = builtins.max(x.shape[-2:]) * float(dtypes.finfo(x.dtype).eps)
        top = reductions.max(s, axis=-1, keepdims=True)
        tol = elementwise.multiply(top, constant(share, s.dtype))
    return reductions.sum(elementwise.greater(s, with_type(tol, s.dtype)), axis=-1)
