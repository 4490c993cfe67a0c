"""Arithmetic of two values: promotion as in Keras, broadcasting as in NumPy."""

import math

from ckeras.engine.values import dtypes
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import fallback
from ckeras.ops.promotion import as_real, constant, join, pair, type_of, with_type
from ckeras.ops.registry import op

__all__ = [
    "add",
    "arctan2",
    "divide",
    "divide_no_nan",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "heaviside",
    "hypot",
    "lcm",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nextafter",
    "power",
    "subtract",
    "true_divide",
]


def _float_pair(x1, x2):
    return pair(x1, x2, "float")


def _number_pair(x1, x2):
    """Like `pair`, with booleans counted as int32."""
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        return with_type(x1, "int32"), with_type(x2, "int32")
    return x1, x2


@op
def add(x1, x2):
    """x1 + x2, elementwise; for booleans, x1 or x2.

    Args:
        x1, x2: tensors of broadcastable shapes.

    Returns:
        Their sum, in the type where both meet.

    Example:
        >>> import ckeras
        >>> ckeras.ops.add([1.0, 2.0], 3).numpy().tolist()
        [4.0, 5.0]
    """
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        return elementwise.logical_or(x1, x2)
    return elementwise.add(x1, x2)


@op
def subtract(x1, x2):
    """x1 - x2, elementwise.

    Raises:
        TypeError: for two booleans.
    """
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        raise TypeError("`subtract` does not accept booleans. Use `logical_xor`.")
    return elementwise.subtract(x1, x2)


@op
def multiply(x1, x2):
    """x1 · x2, elementwise; for booleans, x1 and x2."""
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        return elementwise.logical_and(x1, x2)
    return elementwise.multiply(x1, x2)


@op
def divide(x1, x2):
    """x1 / x2, elementwise, always in a floating-point type."""
    x1, x2 = _float_pair(x1, x2)
    return elementwise.divide(x1, x2)


@op
def true_divide(x1, x2):
    """x1 / x2, elementwise: another name of `divide`."""
    return divide(x1, x2)


@op
def divide_no_nan(x1, x2):
    """x1 / x2, elementwise, and 0 wherever x2 is 0."""
    return elementwise.divide_no_nan(*_float_pair(x1, x2))


@op
def floor_divide(x1, x2):
    """⌊x1 / x2⌋, elementwise, in the type where both meet."""
    return elementwise.floor_divide(*_number_pair(x1, x2))


@op
def mod(x1, x2):
    """Remainder of x1 / x2 with the sign of x2, elementwise."""
    return elementwise.mod(*_number_pair(x1, x2))


@op
def fmod(x1, x2):
    """Remainder of x1 / x2 with the sign of x1, elementwise."""
    x1, x2 = [as_real(x, "fmod") for x in _number_pair(x1, x2)]
    # Not |x1|, whose gradient at 0 is 0: that of the remainder is 1 everywhere.
    negative = elementwise.less(x1, constant(0, x1.dtype))
    size = elementwise.where(negative, elementwise.negative(x1), x1)
    rest = elementwise.mod(size, elementwise.abs(x2))
    return elementwise.where(negative, elementwise.negative(rest), rest)


@op
def power(x1, x2):
    """x1 to the power x2, elementwise.

    Constant exponents 1, 2, 0.5 and -0.5 are computed without a logarithm.
    """
    if type(x2) in (int, float) and dtypes.is_float(type_of(x1)):
        if x2 == 2:
            return elementwise.square(with_type(x1, type_of(x1)))
        if x2 == 0.5:
            return elementwise.sqrt(with_type(x1, type_of(x1)))
        if x2 == 1:
            return with_type(x1, type_of(x1))
    return elementwise.power(*_number_pair(x1, x2))


@op
def maximum(x1, x2):
    """The larger of x1 and x2, elementwise; NaN if one of them is."""
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        return elementwise.logical_or(x1, x2)
    return elementwise.maximum(x1, x2)


@op
def minimum(x1, x2):
    """The smaller of x1 and x2, elementwise; NaN if one of them is."""
    x1, x2 = pair(x1, x2)
    if x1.dtype == "bool":
        return elementwise.logical_and(x1, x2)
    return elementwise.minimum(x1, x2)


@op
def fmax(x1, x2):
    """The larger of x1 and x2, elementwise; the other one if one is NaN.

    If they are equal it is x2, to which all of the gradient goes.
    """
    x1, x2 = pair(x1, x2)
    if not dtypes.is_float(x1.dtype):
        return maximum(x1, x2)
    keep = elementwise.logical_or(elementwise.greater(x1, x2), elementwise.isnan(x2))
    return elementwise.where(keep, x1, x2)


@op
def fmin(x1, x2):
    """The smaller of x1 and x2, elementwise; the other one if one is NaN.

    If they are equal it is x2, to which all of the gradient goes.
    """
    x1, x2 = pair(x1, x2)
    if not dtypes.is_float(x1.dtype):
        return minimum(x1, x2)
    keep = elementwise.logical_or(elementwise.less(x1, x2), elementwise.isnan(x2))
    return elementwise.where(keep, x1, x2)


@op
def arctan2(x1, x2):
    """Angle of the point (x2, x1) with the first axis, in (-π, π]."""
    return fallback.arctan2(*_float_pair(x1, x2))


@op
def hypot(x1, x2):
    """√(x1² + x2²), elementwise, without overflow on the way; ∞ beside a NaN, too."""
    x1, x2 = [as_real(x, "hypot") for x in _float_pair(x1, x2)]
    a, b = elementwise.abs(x1), elementwise.abs(x2)
    large, small = elementwise.maximum(a, b), elementwise.minimum(a, b)
    one = constant(1, x1.dtype)
    zero = elementwise.equal(large, constant(0, x1.dtype))
    ratio = elementwise.divide(small, elementwise.where(zero, one, large))
    root = elementwise.sqrt(elementwise.add(one, elementwise.square(ratio)))
    infinity = constant(math.inf, x1.dtype)
    infinite = elementwise.logical_or(
        elementwise.equal(a, infinity), elementwise.equal(b, infinity)
    )
    return elementwise.where(infinite, infinity, elementwise.multiply(large, root))


@op
def heaviside(x1, x2):
    """0 where x1 < 0, x2 where x1 is 0, 1 where x1 > 0."""
    x1, x2 = [as_real(x, "heaviside") for x in _float_pair(x1, x2)]
    zero, one = constant(0, x1.dtype), constant(1, x1.dtype)
    step = elementwise.where(elementwise.less(x1, zero), zero, one)
    result = elementwise.where(elementwise.equal(x1, zero), x2, step)
    return elementwise.where(elementwise.isnan(x1), x1, result)


@op
def logaddexp(x1, x2):
    """log(exp(x1) + exp(x2)), elementwise, without overflow."""
    x1, x2 = [as_real(x, "logaddexp") for x in _float_pair(x1, x2)]
    large = elementwise.maximum(x1, x2)
    gap = elementwise.negative(elementwise.abs(elementwise.subtract(x1, x2)))
    # Equal infinities have no gap, though their difference is NaN.
    gap = elementwise.where(elementwise.equal(x1, x2), constant(0, x1.dtype), gap)
    return elementwise.add(large, elementwise.log1p(elementwise.exp(gap)))


@op
def logaddexp2(x1, x2):
    """log₂(2^x1 + 2^x2), elementwise, without overflow."""
    x1, x2 = _float_pair(x1, x2)
    ln2 = constant(0.6931471805599453, x1.dtype)
    total = logaddexp(elementwise.multiply(x1, ln2), elementwise.multiply(x2, ln2))
    return elementwise.divide(total, ln2)


@op
def ldexp(x1, x2):
    """x1 · 2^x2, elementwise, for integers x2."""
    dtype = join(type_of(x1), "float")
    if dtypes.is_complex(dtype):
        raise TypeError(f"`ldexp` does not take complex numbers. Received: {dtype}")
    if type_of(x2) not in ("int", "bool") and "int" not in type_of(x2):
        raise TypeError(f"`ldexp`: `x2` must hold integers. Received: {type_of(x2)}")
    scale = elementwise.power(constant(2, dtype), with_type(x2, dtype))
    return elementwise.multiply(with_type(x1, dtype), scale)


@op
def nextafter(x1, x2):
    """The number after x1 in the direction of x2, elementwise."""
    return fallback.nextafter(*_float_pair(x1, x2))


def _integer_pair(x1, x2, name):
    x1, x2 = pair(x1, x2)
    if not dtypes.is_int(x1.dtype):
        raise TypeError(f"`{name}` works on integers. Received: {x1.dtype}")
    return x1, x2


@op
def gcd(x1, x2):
    """Greatest common divisor of integers, elementwise."""
    return fallback.gcd(*_integer_pair(x1, x2, "gcd"))


@op
def lcm(x1, x2):
    """Least common multiple of integers, elementwise."""
    return fallback.lcm(*_integer_pair(x1, x2, "lcm"))
