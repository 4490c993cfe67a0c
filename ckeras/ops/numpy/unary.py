"""Functions of one value, elementwise. Integers become `floatx` where the result is
no integer."""

import math

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.ops.core import saturate_cast
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import complex_numbers, fallback
from ckeras.ops.promotion import as_float, as_real, as_value, constant, with_type
from ckeras.ops.registry import op

__all__ = [
    "abs",
    "absolute",
    "cbrt",
    "ceil",
    "clip",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "i0",
    "log",
    "log1p",
    "log2",
    "log10",
    "nan_to_num",
    "negative",
    "reciprocal",
    "round",
    "sign",
    "sqrt",
    "square",
    "trunc",
]


def scaled(x, factor):
    """x times a number."""
    return elementwise.multiply(x, constant(factor, x.dtype))


@op
def abs(x):
    """|x|, elementwise.

    Args:
        x: a tensor.

    Returns:
        A tensor of the same shape and type.

    Example:
        >>> import ckeras
        >>> ckeras.ops.abs([-2.0, 3.0]).numpy().tolist()
        [2.0, 3.0]
    """
    x = as_value(x)
    return x if x.dtype == "bool" else elementwise.abs(x)


@op
def absolute(x):
    """|x|, elementwise: another name of `abs`."""
    return abs(x)


@op
def fabs(x):
    """|x|, elementwise, in a floating-point type.

    Raises:
        TypeError: for complex numbers.
    """
    return elementwise.abs(as_real(as_float(x), "fabs"))


@op
def negative(x):
    """-x, elementwise."""
    x = as_value(x)
    if x.dtype == "bool":
        raise TypeError("`negative` does not accept booleans. Use `logical_not`.")
    return elementwise.negative(x)


@op
def sign(x):
    """-1, 0 or 1 by the sign of x, elementwise."""
    return elementwise.sign(as_value(x))


@op
def square(x):
    """x², elementwise."""
    x = as_value(x)
    return elementwise.square(with_type(x, "int32") if x.dtype == "bool" else x)


@op
def sqrt(x):
    """√x, elementwise; NaN below 0."""
    return elementwise.sqrt(as_float(x))


@op
def cbrt(x):
    """Cube root of x, elementwise."""
    return fallback.cbrt(as_float(x))


@op
def reciprocal(x):
    """1 / x, elementwise."""
    return elementwise.reciprocal(as_float(x))


@op
def exp(x):
    """e to the power x, elementwise."""
    return elementwise.exp(as_float(x))


@op
def exp2(x):
    """2 to the power x, elementwise."""
    x = as_float(x)
    return elementwise.power(constant(2, x.dtype), x)


@op
def expm1(x):
    """e^x - 1, elementwise, exact near 0."""
    return elementwise.expm1(as_float(x))


@op
def log(x):
    """Natural logarithm of x, elementwise."""
    return elementwise.log(as_float(x))


@op
def log2(x):
    """Logarithm of x to the base 2, elementwise."""
    return scaled(elementwise.log(as_float(x)), 1 / math.log(2))


@op
def log10(x):
    """Logarithm of x to the base 10, elementwise."""
    return scaled(elementwise.log(as_float(x)), 1 / math.log(10))


@op
def log1p(x):
    """log(1 + x), elementwise, exact near 0."""
    return elementwise.log1p(as_float(x))


@op
def i0(x):
    """Modified Bessel function of the first kind and order 0, elementwise."""
    return fallback.i0(as_float(x))


@op
def floor(x):
    """The largest integer not above x, elementwise, in a floating-point type."""
    return elementwise.floor(as_float(x))


@op
def ceil(x):
    """The smallest integer not below x, elementwise, in a floating-point type."""
    return elementwise.ceil(as_float(x))


@op
def trunc(x):
    """x without its fraction, elementwise; integers stay as they are."""
    x = as_real(as_value(x), "trunc")
    if not dtypes.is_float(x.dtype):
        return x
    negative = elementwise.less(x, constant(0, x.dtype))
    return elementwise.where(negative, elementwise.ceil(x), elementwise.floor(x))


@op
def round(x, decimals=0):
    """x rounded to `decimals` digits, halves to the even neighbour.

    Args:
        x: a tensor; integers stay integers.
        decimals: digits after the point; before it if negative.
    """
    x = as_real(as_value(x), "round")
    if x.dtype == "bool":
        x = with_type(x, "int32")
    if not dtypes.is_float(x.dtype):
        if decimals >= 0:
            return x
        unit = constant(10.0**-decimals, "float64")
        digits = elementwise.divide(with_type(x, "float64"), unit)
        rounded = elementwise.multiply(elementwise.round(digits), unit)
        return with_type(rounded, x.dtype)
    if decimals == 0:
        return elementwise.round(x)
    unit = constant(10.0**decimals, x.dtype)
    return elementwise.divide(elementwise.round(elementwise.multiply(x, unit)), unit)


def _bound(bound, dtype):
    """A bound in a type; of integers the nearest number that the type has."""
    if bound is None or dtypes.is_float(dtype):
        return bound
    if type(bound) not in (int, float):
        return saturate_cast(bound, dtype)
    limits = np.iinfo(dtype)
    return int(min(limits.max, max(limits.min, bound)))


def _is_double(x):
    """Whether x is a number that a program's constants, which are doubles, can be."""
    return type(x) is float or (type(x) is int and float(x) == x)


@op
def clip(x, x_min, x_max):
    """x held between `x_min` and `x_max`, elementwise.

    Args:
        x: a tensor.
        x_min, x_max: bounds, numbers or broadcastable tensors. What x's type does not
            have counts as the nearest number that it has.

    Returns:
        A tensor of x's type; int32 for booleans.
    """
    x = as_real(as_value(x), "clip")
    if x.dtype == "bool":
        x = with_type(x, "int32")
    x_min, x_max = _bound(x_min, x.dtype), _bound(x_max, x.dtype)
    if _is_double(x_min) and _is_double(x_max):
        return elementwise.clip(x, low=x_min, high=x_max)
    if x_min is not None:
        x = elementwise.maximum(x, with_type(x_min, x.dtype))
    return x if x_max is None else elementwise.minimum(x, with_type(x_max, x.dtype))


@op
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with NaN and the infinities replaced by numbers.

    Args:
        x: a tensor.
        nan: what replaces NaN.
        posinf, neginf: what replaces ±inf; None is the type's largest number.
    """
    x = as_value(x)
    if dtypes.is_complex(x.dtype):
        parts = complex_numbers.real(x), complex_numbers.imag(x)
        return complex_numbers.complex_of(
            *[nan_to_num(part, nan, posinf, neginf) for part in parts]
        )
    if not dtypes.is_float(x.dtype):
        return x

    largest = float(dtypes.finfo(x.dtype).max)
    high = constant(largest if posinf is None else posinf, x.dtype)
    low = constant(-largest if neginf is None else neginf, x.dtype)
    inf, minus_inf = constant(math.inf, x.dtype), constant(-math.inf, x.dtype)
    y = elementwise.where(elementwise.isnan(x), constant(nan, x.dtype), x)
    y = elementwise.where(elementwise.equal(x, inf), high, y)
    return elementwise.where(elementwise.equal(x, minus_inf), low, y)
