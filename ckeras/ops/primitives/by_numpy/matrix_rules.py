"""What the declarations of linear algebra share.

The gradient rules hold for complex matrices as well where they have `adjoint` and
`mirrored` in place of the transpose; see `complex_numbers.py` for what a gradient is.
"""

import numpy as np

from ckeras.engine.primitive import Spec
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.by_numpy.complex_numbers import conj

__all__ = [
    "added",
    "adjoint",
    "check_square",
    "constant",
    "eye_like",
    "filled",
    "masked",
    "mirrored",
    "scaled_rows",
    "square_like",
    "transposed",
]


def transposed(x):
    """x with its last two axes exchanged."""
    n = len(x.shape)
    return movement.transpose(x, perm=(*range(n - 2), n - 1, n - 2))


def adjoint(x):
    """The conjugate of `transposed(x)`."""
    return conj(transposed(x))


def constant(values, x):
    return Tensor(np.asarray(values, x.dtype))


def scaled_rows(x, factors):
    """x with each row of a matrix times its factor (…, M)."""
    factors = elementwise.cast(factors, dtype=x.dtype)
    return elementwise.multiply(movement.reshape(factors, shape=(*factors.shape, 1)), x)


def masked(x, mask):
    return elementwise.multiply(x, constant(mask, x))


def added(parts):
    parts = [p for p in parts if p is not None]
    total = parts[0]
    for part in parts[1:]:
        total = elementwise.add(total, part)
    return total


def filled(function, value):
    """NumPy's `function` of matrices, its results `value` for those it refuses.

    NumPy raises for all matrices if one of them is singular or does not converge.
    """

    def evaluate(*arrays, **options):
        try:
            return function(*arrays, **options)
        except np.linalg.LinAlgError:
            if arrays[0].ndim > 2:
                rows = zip(*arrays, strict=True)
                parts = [evaluate(*row, **options) for row in rows]
                if not isinstance(parts[0], tuple):
                    return np.stack(parts)
                return tuple(np.stack(part) for part in zip(*parts, strict=True))
            units = [np.eye(*a.shape, dtype=a.dtype) for a in arrays]
            shaped = function(*units, **options)
            if not isinstance(shaped, tuple):
                return np.full_like(shaped, value)
            return tuple(np.full_like(part, value) for part in shaped)

    return evaluate


def check_square(x, op):
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"`{op}`: expected square matrices in the last two axes. "
            f"Received: shape={x.shape}"
        )


def square_like(op):
    def infer(x, **attrs):
        check_square(x, op)
        return Spec(x.shape, x.dtype)

    return infer


def mirrored(x):
    """Half of x and its adjoint, as the gradient of a symmetric matrix."""
    total = elementwise.add(conj(x), transposed(x))
    return elementwise.multiply(total, constant(0.5, x))


def eye_like(x):
    eye = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    return Tensor(np.ascontiguousarray(eye))
