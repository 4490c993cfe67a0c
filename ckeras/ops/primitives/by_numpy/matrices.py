"""Inverses, determinants and triangular factors, which NumPy computes."""

import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.engine.values import dtypes
from ckeras.ops.primitives import elementwise, linear, movement
from ckeras.ops.primitives.by_numpy.complex_numbers import complex_of, conj, imag
from ckeras.ops.primitives.by_numpy.matrix_rules import (
    adjoint,
    check_square,
    constant,
    eye_like,
    filled,
    masked,
    mirrored,
    square_like,
    transposed,
)
from ckeras.ops.primitives.reductions import reduction

__all__ = [
    "cholesky",
    "det",
    "inv",
    "lu_factor",
    "slogdet",
    "solve_triangular",
]


def _inv_gradient(node, d_outputs, needs):
    # dX = -Y'·dY·Y', with Y = X⁻¹.
    (y,), (d_y,) = node.outputs, d_outputs
    y_t = transposed(y)
    return [elementwise.negative(linear.matmul(linear.matmul(y_t, d_y), y_t))]


inv = Primitive(
    "inv",
    infer=square_like("inv"),
    evaluate=filled(np.linalg.inv, np.inf),
    gradient=_inv_gradient,
    takes_complex=True,
)


def _cholesky_gradient(node, d_outputs, needs):
    # Murray (2016): dA = L⁻ᵀ Φ(Lᵀ dL) L⁻¹, symmetrized; Φ halves the diagonal.
    (L,), (d_L,) = node.outputs, d_outputs
    n = L.shape[-1]
    phi = masked(linear.matmul(adjoint(L), conj(d_L)), np.tri(n) - 0.5 * np.eye(n))
    L_inv = solve_triangular(L, eye_like(L), lower=True)
    S = linear.matmul(linear.matmul(adjoint(L_inv), phi), L_inv)
    return [mirrored(S)]


def _cholesky(x):
    try:
        L = np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        L = None
    if L is None or np.isnan(L).any():
        raise ValueError(
            "Cholesky decomposition failed. The input might not be a valid positive "
            "definite matrix."
        )
    return L


cholesky = Primitive(
    "cholesky",
    infer=square_like("cholesky"),
    evaluate=_cholesky,
    takes_complex=True,
    gradient=_cholesky_gradient,
)


def _solve_triangular(a, b, lower):
    a = np.tril(a) if lower else np.triu(a)
    return np.linalg.solve(a, b)


def _solve_triangular_gradient(node, d_outputs, needs):
    (a, _), (x,), (d_x,) = node.inputs, node.outputs, d_outputs
    lower = node.attrs["lower"]
    n = a.shape[-1]
    d_b = solve_triangular(transposed(a), d_x, lower=not lower)
    d_a = elementwise.negative(linear.matmul(d_b, transposed(x)))
    return [masked(d_a, np.tri(n) if lower else np.tri(n).T), d_b]


def _solve_infer(a, b, **attrs):
    check_square(a, "solve")
    if a.shape[:-1] != b.shape[:-1]:
        raise ValueError(
            "`solve`: `a` and `b` must agree in their batch axes and rows. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    return Spec(b.shape, b.dtype)


solve_triangular = Primitive(
    "solve_triangular",
    infer=_solve_infer,
    evaluate=filled(_solve_triangular, np.inf),
    takes_complex=True,
    gradient=_solve_triangular_gradient,
)


def _slogdet_infer(x):
    check_square(x, "slogdet")
    shape = x.shape[:-2]
    return Spec(shape, x.dtype), Spec(shape, dtypes.real_type(x.dtype))


def _slogdet_gradient(node, d_outputs, needs):
    # d log|det X| = tr(X⁻¹ dX), of which a complex sign turns by the imaginary part.
    (x,), (sign, log), (d_sign, d_log) = node.inputs, node.outputs, d_outputs
    if d_sign is not None and dtypes.is_complex(x.dtype):
        turn = imag(elementwise.multiply(d_sign, sign))
        d_log = elementwise.multiply(log, constant(0, log)) if d_log is None else d_log
        d_log = complex_of(d_log, turn)
    if d_log is None:
        return [None]
    d_log = elementwise.cast(d_log, dtype=x.dtype)
    scale = movement.reshape(d_log, shape=(*d_log.shape, 1, 1))
    return [elementwise.multiply(transposed(inv(x)), scale)]


slogdet = Primitive(
    "slogdet",
    infer=_slogdet_infer,
    evaluate=lambda x: tuple(np.linalg.slogdet(x)),
    takes_complex=True,
    gradient=_slogdet_gradient,
)


def _cofactors(x):
    """The derivative of the determinant, also where it is 0.

    With X = U·diag(s)·V' it is det(U)·det(V')·conj(U)·diag(c)·conj(V'), where c_i is
    the product of all singular values but s_i.
    """
    U, s, Vh = np.linalg.svd(x)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., np.newaxis, :])
    turn = np.linalg.det(U) * np.linalg.det(Vh)
    scale = turn[..., np.newaxis] * others.prod(axis=-1)
    return (U.conj() * scale[..., np.newaxis, :]) @ Vh.conj()


def _cofactors_gradient(node, d_outputs, needs):
    # C = det(X)·X⁻ᵀ: finite only where X has an inverse.
    (x,), (y,), (d_y,) = node.inputs, node.outputs, d_outputs
    n = len(x.shape)
    inverse = transposed(inv(x))
    share = reduction.sum(
        elementwise.multiply(d_y, y), axes=(n - 2, n - 1), keepdims=True
    )
    turned = linear.matmul(linear.matmul(inverse, transposed(d_y)), y)
    return [elementwise.subtract(elementwise.multiply(share, inverse), turned)]


cofactors = Primitive(
    "cofactors",
    infer=square_like("cofactors"),
    evaluate=filled(_cofactors, np.nan),
    takes_complex=True,
    gradient=_cofactors_gradient,
)


def _det_infer(x):
    check_square(x, "det")
    return Spec(x.shape[:-2], x.dtype)


def _det_gradient(node, d_outputs, needs):
    (x,), (d_y,) = node.inputs, d_outputs
    scale = movement.reshape(d_y, shape=(*d_y.shape, 1, 1))
    return [elementwise.multiply(cofactors(x), scale)]


det = Primitive(
    "det",
    infer=_det_infer,
    evaluate=np.linalg.det,
    takes_complex=True,
    gradient=_det_gradient,
)


def _lu_factor(x):
    *batch, M, N = x.shape
    packed = x.reshape(math.prod(batch), M, N).copy()
    pivots = np.zeros((len(packed), min(M, N)), "int32")
    for lu, pivot in zip(packed, pivots, strict=True):
        for k in range(min(M, N)):
            p = pivot[k] = k + int(np.argmax(np.abs(lu[k:, k])))
            lu[[k, p]] = lu[[p, k]]
            if lu[k, k] != 0:
                lu[k + 1 :, k] /= lu[k, k]
                lu[k + 1 :, k + 1 :] -= np.outer(lu[k + 1 :, k], lu[k, k + 1 :])
    return packed.reshape(x.shape), pivots.reshape(*batch, min(M, N))


def _lu_infer(x):
    *batch, M, N = x.shape
    return Spec(x.shape, x.dtype), Spec((*batch, min(M, N)), "int32")


def _unpivoted(x, pivots):
    """Rows of matrices put back to where they were before the exchanges."""
    order = np.arange(x.shape[-2])
    for k in reversed(range(len(pivots))):
        order[[k, pivots[k]]] = order[[pivots[k], k]]
    return x[order]


def _lu_unpivot(x, pivots):
    rows, columns = x.shape[-2:]
    count = math.prod(x.shape[:-2])
    parts = zip(
        x.reshape(count, rows, columns),
        pivots.reshape(count, pivots.shape[-1]),
        strict=True,
    )
    return np.array([_unpivoted(*part) for part in parts], x.dtype).reshape(x.shape)


def _lu_gradient(node, d_outputs, needs):
    # For square X = Pᵀ·L·U: dX = Pᵀ·L⁻ᵀ·(tril(Lᵀ·dL, -1) + triu(dU·Uᵀ))·U⁻ᵀ.
    (packed, pivots), d = node.outputs, d_outputs[0]
    n = packed.shape[-1]
    if packed.shape[-2] != n:
        raise NotImplementedError(
            "`lu_factor` has a gradient for square matrices only."
        )
    below, above = np.tri(n, k=-1), np.tri(n).T
    eye = eye_like(packed)
    L = elementwise.add(masked(packed, below), eye)
    U = masked(packed, above)
    inner = elementwise.add(
        masked(linear.matmul(transposed(L), masked(d, below)), below),
        masked(linear.matmul(masked(d, above), transposed(U)), above),
    )
    right = transposed(solve_triangular(U, transposed(inner), lower=False))
    return [lu_unpivot(solve_triangular(transposed(L), right, lower=False), pivots)]


lu_factor = Primitive(
    "lu_factor",
    infer=_lu_infer,
    evaluate=_lu_factor,
    gradient=_lu_gradient,
    takes_complex=True,
)
lu_unpivot = Primitive(
    "lu_unpivot",
    infer=lambda x, pivots: Spec(x.shape, x.dtype),
    evaluate=_lu_unpivot,
    takes_complex=True,
    gradient=NOT_DIFFERENTIABLE,
)
