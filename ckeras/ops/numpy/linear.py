"""Products of vectors, matrices and tensors."""

import math

import numpy as np

from ckeras.engine.symbolic.fitting import infer_fitting
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.ops.numpy.joining import stack
from ckeras.ops.numpy.manipulation import (
    broadcast_to,
    expand_dims,
    moveaxis,
    permuted,
    ravel,
    reshaped,
    sliced,
)
from ckeras.ops.primitives import elementwise, linear, movement
from ckeras.ops.primitives.by_numpy import fallback, matrices
from ckeras.ops.primitives.by_numpy.complex_numbers import conj
from ckeras.ops.promotion import (
    as_axis,
    as_float,
    as_value,
    constant,
    pair,
    type_of,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "cross",
    "dot",
    "inner",
    "kron",
    "matmul",
    "outer",
    "slogdet",
    "tensordot",
    "vdot",
]


# A matrix product would pack a column of so many rows, to be used once.
_LONG = 4096


def _matmul_pair(x1, x2):
    """Operands of `matmul` in its type; int8 products are int32."""
    a, b = pair(x1, x2)
    if a.dtype == "int8" and type_of(x1) == type_of(x2):
        return with_type(a, "int32"), with_type(b, "int32")
    return a, b


def _are_long(row, column):
    return column.shape[0] >= _LONG and _have_matvec(row, column)


def multiplied(a, b):
    """The matrix product of two values of one type with at least two axes."""
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            "`matmul`: the last axis of `x1` must match the second last of `x2`. "
            f"Received: x1.shape={a.shape}, x2.shape={b.shape}"
        )
    if len(b.shape) > 2 and a.shape[:-2] != b.shape[:-2]:
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            raise ValueError(
                "`matmul`: the batch axes of `x1` and `x2` do not broadcast. "
                f"Received: x1.shape={a.shape}, x2.shape={b.shape}"
            ) from None
        a = broadcast_to(a, batch + a.shape[-2:])
        b = broadcast_to(b, batch + b.shape[-2:])
    if (a.shape[:-1], b.shape[1:]) == ((1,), (1,)) and _are_long(a, b):
        return reshaped(linear.matvec(a, reshaped(b, b.shape[:1])), (1, 1))
    if dtypes.is_inexact(a.dtype):
        return linear.matmul(a, b)
    return fallback.integer_matmul(a, b)


@op
def matmul(x1, x2):
    """The matrix product, over the last two axes; the others broadcast.

    Args:
        x1, x2: tensors; a vector counts as a row in `x1` and as a column in `x2`.

    Raises:
        ValueError: if the sizes do not match, or one of the values is a scalar.

    Example:
        >>> import ckeras
        >>> ckeras.ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy().tolist()
        [[11.0]]
    """
    return _matmul(*_matmul_pair(x1, x2))


def _have_matvec(a, x):
    return a.dtype in ("float32", "float64") and a.shape[1] == x.shape[0]


def _matmul(x1, x2):
    if not x1.shape or not x2.shape:
        raise ValueError(
            "`matmul`: the values must have at least one axis. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    row, column = len(x1.shape) == 1, len(x2.shape) == 1
    if column and len(x1.shape) == 2 and _have_matvec(x1, x2):
        return linear.matvec(x1, x2)
    a = reshaped(x1, (1, *x1.shape)) if row else x1
    b = reshaped(x2, (*x2.shape, 1)) if column else x2
    y = multiplied(a, b)
    if row or column:
        rows = () if row else y.shape[-2:-1]
        columns = () if column else y.shape[-1:]
        y = movement.reshape(y, shape=y.shape[:-2] + rows + columns)
    return y


@op
def tensordot(x1, x2, axes=2):
    """Sum of products over pairs of axes.

    Args:
        x1, x2: tensors.
        axes: how many last axes of `x1` meet the first ones of `x2`; or a pair of the
            axes of `x1` and those of `x2`.
    """
    x1, x2 = pair(x1, x2)
    n1, n2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        if axes < 0:
            raise ValueError(
                f"`tensordot`: `axes` must not be negative. Received: axes={axes}"
            )
        first, second = range(n1 - axes, n1), range(axes)
    else:
        first, second = [a if isinstance(a, (list, tuple)) else [a] for a in axes]
    first = [as_axis(a, n1, "tensordot") for a in first]
    second = [as_axis(a, n2, "tensordot") for a in second]
    sizes = [x1.shape[a] for a in first]
    if sizes != [x2.shape[a] for a in second]:
        raise ValueError(
            "`tensordot`: the sizes along `axes` do not match. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}, axes={axes}"
        )
    rest1 = [a for a in range(n1) if a not in first]
    rest2 = [a for a in range(n2) if a not in second]
    shape1, shape2 = [x1.shape[a] for a in rest1], [x2.shape[a] for a in rest2]
    K = math.prod(sizes)
    a = reshaped(permuted(x1, rest1 + first), (math.prod(shape1), K))
    b = reshaped(permuted(x2, second + rest2), (K, math.prod(shape2)))
    return reshaped(multiplied(a, b), shape1 + shape2)


@op
def dot(x1, x2):
    """Sum of products over the last axis of `x1` and the second last of `x2`.

    Args:
        x1, x2: tensors. With a scalar the result is the product; a vector `x2` is
            summed over its only axis.
    """
    x1, x2 = pair(x1, x2)
    if not x1.shape or not x2.shape:
        return elementwise.multiply(x1, x2)
    if len(x2.shape) <= 2:
        return _matmul(x1, x2)
    return tensordot(x1, x2, axes=[[-1], [-2]])


@op
def inner(x1, x2):
    """Sum of products over the last axes of both."""
    x1, x2 = pair(x1, x2)
    if not x1.shape or not x2.shape:
        return elementwise.multiply(x1, x2)
    if x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            "`inner`: the last dimension of `x1` and `x2` must be the same. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    return tensordot(x1, x2, axes=[[-1], [-1]])


@op
def outer(x1, x2):
    """All products of an element of `x1` and one of `x2`, as a matrix."""
    x1, x2 = pair(x1, x2)
    a, b = ravel(x1), ravel(x2)
    return elementwise.multiply(expand_dims(a, 1), expand_dims(b, 0))


@op
def vdot(x1, x2):
    """Sum of the products of all elements in order; of conjugates of `x1`."""
    x1, x2 = pair(x1, x2)
    return _matmul(conj(ravel(x1)), ravel(x2))


@op
def kron(x1, x2):
    """The Kronecker product: each element of `x1` times all of `x2`."""
    x1, x2 = pair(x1, x2)
    ndim = max(len(x1.shape), len(x2.shape))
    s1 = (1,) * (ndim - len(x1.shape)) + x1.shape
    s2 = (1,) * (ndim - len(x2.shape)) + x2.shape
    a = reshaped(x1, [d for n in s1 for d in (n, 1)])
    b = reshaped(x2, [d for n in s2 for d in (1, n)])
    sizes = [n * m for n, m in zip(s1, s2, strict=True)]
    return reshaped(elementwise.multiply(a, b), sizes)


def _component(x, i):
    return reshaped(sliced(x, len(x.shape) - 1, i, i + 1), x.shape[:-1])


def _cross_spec(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """An unknown number of components stands for the one beside it, 3 of a vector.

    Beside 2 components it may be 2 or 3, of which the result is a number or a vector.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    vectors = [x if isinstance(x, KerasTensor) else as_value(x) for x in (x1, x2)]
    places = [
        as_axis(a, len(x.shape), "cross")
        for x, a in zip(vectors, (axisa, axisb), strict=True)
    ]
    components = [x.shape[a] for x, a in zip(vectors, places, strict=True)]
    if None in components and 3 not in components:
        raise ValueError(
            "`cross`: whether vectors have 2 or 3 components decides whether the "
            "result is a number or a vector, so at least one of them must be known. "
            f"Received: x1.shape={vectors[0].shape}, x2.shape={vectors[1].shape}"
        )
    like = [_with_size(x, a, 3) for x, a in zip(vectors, places, strict=True)]
    return infer_fitting(lambda a, b: cross(a, b, axisa, axisb, axisc), like, {}, ())


def _with_size(x, axis, size):
    """A placeholder with a size for an unknown one."""
    shape = list(x.shape)
    if not isinstance(x, KerasTensor) or shape[axis] is not None:
        return x
    shape[axis] = size
    return KerasTensor(shape, x.dtype, record_history=False)


@op(spec=_cross_spec)
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product of vectors with three (or two) components.

    Args:
        x1, x2: tensors of vectors.
        axisa, axisb: the vectors' axes in `x1` and `x2`.
        axisc: the vectors' axis in the result.
        axis: all three at once.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = pair(x1, x2)
    a, b = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(
            "`cross`: vectors must have 2 or 3 components. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    zero = constant(0, x1.dtype)
    a0, a1, *a2 = [_component(a, i) for i in range(a.shape[-1])]
    b0, b1, *b2 = [_component(b, i) for i in range(b.shape[-1])]

    def minor(p, q, r, s):
        left, right = elementwise.multiply(p, q), elementwise.multiply(r, s)
        return elementwise.subtract(left, right)

    last = minor(a0, b1, a1, b0)
    if not a2 and not b2:
        return last
    a2, b2 = (a2 or [zero])[0], (b2 or [zero])[0]
    parts = [minor(a1, b2, a2, b1), minor(a2, b0, a0, b2), last]
    return stack([broadcast_to(p, last.shape) for p in parts], axisc)


@op
def slogdet(x):
    """Sign of the determinants of matrices, and logarithm of their size.

    Args:
        x: tensor (…, M, M).
    """
    return matrices.slogdet(as_float(x))
