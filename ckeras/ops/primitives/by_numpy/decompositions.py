"""Eigenvalues, singular values and orthogonal factors, which NumPy computes."""

import numpy as np

from ckeras.engine.primitive import Primitive, Spec
from ckeras.engine.values import dtypes
from ckeras.ops.primitives import elementwise, linear, movement
from ckeras.ops.primitives.by_numpy.complex_numbers import conj
from ckeras.ops.primitives.by_numpy.matrices import inv, solve_triangular
from ckeras.ops.primitives.by_numpy.matrix_rules import (
    added,
    adjoint,
    check_square,
    constant,
    eye_like,
    filled,
    masked,
    mirrored,
    scaled_rows,
    transposed,
)

__all__ = ["eig", "eigh", "qr", "svd"]


def _no_complex_gradient(x, op):
    if dtypes.is_complex(x.dtype):
        raise NotImplementedError(
            f"`{op}` has no gradient for complex matrices but that of `s` of `svd`."
        )


def _eigh_infer(x):
    check_square(x, "eigh")
    return Spec(x.shape[:-1], dtypes.real_type(x.dtype)), Spec(x.shape, x.dtype)


def _gaps(w):
    """1 / (w_j - w_i), and 0 where the two are equal."""
    row = movement.reshape(w, shape=(*w.shape[:-1], 1, w.shape[-1]))
    column = movement.reshape(w, shape=(*w.shape, 1))
    gap = elementwise.subtract(row, column)
    return elementwise.divide_no_nan(constant(1, w), gap)


def _eigh_gradient(node, d_outputs, needs):
    (w, V), (d_w, d_V) = node.outputs, d_outputs
    inner = []
    if d_w is not None:
        inner.append(scaled_rows(eye_like(V), d_w))
    if d_V is not None:
        rotation = linear.matmul(adjoint(V), conj(d_V))
        gaps = elementwise.cast(_gaps(w), dtype=V.dtype)
        inner.append(elementwise.multiply(rotation, gaps))
    return [mirrored(linear.matmul(linear.matmul(V, added(inner)), adjoint(V)))]


eigh = Primitive(
    "eigh",
    infer=_eigh_infer,
    evaluate=filled(lambda x: tuple(np.linalg.eigh(x)), np.nan),
    gradient=_eigh_gradient,
    takes_complex=True,
)


def _eig_infer(x):
    check_square(x, "eig")
    dtype = "complex128" if x.dtype in ("float64", "complex128") else "complex64"
    return Spec(x.shape[:-1], dtype), Spec(x.shape, dtype)


def _eig_gradient(node, d_outputs, needs):
    # dX = V⁻ᵀ·diag(dw)·Vᵀ
    (x,), (_, V), (d_w, d_V) = node.inputs, node.outputs, d_outputs
    if d_V is not None:
        raise NotImplementedError("`eig` has a gradient for the eigenvalues only.")
    d_x = linear.matmul(transposed(inv(V)), scaled_rows(transposed(V), d_w))
    return [elementwise.cast(d_x, dtype=x.dtype)]


eig = Primitive(
    "eig",
    infer=_eig_infer,
    evaluate=filled(lambda x: tuple(np.linalg.eig(x)), np.nan),
    gradient=_eig_gradient,
    takes_complex=True,
)


def _qr_infer(x, *, mode):
    *batch, M, N = x.shape
    K = min(M, N) if mode == "reduced" else M
    return Spec((*batch, M, K), x.dtype), Spec((*batch, K, N), x.dtype)


def _qr_gradient(node, d_outputs, needs):
    (x,), (Q, R), (d_Q, d_R) = node.inputs, node.outputs, d_outputs
    _no_complex_gradient(Q, "qr")
    rows, columns = x.shape[-2:]
    if Q.shape[-1] > columns:
        return [_complete_qr_gradient(Q, R, d_Q, d_R)]
    if rows < columns:
        return [_wide_qr_gradient(x, Q, R, d_Q, d_R)]
    return [_tall_qr_gradient(Q, R, d_Q, d_R)]


def _columns(x, start, stop):
    """Columns of matrices; None of None."""
    return None if x is None else _block(x, slice(x.shape[-2]), slice(start, stop))


def _rows(x, stop):
    return None if x is None else _block(x, slice(stop), slice(x.shape[-1]))


def _block(x, rows, columns):
    batch = len(x.shape) - 2
    start = (*(0,) * batch, rows.start or 0, columns.start or 0)
    shape = (*x.shape[:-2], rows.stop - start[-2], columns.stop - start[-1])
    return movement.slice(x, start=start, shape=shape, strides=(1,) * len(x.shape))


def _complete_qr_gradient(Q, R, d_Q, d_R):
    """Of a tall matrix with all columns of Q: those behind R's are orthogonal to it.

    Only the space that they span is given by x. They follow its turns: with
    dQ₁ = Q·Ω₁, dQ₂ = -Q₁·(Q₂ᵀ·dQ₁)ᵀ.
    """
    columns = R.shape[-1]
    kept, others = _columns(Q, 0, columns), _columns(Q, columns, Q.shape[-1])
    d_kept = None
    if d_Q is not None:
        d_others = _columns(d_Q, columns, Q.shape[-1])
        turn = linear.matmul(others, linear.matmul(transposed(d_others), kept))
        d_kept = elementwise.subtract(_columns(d_Q, 0, columns), turn)
    return _tall_qr_gradient(kept, _rows(R, columns), d_kept, _rows(d_R, columns))


def _wide_qr_gradient(x, Q, R, d_Q, d_R):
    """Of (X₁, X₂) = Q·(R₁, R₂), where X₁ is square: R₂ = Qᵀ·X₂."""
    rows, columns = x.shape[-2:]
    rest = _columns(x, rows, columns)
    d_square, d_rest = _columns(d_R, 0, rows), _columns(d_R, rows, columns)
    if d_R is None:
        d_x2 = elementwise.multiply(rest, constant(0, rest))
    else:
        d_x2 = linear.matmul(Q, d_rest)
        d_Q = added([d_Q, linear.matmul(rest, transposed(d_rest))])
    d_x1 = _tall_qr_gradient(Q, _columns(R, 0, rows), d_Q, d_square)
    return movement.concatenate(d_x1, d_x2, axis=len(x.shape) - 1)


def _tall_qr_gradient(Q, R, d_Q, d_R):
    # Walter & Lehmann (2018) for full column rank: dX = (dQ + Q·sym(M)) R⁻ᵀ.
    parts = []
    if d_R is not None:
        parts.append(linear.matmul(R, transposed(d_R)))
    if d_Q is not None:
        parts.append(elementwise.negative(linear.matmul(transposed(d_Q), Q)))
    M = added(parts)
    n = M.shape[-1]
    lower = masked(M, np.tri(n))
    sym = elementwise.add(lower, transposed(masked(M, np.tri(n, k=-1))))
    total = added([d_Q, linear.matmul(Q, sym)])
    return transposed(solve_triangular(R, transposed(total), lower=False))


qr = Primitive(
    "qr",
    infer=_qr_infer,
    evaluate=lambda x, mode: tuple(np.linalg.qr(x, mode)),
    takes_complex=True,
    gradient=_qr_gradient,
)


def _svd_infer(x, *, full_matrices):
    *batch, M, N = x.shape
    K = min(M, N)
    left, right = (M, N) if full_matrices else (K, K)
    return (
        Spec((*batch, M, left), x.dtype),
        Spec((*batch, K), dtypes.real_type(x.dtype)),
        Spec((*batch, right, N), x.dtype),
    )


def _svd_gradient(node, d_outputs, needs):
    # Townsend (2016), for the thin form: X = U·diag(s)·Vᵀ.
    (U, s, Vt), (d_U, d_s, d_Vt) = node.outputs, d_outputs
    if U.shape[-1] != s.shape[-1] or Vt.shape[-2] != s.shape[-1]:
        raise NotImplementedError(
            "`svd` has a gradient for full_matrices=False only: call it with that."
        )
    if d_U is None and d_Vt is None:
        # d s alone: U·diag(ds)·Vᵀ
        return [linear.matmul(conj(U), scaled_rows(conj(Vt), d_s))]
    _no_complex_gradient(U, "svd")
    row = movement.reshape(s, shape=(*s.shape[:-1], 1, s.shape[-1]))
    column = movement.reshape(s, shape=(*s.shape, 1))
    F = _gaps(elementwise.square(s))
    inner, outside = [], []
    if d_s is not None:
        eye = constant(np.eye(s.shape[-1]), s)
        d_column = movement.reshape(d_s, shape=(*s.shape, 1))
        inner.append(elementwise.multiply(d_column, eye))
    if d_U is not None:
        turn = linear.matmul(transposed(U), d_U)
        skew = elementwise.multiply(elementwise.subtract(turn, transposed(turn)), F)
        inner.append(elementwise.multiply(skew, row))
        rest = elementwise.subtract(d_U, linear.matmul(U, turn))
        outside.append(linear.matmul(elementwise.divide(rest, row), Vt))
    if d_Vt is not None:
        turn = linear.matmul(Vt, transposed(d_Vt))
        skew = elementwise.multiply(elementwise.subtract(turn, transposed(turn)), F)
        inner.append(elementwise.multiply(column, skew))
        rest = elementwise.subtract(d_Vt, linear.matmul(transposed(turn), Vt))
        outside.append(linear.matmul(U, elementwise.divide(rest, column)))
    middle = linear.matmul(linear.matmul(U, added(inner)), Vt)
    return [added([middle, *outside])]


def _svd(x, full_matrices):
    return tuple(np.linalg.svd(x, full_matrices))


svd = Primitive(
    "svd",
    infer=_svd_infer,
    evaluate=filled(_svd, np.nan),
    takes_complex=True,
    gradient=_svd_gradient,
)
