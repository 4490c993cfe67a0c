"""Linear algebra, which NumPy computes."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.engine.tensor import Tensor
from ckeras.ops.primitives import elementwise, linear, movement

__all__ = [
    "cholesky",
    "eigh",
    "inv",
    "lu_factor",
    "qr",
    "slogdet",
    "solve_triangular",
    "svd",
]


def _t(x):
    """x with its last two axes exchanged."""
    n = len(x.shape)
    return movement.transpose(x, perm=(*range(n - 2), n - 1, n - 2))


def _constant(values, x):
    return Tensor(np.asarray(values, x.dtype))


def _masked(x, mask):
    return elementwise.multiply(x, _constant(mask, x))


def _added(parts):
    parts = [p for p in parts if p is not None]
    total = parts[0]
    for part in parts[1:]:
        total = elementwise.add(total, part)
    return total


def _square(x, op):
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"`{op}`: expected square matrices in the last two axes. "
            f"Received: shape={x.shape}"
        )


def _square_like(op):
    def infer(x, **attrs):
        _square(x, op)
        return Spec(x.shape, x.dtype)

    return infer


def _inv_gradient(node, d_outputs, needs):
    # dX = -Y'·dY·Y', with Y = X⁻¹.
    (y,), (d_y,) = node.outputs, d_outputs
    y_t = _t(y)
    return [elementwise.negative(linear.matmul(linear.matmul(y_t, d_y), y_t))]


inv = Primitive(
    "inv", infer=_square_like("inv"), evaluate=np.linalg.inv, gradient=_inv_gradient
)


def _cholesky_gradient(node, d_outputs, needs):
    # Murray (2016): dA = L⁻ᵀ Φ(Lᵀ dL) L⁻¹, symmetrized; Φ halves the diagonal.
    (L,), (d_L,) = node.outputs, d_outputs
    n = L.shape[-1]
    phi = _masked(linear.matmul(_t(L), d_L), np.tri(n) - 0.5 * np.eye(n))
    L_inv = solve_triangular(L, _eye_like(L), lower=True)
    S = linear.matmul(linear.matmul(_t(L_inv), phi), L_inv)
    return [elementwise.multiply(elementwise.add(S, _t(S)), _constant(0.5, S))]


def _eye_like(x):
    eye = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    return Tensor(np.ascontiguousarray(eye))


def _nan_cholesky(x):
    """The factors, NaN for each matrix that is not positive definite."""
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        if x.ndim == 2:
            return np.full_like(x, np.nan)
        return np.stack([_nan_cholesky(part) for part in x])


cholesky = Primitive(
    "cholesky",
    infer=_square_like("cholesky"),
    evaluate=_nan_cholesky,
    gradient=_cholesky_gradient,
)


def _solve_triangular(a, b, lower):
    a = np.tril(a) if lower else np.triu(a)
    return np.linalg.solve(a, b)


def _solve_triangular_gradient(node, d_outputs, needs):
    (a, _), (x,), (d_x,) = node.inputs, node.outputs, d_outputs
    lower = node.attrs["lower"]
    n = a.shape[-1]
    d_b = solve_triangular(_t(a), d_x, lower=not lower)
    d_a = elementwise.negative(linear.matmul(d_b, _t(x)))
    return [_masked(d_a, np.tri(n) if lower else np.tri(n).T), d_b]


def _solve_infer(a, b, **attrs):
    _square(a, "solve")
    if a.shape[:-1] != b.shape[:-1]:
        raise ValueError(
            "`solve`: `a` and `b` must agree in their batch axes and rows. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    return Spec(b.shape, b.dtype)


solve_triangular = Primitive(
    "solve_triangular",
    infer=_solve_infer,
    evaluate=_solve_triangular,
    gradient=_solve_triangular_gradient,
)


def _slogdet_infer(x):
    _square(x, "slogdet")
    return Spec(x.shape[:-2], x.dtype), Spec(x.shape[:-2], x.dtype)


def _slogdet_gradient(node, d_outputs, needs):
    # d log|det X| = tr(X⁻¹ dX); the sign does not change.
    (x,), d_log = node.inputs, d_outputs[1]
    if d_log is None:
        return [None]
    scale = movement.reshape(d_log, shape=(*d_log.shape, 1, 1))
    return [elementwise.multiply(_t(inv(x)), scale)]


slogdet = Primitive(
    "slogdet",
    infer=_slogdet_infer,
    evaluate=lambda x: tuple(np.linalg.slogdet(x)),
    gradient=_slogdet_gradient,
)


def _eigh_infer(x):
    _square(x, "eigh")
    return Spec(x.shape[:-1], x.dtype), Spec(x.shape, x.dtype)


def _gaps(w):
    """1 / (w_j - w_i), and 0 where that is not finite."""
    row = movement.reshape(w, shape=(*w.shape[:-1], 1, w.shape[-1]))
    column = movement.reshape(w, shape=(*w.shape, 1))
    gap = elementwise.subtract(row, column)
    zero = _constant(0, w)
    level = elementwise.equal(gap, zero)
    safe = elementwise.where(level, _constant(1, w), gap)
    return elementwise.where(level, zero, elementwise.reciprocal(safe))


def _eigh_gradient(node, d_outputs, needs):
    (w, V), (d_w, d_V) = node.outputs, d_outputs
    inner = []
    if d_w is not None:
        row = movement.reshape(d_w, shape=(*d_w.shape, 1))
        inner.append(elementwise.multiply(row, _eye_like(V)))
    if d_V is not None:
        rotation = linear.matmul(_t(V), d_V)
        inner.append(elementwise.multiply(rotation, _gaps(w)))
    d_x = linear.matmul(linear.matmul(V, _added(inner)), _t(V))
    half = _constant(0.5, d_x)
    return [elementwise.multiply(elementwise.add(d_x, _t(d_x)), half)]


eigh = Primitive(
    "eigh",
    infer=_eigh_infer,
    evaluate=lambda x: tuple(np.linalg.eigh(x)),
    gradient=_eigh_gradient,
)


def _qr_infer(x, *, mode):
    *batch, M, N = x.shape
    K = min(M, N) if mode == "reduced" else M
    return Spec((*batch, M, K), x.dtype), Spec((*batch, K, N), x.dtype)


def _qr_gradient(node, d_outputs, needs):
    # Walter & Lehmann (2018) for full column rank: dX = (dQ + Q·sym(M)) R⁻ᵀ.
    (Q, R), (d_Q, d_R) = node.outputs, d_outputs
    if R.shape[-1] != R.shape[-2]:
        raise NotImplementedError("`qr` has a gradient for reduced tall matrices only.")
    parts = []
    if d_R is not None:
        parts.append(linear.matmul(R, _t(d_R)))
    if d_Q is not None:
        parts.append(elementwise.negative(linear.matmul(_t(d_Q), Q)))
    M = _added(parts)
    n = M.shape[-1]
    lower = _masked(M, np.tri(n))
    sym = elementwise.add(lower, _t(_masked(M, np.tri(n, k=-1))))
    total = _added([d_Q, linear.matmul(Q, sym)])
    return [_t(solve_triangular(R, _t(total), lower=False))]


qr = Primitive(
    "qr",
    infer=_qr_infer,
    evaluate=lambda x, mode: tuple(np.linalg.qr(x, mode)),
    gradient=_qr_gradient,
)


def _svd_infer(x, *, full_matrices):
    *batch, M, N = x.shape
    K = min(M, N)
    left, right = (M, N) if full_matrices else (K, K)
    return (
        Spec((*batch, M, left), x.dtype),
        Spec((*batch, K), x.dtype),
        Spec((*batch, right, N), x.dtype),
    )


def _svd_gradient(node, d_outputs, needs):
    # Townsend (2016), for the thin form: X = U·diag(s)·Vᵀ.
    (U, s, Vt), (d_U, d_s, d_Vt) = node.outputs, d_outputs
    if U.shape[-1] != s.shape[-1] or Vt.shape[-2] != s.shape[-1]:
        if d_U is None and d_Vt is None:
            raise NotImplementedError(
                "`svd`: call it with `full_matrices=False` to differentiate it."
            )
        raise NotImplementedError("`svd` has a gradient for full_matrices=False only.")
    row = movement.reshape(s, shape=(*s.shape[:-1], 1, s.shape[-1]))
    column = movement.reshape(s, shape=(*s.shape, 1))
    F = _gaps(elementwise.square(s))
    inner, outside = [], []
    if d_s is not None:
        eye = _constant(np.eye(s.shape[-1]), s)
        d_column = movement.reshape(d_s, shape=(*s.shape, 1))
        inner.append(elementwise.multiply(d_column, eye))
    if d_U is not None:
        turn = linear.matmul(_t(U), d_U)
        skew = elementwise.multiply(elementwise.subtract(turn, _t(turn)), F)
        inner.append(elementwise.multiply(skew, row))
        rest = elementwise.subtract(d_U, linear.matmul(U, turn))
        outside.append(linear.matmul(elementwise.divide(rest, row), Vt))
    if d_Vt is not None:
        turn = linear.matmul(Vt, _t(d_Vt))
        skew = elementwise.multiply(elementwise.subtract(turn, _t(turn)), F)
        inner.append(elementwise.multiply(column, skew))
        rest = elementwise.subtract(d_Vt, linear.matmul(_t(turn), Vt))
        outside.append(linear.matmul(U, elementwise.divide(rest, column)))
    middle = linear.matmul(linear.matmul(U, _added(inner)), Vt)
    return [_added([middle, *outside])]


svd = Primitive(
    "svd",
    infer=_svd_infer,
    evaluate=lambda x, full_matrices: tuple(np.linalg.svd(x, full_matrices)),
    gradient=_svd_gradient,
)


def _lu_factor(x):
    *batch, M, N = x.shape
    packed = x.reshape(-1, M, N).copy()
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
    parts = zip(
        x.reshape(-1, rows, columns), pivots.reshape(-1, pivots.shape[-1]), strict=True
    )
    return np.stack([_unpivoted(*part) for part in parts]).reshape(x.shape)


def _lu_gradient(node, d_outputs, needs):
    # For square X = Pᵀ·L·U: dX = Pᵀ·L⁻ᵀ·(tril(Lᵀ·dL, -1) + triu(dU·Uᵀ))·U⁻ᵀ.
    (packed, pivots), d = node.outputs, d_outputs[0]
    n = packed.shape[-1]
    if packed.shape[-2] != n:
        raise NotImplementedError(
            "`lu_factor` has a gradient for square matrices only."
        )
    below, above = np.tri(n, k=-1), np.tri(n).T
    eye = _eye_like(packed)
    L = elementwise.add(_masked(packed, below), eye)
    U = _masked(packed, above)
    inner = elementwise.add(
        _masked(linear.matmul(_t(L), _masked(d, below)), below),
        _masked(linear.matmul(_masked(d, above), _t(U)), above),
    )
    right = _t(solve_triangular(U, _t(inner), lower=False))
    return [lu_unpivot(solve_triangular(_t(L), right, lower=False), pivots)]


lu_factor = Primitive(
    "lu_factor", infer=_lu_infer, evaluate=_lu_factor, gradient=_lu_gradient
)
lu_unpivot = Primitive(
    "lu_unpivot",
    infer=lambda x, pivots: Spec(x.shape, x.dtype),
    evaluate=_lu_unpivot,
    gradient=NOT_DIFFERENTIABLE,
)
