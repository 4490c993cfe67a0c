"""Matrices as products of simpler ones."""

import numpy as np

from ckeras.ops.linalg.checks import as_matrices
from ckeras.ops.numpy.linear import matmul
from ckeras.ops.numpy.manipulation import swapaxes
from ckeras.ops.primitives.by_numpy import decompositions, matrices
from ckeras.ops.primitives.by_numpy.complex_numbers import conj
from ckeras.ops.promotion import constant
from ckeras.ops.registry import op

__all__ = ["cholesky", "cholesky_inverse", "eig", "eigh", "lu_factor", "qr", "svd"]


@op
def cholesky(x, upper=False):
    """The triangular L with x = L·Lᵀ, for positive definite matrices x.

    Args:
        x: tensor (…, M, M).
        upper: whether to return Lᵀ.

    Returns:
        The lower (or upper) triangular factor.

    Raises:
        ValueError: if a matrix is not positive definite.
    """
    L = matrices.cholesky(as_matrices(x, "cholesky", square=True))
    return _adjoint(L) if upper else L


def _adjoint(x):
    return conj(swapaxes(x, -1, -2))


@op
def cholesky_inverse(x, upper=False):
    """(L·Lᵀ)⁻¹ from the factor L (or Lᵀ if `upper`)."""
    L = as_matrices(x, "cholesky_inverse", square=True)
    if upper:
        L = _adjoint(L)
    eye = np.broadcast_to(np.eye(L.shape[-1]), L.shape)
    half = matrices.solve_triangular(L, constant(eye, L.dtype), lower=True)
    return matmul(_adjoint(half), half)


@op
def eig(x):
    """Eigenvalues and eigenvectors (columns) of square matrices, as complex numbers.

    Only the eigenvalues have a gradient.
    """
    return decompositions.eig(as_matrices(x, "eig", square=True))


@op
def eigh(x):
    """Eigenvalues, ascending, and eigenvectors (columns) of symmetric matrices."""
    return decompositions.eigh(as_matrices(x, "eigh", square=True))


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
    return decompositions.qr(as_matrices(x, "qr"), mode=mode)


@op
def svd(x, full_matrices=True, compute_uv=True):
    """U, s and Vᵀ with x = U·diag(s)·Vᵀ; only s unless `compute_uv`."""
    x = as_matrices(x, "svd")
    if not compute_uv:
        return decompositions.svd(x, full_matrices=False)[1]
    return decompositions.svd(x, full_matrices=bool(full_matrices))


@op
def lu_factor(x):
    """L and U of x, packed in one matrix, and the row exchanges.

    Args:
        x: tensor (…, M, N).

    Returns:
        The matrix with U on and above its diagonal and L below, and for each row the
        one it was exchanged with (int32).
    """
    return matrices.lu_factor(as_matrices(x, "lu_factor"))
