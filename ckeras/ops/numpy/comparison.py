"""Comparisons, logic and bits, elementwise."""

from ckeras.engine.values import dtypes
from ckeras.ops.primitives import elementwise
from ckeras.ops.promotion import (
    as_real,
    as_value,
    constant,
    pair,
    same_type,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
    "select",
    "signbit",
    "where",
]


@op
def equal(x1, x2):
    """Whether x1 = x2, elementwise.

    Args:
        x1, x2: tensors of broadcastable shapes.

    Returns:
        A tensor of booleans.
    """
    return elementwise.equal(*pair(x1, x2))


@op
def not_equal(x1, x2):
    """Whether x1 ≠ x2, elementwise."""
    return elementwise.not_equal(*pair(x1, x2))


@op
def less(x1, x2):
    """Whether x1 < x2, elementwise."""
    return elementwise.less(*pair(x1, x2))


@op
def less_equal(x1, x2):
    """Whether x1 ≤ x2, elementwise."""
    return elementwise.less_equal(*pair(x1, x2))


@op
def greater(x1, x2):
    """Whether x1 > x2, elementwise."""
    return elementwise.greater(*pair(x1, x2))


@op
def greater_equal(x1, x2):
    """Whether x1 ≥ x2, elementwise."""
    return elementwise.greater_equal(*pair(x1, x2))


def _truth(x):
    x = as_value(x)
    if x.dtype == "bool":
        return x
    return elementwise.not_equal(x, constant(0, x.dtype))


@op
def logical_and(x1, x2):
    """Whether x1 and x2 are both true (not 0), elementwise."""
    return elementwise.logical_and(_truth(x1), _truth(x2))


@op
def logical_or(x1, x2):
    """Whether x1 or x2 is true (not 0), elementwise."""
    return elementwise.logical_or(_truth(x1), _truth(x2))


@op
def logical_xor(x1, x2):
    """Whether just one of x1 and x2 is true (not 0), elementwise."""
    return elementwise.logical_xor(_truth(x1), _truth(x2))


@op
def logical_not(x):
    """Whether x is false (0), elementwise."""
    return elementwise.logical_not(_truth(x))


def _nowhere(x):
    return elementwise.not_equal(x, x)


@op
def isnan(x):
    """Whether x is not a number, elementwise."""
    x = as_value(x)
    return elementwise.isnan(x) if dtypes.is_inexact(x.dtype) else _nowhere(x)


@op
def isinf(x):
    """Whether x is infinite, elementwise."""
    x = as_value(x)
    return elementwise.isinf(x) if dtypes.is_inexact(x.dtype) else _nowhere(x)


@op
def isfinite(x):
    """Whether x is neither infinite nor NaN, elementwise."""
    x = as_value(x)
    if dtypes.is_inexact(x.dtype):
        return elementwise.isfinite(x)
    return elementwise.equal(x, x)


@op
def isposinf(x):
    """Whether x is +inf, elementwise."""
    x = as_real(as_value(x), "isposinf")
    if not dtypes.is_float(x.dtype):
        return _nowhere(x)
    return elementwise.equal(x, constant(float("inf"), x.dtype))


@op
def isneginf(x):
    """Whether x is -inf, elementwise."""
    x = as_real(as_value(x), "isneginf")
    if not dtypes.is_float(x.dtype):
        return _nowhere(x)
    return elementwise.equal(x, constant(float("-inf"), x.dtype))


@op
def signbit(x):
    """Whether the sign of x is minus, elementwise; also for -0."""
    x = as_real(as_value(x), "signbit")
    zero = constant(0, "int32" if x.dtype == "bool" else x.dtype)
    if not dtypes.is_float(x.dtype):
        return elementwise.less(with_type(x, zero.dtype), zero)
    minus_zero = elementwise.logical_and(
        elementwise.equal(x, zero), elementwise.less(elementwise.reciprocal(x), zero)
    )
    return elementwise.logical_or(elementwise.less(x, zero), minus_zero)


@op
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |x1 - x2| ≤ atol + rtol · |x2|, elementwise.

    Args:
        x1, x2: tensors of broadcastable shapes.
        rtol: tolerance relative to x2.
        atol: absolute tolerance.
        equal_nan: whether NaN is close to NaN.
    """
    x1, x2 = pair(x1, x2, "float")
    gap = elementwise.abs(elementwise.subtract(x1, x2))
    room = elementwise.add(
        constant(atol, gap.dtype),
        elementwise.multiply(constant(rtol, gap.dtype), elementwise.abs(x2)),
    )
    both_finite = elementwise.logical_and(
        elementwise.isfinite(x1), elementwise.isfinite(x2)
    )
    close = elementwise.logical_and(elementwise.less_equal(gap, room), both_finite)
    close = elementwise.logical_or(close, elementwise.equal(x1, x2))
    if equal_nan:
        nans = elementwise.logical_and(elementwise.isnan(x1), elementwise.isnan(x2))
        close = elementwise.logical_or(close, nans)
    return close


@op
def where(condition, x1=None, x2=None):
    """x1 where `condition` is true, x2 elsewhere.

    Args:
        condition: booleans, or numbers of which 0 is false.
        x1, x2: tensors that broadcast with it; if both are None, the result is the
            indices of the true elements (as `nonzero`), for concrete values only.
    """
    if x1 is None and x2 is None:
        from ckeras.ops.numpy.counting import nonzero

        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError(
            "`where`: `x1` and `x2` either both should be `None` or both given."
        )
    x1, x2 = pair(x1, x2)
    return elementwise.where(_truth(condition), x1, x2)


@op
def select(condlist, choicelist, default=0):
    """For each element the choice whose condition is the first to hold.

    Args:
        condlist: list of tensors of booleans.
        choicelist: list of tensors, one for each condition.
        default: value where no condition holds.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "`select`: `condlist` and `choicelist` must have the same positive length. "
            f"Received: {len(condlist)} and {len(choicelist)}"
        )
    *choices, result = same_type([*choicelist, default])
    conditions = [_truth(c) for c in condlist]
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = elementwise.where(condition, choice, result)
    return result


def _bits(x1, x2, name):
    x1, x2 = pair(x1, x2)
    if dtypes.is_inexact(x1.dtype):
        raise TypeError(f"`{name}` works on integers. Received: {x1.dtype}")
    return x1, x2


@op
def bitwise_and(x, y):
    """Bits set in both x and y, elementwise."""
    x, y = _bits(x, y, "bitwise_and")
    if x.dtype == "bool":
        return elementwise.logical_and(x, y)
    return elementwise.bitwise_and(x, y)


@op
def bitwise_or(x, y):
    """Bits set in x or y, elementwise."""
    x, y = _bits(x, y, "bitwise_or")
    if x.dtype == "bool":
        return elementwise.logical_or(x, y)
    return elementwise.bitwise_or(x, y)


@op
def bitwise_xor(x, y):
    """Bits set in just one of x and y, elementwise."""
    x, y = _bits(x, y, "bitwise_xor")
    if x.dtype == "bool":
        return elementwise.logical_xor(x, y)
    return elementwise.bitwise_xor(x, y)


@op
def bitwise_not(x):
    """Every bit of x inverted, elementwise."""
    x = as_value(x)
    if x.dtype == "bool":
        return elementwise.logical_not(x)
    x, _ = _bits(x, 0, "bitwise_not")
    return elementwise.bitwise_xor(x, constant(_all_ones(x.dtype), x.dtype))


def _all_ones(dtype):
    if dtype.startswith("u"):
        return 2 ** int(dtype[4:]) - 1
    return -1


@op
def bitwise_invert(x):
    """Every bit of x inverted: another name of `bitwise_not`."""
    return bitwise_not(x)


def _shifted(x, y, name):
    """Operands of a shift; booleans count as int32."""
    x, y = _bits(x, y, name)
    if x.dtype == "bool":
        return with_type(x, "int32"), with_type(y, "int32")
    return x, y


@op
def left_shift(x, y):
    """x's bits moved up by y places, elementwise."""
    return elementwise.left_shift(*_shifted(x, y, "left_shift"))


@op
def right_shift(x, y):
    """x's bits moved down by y places, elementwise; the sign stays."""
    return elementwise.right_shift(*_shifted(x, y, "right_shift"))


@op
def bitwise_left_shift(x, y):
    """Another name of `left_shift`."""
    return left_shift(x, y)


@op
def bitwise_right_shift(x, y):
    """Another name of `right_shift`."""
    return right_shift(x, y)
