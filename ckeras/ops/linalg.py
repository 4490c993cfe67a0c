"""Linear algebra of matrices in the last two axes."""

import builtins
import math

import numpy as np

from ckeras.engine.tensor import Tensor
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.linear import matmul
from ckeras.ops.numpy.manipulation import reshaped, squeeze, swapaxes
from ckeras.ops.numpy.sorting import concrete
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import matrices
from ckeras.ops.promotion import as_axes, as_float, constant, pair, with_type
from ckeras.ops.registry import op

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eigh",
    "inv",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
]


def _matrices(x, name, square=False):
    x = as_float(x)
    if len(x.shape) < 2:
        raise ValueError(
            f"`{name}`: expected input to have rank >= 2. Received: shape={x.shape}"
        )
    if square and x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"`{name}`: expected a square matrix. Received: shape={x.shape}"
        )
    return x


@op
def cholesky(x, upper=False):
    """The triangular L with x = L·Lᵀ, for positive definite matrices x.

    Args:
        x: tensor (…, M, M).
        upper: whether to return Lᵀ.

    Returns:
        The lower (or upper) triangular factor; NaN if x is not positive definite.
    """
    L = matrices.cholesky(_matrices(x, "cholesky", square=True))
    return swapaxes(L, -1, -2) if upper else L


@op
def cholesky_inverse(x, upper=False):
    """(L·Lᵀ)⁻¹ from the factor L (or Lᵀ if `upper`)."""
    L = _matrices(x, "cholesky_inverse", square=True)
    if upper:
        L = swapaxes(L, -1, -2)
    eye = np.broadcast_to(np.eye(L.shape[-1]), L.shape)
    half = matrices.solve_triangular(L, constant(eye, L.dtype), lower=True)
    return matmul(swapaxes(half, -1, -2), half)


@op
def det(x):
    """Determinants of matrices."""
    sign, log = matrices.slogdet(_matrices(x, "det", square=True))
    return elementwise.multiply(sign, elementwise.exp(log))


@op
def slogdet(x):
    """Sign of the determinants and logarithm of their size."""
    return matrices.slogdet(_matrices(x, "slogdet", square=True))


@op
def eigh(x):
    """Eigenvalues, ascending, and eigenvectors (columns) of symmetric matrices."""
    return matrices.eigh(_matrices(x, "eigh", square=True))


@op
def inv(x):
    """Inverse matrices."""
    return matrices.inv(_matrices(x, "inv", square=True))


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
    a = _matrices(a, name, square=True)
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
def qr(x, mode="reduced"):
    """Q with orthonormal columns and upper triangular R with x = Q·R.

    Args:
        x: tensor (…, M, N).
        mode: `"reduced"` for Q with min(M, N) columns, `"complete"` for M.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            "`mode` argument value not supported. Expected one of "
            f"{{'reduced', 'complete'}}. Received: mode={mode}"
        )
    return matrices.qr(_matrices(x, "qr"), mode=mode)


@op
def svd(x, full_matrices=True, compute_uv=True):
    """U, s and Vᵀ with x = U·diag(s)·Vᵀ; only s unless `compute_uv`."""
    x = _matrices(x, "svd")
    if not compute_uv:
        return matrices.svd(x, full_matrices=False)[1]
    return matrices.svd(x, full_matrices=bool(full_matrices))


@op
def lu_factor(x):
    """L and U of x, packed in one matrix, and the row exchanges. Concrete values only.

    Returns:
        The matrix with U on and above its diagonal and L below, and for each row the
        one it was exchanged with (int32).
    """
    array = concrete(_matrices(x, "lu_factor"), "lu_factor")
    *batch, M, N = array.shape
    packed = array.reshape(-1, M, N).copy()
    pivots = np.zeros((len(packed), min(M, N)), "int32")
    for lu, pivot in zip(packed, pivots, strict=True):
        for k in range(min(M, N)):
            p = pivot[k] = k + int(np.argmax(np.abs(lu[k:, k])))
            lu[[k, p]] = lu[[p, k]]
            if lu[k, k] != 0:
                lu[k + 1 :, k] /= lu[k, k]
                lu[k + 1 :, k + 1 :] -= np.outer(lu[k + 1 :, k], lu[k, k + 1 :])
    shape = (*batch, min(M, N))
    return Tensor(packed.reshape(array.shape)), Tensor(pivots.reshape(shape))


@op
def pinv(x, rcond=None):
    """The pseudo-inverse of matrices.

    Args:
        x: tensor (…, M, N).
        rcond: singular values below `rcond` times the largest count as 0.
    """
    x = _matrices(x, "pinv")
    U, s, Vt = matrices.svd(x, full_matrices=False)
    if rcond is None:
        rcond = 10.0 * builtins.max(x.shape[-2:]) * np.finfo(x.dtype).eps
    cut = elementwise.multiply(
        reductions.max(s, axis=-1, keepdims=True), with_type(rcond, s.dtype)
    )
    keep = elementwise.greater(s, cut)
    safe = elementwise.where(keep, s, constant(1, s.dtype))
    inverse = elementwise.where(
        keep, elementwise.reciprocal(safe), constant(0, s.dtype)
    )
    scaled = elementwise.multiply(
        swapaxes(Vt, -1, -2), reshaped(inverse, (*s.shape[:-1], 1, s.shape[-1]))
    )
    return matmul(scaled, swapaxes(U, -1, -2))


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
        rcond = np.finfo(a.dtype).eps * builtins.max(a.shape[-2:])
    return matmul(pinv(a, rcond), b)


@op
def matrix_rank(x, tol=None):
    """Number of singular values above `tol`, as int32."""
    x = _matrices(x, "matrix_rank")
    s = svd(x, compute_uv=False)
    if tol is None:
        share = builtins.max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
        top = reductions.max(s, axis=-1, keepdims=True)
        tol = elementwise.multiply(top, constant(share, x.dtype))
    return reductions.sum(elementwise.greater(s, with_type(tol, s.dtype)), axis=-1)


def _vector_norm(x, order, axes, keepdims):
    if order in (None, "fro", 2):
        total = reductions.sum(elementwise.square(x), axes, keepdims)
        return elementwise.sqrt(total)
    size = elementwise.abs(x)
    if order == math.inf:
        return reductions.max(size, axes, keepdims)
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
        reduce = reductions.max if order > 0 else reductions.min
        y = reduce(sums, second, keepdims=True)
    elif order in (2, -2, "nuc"):
        from ckeras.ops.numpy.manipulation import moveaxis

        s = svd(moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        reduce = {2: reductions.max, -2: reductions.min, "nuc": reductions.sum}[order]
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
