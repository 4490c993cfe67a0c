"""Angles, trigonometric and hyperbolic functions, elementwise."""

import math

from ckeras.ops.numpy.unary import scaled
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import fallback
from ckeras.ops.promotion import as_float, constant
from ckeras.ops.registry import op

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


@op
def sin(x):
    """Sine of x in radians, elementwise."""
    return elementwise.sin(as_float(x))


@op
def cos(x):
    """Cosine of x in radians, elementwise."""
    return elementwise.cos(as_float(x))


@op
def tan(x):
    """Tangent of x in radians, elementwise."""
    return elementwise.tan(as_float(x))


@op
def arcsin(x):
    """The angle in [-π/2, π/2] whose sine is x, elementwise."""
    return elementwise.asin(as_float(x))


@op
def arccos(x):
    """The angle in [0, π] whose cosine is x, elementwise."""
    return elementwise.acos(as_float(x))


@op
def arctan(x):
    """The angle in (-π/2, π/2) whose tangent is x, elementwise."""
    return elementwise.atan(as_float(x))


@op
def sinh(x):
    """Hyperbolic sine (e^x - e^-x) / 2, elementwise."""
    return elementwise.sinh(as_float(x))


@op
def cosh(x):
    """Hyperbolic cosine (e^x + e^-x) / 2, elementwise."""
    return elementwise.cosh(as_float(x))


@op
def tanh(x):
    """Hyperbolic tangent sinh(x) / cosh(x), elementwise."""
    return elementwise.tanh(as_float(x))


@op
def arcsinh(x):
    """Inverse of `sinh`, elementwise."""
    return fallback.arcsinh(as_float(x))


@op
def arccosh(x):
    """Inverse of `cosh`, elementwise; NaN below 1."""
    return fallback.arccosh(as_float(x))


@op
def arctanh(x):
    """Inverse of `tanh`, elementwise; NaN outside [-1, 1]."""
    return fallback.arctanh(as_float(x))


@op
def sinc(x):
    """sin(πx) / (πx), and 1 at 0, elementwise."""
    x = scaled(as_float(x), math.pi)
    one = constant(1, x.dtype)
    at_zero = elementwise.equal(x, constant(0, x.dtype))
    safe = elementwise.where(at_zero, one, x)
    return elementwise.where(
        at_zero, one, elementwise.divide(elementwise.sin(safe), safe)
    )


@op
def deg2rad(x):
    """Degrees to radians, elementwise."""
    return scaled(as_float(x), math.pi / 180)


@op
def rad2deg(x):
    """Radians to degrees, elementwise."""
    return scaled(as_float(x), 180 / math.pi)
