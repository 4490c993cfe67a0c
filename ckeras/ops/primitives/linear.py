"""Matrix products, plain and with what follows them."""

import math

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.ops.primitives import elementwise, movement

__all__ = ["ACTIVATIONS", "matmul", "matvec"]

_FLOATS = ("float32", "float64")
# Those that kernels apply to their sums, as gemm_tile.pxd numbers them.
ACTIVATIONS = (None, "relu", "relu6", "tanh", "sigmoid")


# --- matmul --------------------------------------------------------------------------


def _sides(a, b, transpose_a, transpose_b):
    """m, k, k again as b has it, and n."""
    m, k = a.shape[-2:][::-1] if transpose_a else a.shape[-2:]
    b_k, n = b.shape[-2:][::-1] if transpose_b else b.shape[-2:]
    return m, k, b_k, n


def _matmul_spec(a, b, *, transpose_a=False, transpose_b=False):
    if len(a.shape) < 2 or len(b.shape) < 2:
        raise ValueError(
            "`matmul`: both arguments need at least two axes. "
            f"Received shapes {a.shape} and {b.shape}."
        )
    m, k, b_k, n = _sides(a, b, transpose_a, transpose_b)
    batch = tuple(a.shape[:-2])
    if k != b_k or (len(b.shape) > 2 and tuple(b.shape[:-2]) != batch):
        raise ValueError(
            f"`matmul`: cannot multiply shapes {tuple(a.shape)} and {tuple(b.shape)}"
            f"{' (the first one transposed)' if transpose_a else ''}"
            f"{' (the second one transposed)' if transpose_b else ''}: expected equal "
            f"leading axes and equal inner sizes, received inner sizes {k} and {b_k}."
        )
    if a.dtype != b.dtype:
        raise ValueError(
            f"`matmul`: expected one type, received {a.dtype} and {b.dtype}."
        )
    return Spec((*batch, m, n), a.dtype)


def _itemsize(dtype):
    return 4 if dtype == "float32" else 8


def _workspace(m, n, k, dtype, b_transposed, groups=1):
    itemsize, gemm = _itemsize(dtype), kernels.module("gemm")
    slots = config.most_threads()
    size = gemm.workspace_bytes(m, n, k, itemsize, b_transposed, slots)
    if groups > 1 and gemm.shares_products(m, n, k, itemsize, b_transposed):
        size *= min(groups, slots)
    return size


def _matmul_lower(node):
    a, b = node.inputs
    transpose_a = bool(node.attrs.get("transpose_a"))
    transpose_b = bool(node.attrs.get("transpose_b"))
    m, k, _, n = _sides(a, b, transpose_a, transpose_b)
    groups = math.prod(a.shape[:-2])
    shared = len(b.shape) == 2
    if shared and not transpose_a:  # all rows of all groups at once
        m, groups = m * groups, 1
    flags = int(transpose_a), int(transpose_b), groups, int(shared)
    return Step(
        "gemm.matmul",
        (m, n, k, *flags, config.most_threads()),
        dtype=a.dtype,
        workspace=_workspace(m, n, k, a.dtype, transpose_b, groups),
        flops=2 * m * n * k * groups,
    )


def _rows(x):
    """`x` with all axes but the last as one."""
    if len(x.shape) == 2:
        return x
    return movement.reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


def _matmul_gradient(node, d_outputs, needs):
    a, b = node.inputs
    (d,) = d_outputs
    ta = bool(node.attrs.get("transpose_a"))
    tb = bool(node.attrs.get("transpose_b"))
    da = db = None
    if needs[0]:
        if ta:
            da = matmul(b, d, transpose_a=tb, transpose_b=True)
        else:
            da = matmul(d, b, transpose_a=False, transpose_b=not tb)
    if needs[1]:
        if len(b.shape) == 2 and len(a.shape) > 2:
            db = _shared_gradient(a, d, ta, tb)
        elif tb:
            db = matmul(d, a, transpose_a=True, transpose_b=ta)
        else:
            db = matmul(a, d, transpose_a=not ta, transpose_b=False)
    return [da, db]


def _shared_gradient(a, d, ta, tb):
    """The gradient of a matrix that multiplies every group's rows."""
    if ta:
        rank = len(a.shape)
        a = movement.transpose(a, perm=(*range(rank - 2), rank - 1, rank - 2))
    a, d = _rows(a), _rows(d)
    left, right = (d, a) if tb else (a, d)
    return matmul(left, right, transpose_a=True, transpose_b=False)


def _matmul_by_kernel(node):
    if node.inputs[0].dtype not in _FLOATS:
        raise ValueError(
            f"`matmul` computes in float32 and float64, not {node.inputs[0].dtype}."
        )
    return _matmul_lower(node)


matmul = Primitive(
    "matmul", infer=_matmul_spec, lower=_matmul_by_kernel, gradient=_matmul_gradient
)


# --- matrix and vector ---------------------------------------------------------------


def _matvec_spec(a, x):
    if len(a.shape) != 2 or tuple(x.shape) != (a.shape[1],) or a.dtype != x.dtype:
        raise ValueError(
            "`matvec`: expected a matrix (m, k) and a vector (k,) of one type. "
            f"Received: {a.shape} of {a.dtype} and {x.shape} of {x.dtype}"
        )
    return Spec((a.shape[0],), a.dtype)


def _matvec_gradient(node, d_outputs, needs):
    (a, x), (d,) = node.inputs, d_outputs
    d_a = d_x = None
    if needs[0]:
        column = movement.reshape(d, shape=(*d.shape, 1))
        d_a = elementwise.multiply(column, movement.reshape(x, shape=(1, *x.shape)))
    if needs[1]:
        row = movement.reshape(d, shape=(1, *d.shape))
        d_x = movement.reshape(matmul(row, a), shape=x.shape)
    return [d_a, d_x]


matvec = Primitive(
    "matvec",
    infer=_matvec_spec,
    lower=lambda node: Step(
        "gemv.matvec",
        node.inputs[0].shape,
        dtype=node.inputs[0].dtype,
        flops=2 * math.prod(node.inputs[0].shape),
    ),
    gradient=_matvec_gradient,
)


# --- dense ---------------------------------------------------------------------------


def _dense_spec(x, w, bias, scale, residual, *, activation):
    return Spec((x.shape[0], w.shape[1]), x.dtype)


def _dense_lower(node):
    x, w, _, _, residual = node.inputs
    (m, k), n = x.shape, w.shape[1]
    over = residual is not None and kernels.module("gemm").stores_once(
        m, n, k, _itemsize(x.dtype)
    )
    return Step(
        "gemm.dense",
        (m, n, k, ACTIVATIONS.index(node.attrs["activation"]), config.most_threads()),
        dtype=x.dtype,
        workspace=_workspace(m, n, k, x.dtype, False),
        flops=2 * m * n * k,
        in_place={0: (4,)} if over else {},
    )


# A product of matrices and what follows, activation(x @ w · scale + bias + residual),
# where nothing else needs the sums. The pass `dense` makes it.
dense = Primitive(
    "dense", infer=_dense_spec, lower=_dense_lower, gradient=NOT_DIFFERENTIABLE
)
