"""Complex numbers and their parts."""

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.ops.numpy.joining import stack
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import complex_numbers
from ckeras.ops.promotion import as_float, as_real, as_value, constant, with_type
from ckeras.ops.registry import op

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "isreal",
    "real",
    "view_as_complex",
    "view_as_real",
]


@op
def real(x):
    """The real part of x, elementwise.

    Example:
        >>> import ckeras
        >>> ckeras.ops.real([1 + 2j]).numpy().tolist()
        [1.0]
    """
    return complex_numbers.real(as_value(x))


@op
def imag(x):
    """The imaginary part of x, elementwise; zeros for real numbers."""
    x = as_value(x)
    if dtypes.is_complex(x.dtype):
        return complex_numbers.imag(x)
    return elementwise.multiply(x, constant(0, x.dtype))


@op
def conjugate(x):
    """x with the sign of its imaginary part changed; real numbers as they are."""
    return complex_numbers.conj(as_value(x))


@op
def conj(x):
    """x with the sign of its imaginary part changed: another name of `conjugate`."""
    return complex_numbers.conj(as_value(x))


@op
def angle(x):
    """The angle of x in the complex plane; for real numbers 0, or π below 0."""
    x = as_float(x)
    if dtypes.is_complex(x.dtype):
        return complex_numbers.angle(x)
    negative = elementwise.less(x, constant(0, x.dtype))
    turned = elementwise.where(negative, constant(np.pi, x.dtype), constant(0, x.dtype))
    return elementwise.where(elementwise.isnan(x), x, turned)


@op
def isreal(x):
    """Whether x has no imaginary part, elementwise."""
    x = as_value(x)
    if dtypes.is_complex(x.dtype):
        part = complex_numbers.imag(x)
        return elementwise.equal(part, constant(0, part.dtype))
    return elementwise.logical_or(elementwise.equal(x, x), elementwise.not_equal(x, x))


@op
def view_as_complex(x):
    """Complex numbers (complex64) from their parts.

    Args:
        x: tensor (…, 2) of real and imaginary parts.
    """
    x = as_value(x)
    if not x.shape or x.shape[-1] != 2:
        raise ValueError(
            "Last dimension of input must be size 2 (real and imaginary). "
            f"Received shape: {x.shape}"
        )
    x = with_type(as_real(x, "view_as_complex"), "float32")
    last = len(x.shape) - 1
    parts = [reshaped(sliced(x, last, i, i + 1), x.shape[:-1]) for i in (0, 1)]
    return complex_numbers.complex_of(*parts)


@op
def view_as_real(x):
    """The parts of complex numbers as a tensor (…, 2)."""
    x = as_value(x)
    return stack([real(x), imag(x)], -1)
