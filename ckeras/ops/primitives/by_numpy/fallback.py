"""Primitives that NumPy computes: no kernel has been worth writing for them yet."""

import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.reductions import reduction, scanning

__all__ = [
    "arccosh",
    "arcsinh",
    "arctan2",
    "arctanh",
    "cbrt",
    "cumprod",
    "erfinv",
    "gcd",
    "i0",
    "i1",
    "integer_matmul",
    "lcm",
    "nextafter",
]


def _like(x, **attrs):
    return Spec(x.shape, x.dtype)


def _broadcast(x1, x2):
    return Spec(np.broadcast_shapes(x1.shape, x2.shape), x1.dtype)


def _one(x):
    return Tensor(np.ones((), x.dtype))


def _number(value, x):
    return Tensor(np.asarray(value, x.dtype))


def _times(factor):
    """The gradient rule of an elementwise function with derivative `factor(x, y)`."""

    def gradient(node, d_outputs, needs):
        (x,), (y,), (d_y,) = node.inputs, node.outputs, d_outputs
        return [elementwise.multiply(d_y, factor(x, y))]

    return gradient


def _arctan2_gradient(node, d_outputs, needs):
    (a, b), (d_y,) = node.inputs, d_outputs
    norm = elementwise.add(elementwise.square(a), elementwise.square(b))
    scaled = elementwise.divide(d_y, norm)
    d_a = elementwise.multiply(scaled, b)
    d_b = elementwise.negative(elementwise.multiply(scaled, a))
    return [
        reduction.sum_to_shape(d, shape=x.shape) if need else None
        for d, x, need in zip((d_a, d_b), (a, b), needs, strict=True)
    ]


arctan2 = Primitive(
    "arctan2", infer=_broadcast, evaluate=np.arctan2, gradient=_arctan2_gradient
)
nextafter = Primitive(
    "nextafter",
    infer=_broadcast,
    evaluate=np.nextafter,
    any_type=True,  # in float32 the next number of half precision is much nearer
    gradient=NOT_DIFFERENTIABLE,
)
gcd = Primitive("gcd", infer=_broadcast, evaluate=np.gcd, gradient=NOT_DIFFERENTIABLE)
lcm = Primitive("lcm", infer=_broadcast, evaluate=np.lcm, gradient=NOT_DIFFERENTIABLE)

arcsinh = Primitive(
    "arcsinh",
    infer=_like,
    evaluate=np.arcsinh,
    takes_complex=True,
    gradient=_times(
        lambda x, y: elementwise.rsqrt(elementwise.add(elementwise.square(x), _one(x)))
    ),
)


def _quietly(function):
    """`function` without NumPy's warnings: out of the domain the result is NaN."""

    def evaluate(*arrays):
        with np.errstate(all="ignore"):
            return function(*arrays)

    return evaluate


arccosh = Primitive(
    "arccosh",
    infer=_like,
    evaluate=_quietly(np.arccosh),
    takes_complex=True,
    gradient=_times(
        lambda x, y: elementwise.rsqrt(
            elementwise.subtract(elementwise.square(x), _one(x))
        )
    ),
)
arctanh = Primitive(
    "arctanh",
    infer=_like,
    evaluate=_quietly(np.arctanh),
    takes_complex=True,
    gradient=_times(
        lambda x, y: elementwise.reciprocal(
            elementwise.subtract(_one(x), elementwise.square(x))
        )
    ),
)
cbrt = Primitive(
    "cbrt",
    infer=_like,
    evaluate=np.cbrt,
    gradient=_times(
        lambda x, y: elementwise.reciprocal(
            elementwise.multiply(elementwise.square(y), _number(3, x))
        )
    ),
)


def _bessel_i1(x):
    """The modified Bessel function of order 1, from its power series or asymptote."""
    z = np.abs(np.asarray(x, "float64"))
    small = np.minimum(z, 20.0)
    term = small / 2
    total = term.copy()
    for k in range(1, 60):
        term = term * (small / 2) ** 2 / (k * (k + 1))
        total += term
    large = np.maximum(z, 20.0)
    term, series = np.ones_like(large), np.ones_like(large)
    for k in range(1, 12):
        term = term * ((2 * k - 1) ** 2 - 4) / (8 * k * large)
        series += term
    with np.errstate(over="ignore"):
        asymptote = np.exp(large) / np.sqrt(2 * math.pi * large) * series
    return np.sign(x) * np.where(z <= 20.0, total, asymptote)


def _i1_slope(x, y):
    # I1' = I0 - I1 / x, which is 1/2 at 0.
    zero = elementwise.equal(x, _number(0, x))
    slope = elementwise.subtract(i0(x), elementwise.divide_no_nan(y, x))
    return elementwise.where(zero, _number(0.5, x), slope)


i1 = Primitive("i1", infer=_like, evaluate=_bessel_i1, gradient=_times(_i1_slope))
i0 = Primitive("i0", infer=_like, evaluate=np.i0, gradient=_times(lambda x, y: i1(x)))


def _erfinv(x):
    """Inverse error function: Giles' start, then Newton steps on erf(y) = x."""
    x = np.asarray(x, "float64")
    with np.errstate(all="ignore"):
        # Winitzki's closed form is within 0.2 %; each Halley step cubes the error.
        a = 0.147
        log = np.log1p(-x * x)
        b = 2 / (math.pi * a) + log / 2
        y = np.sign(x) * np.sqrt(np.sqrt(b * b - log / a) - b)
        for _ in range(3):
            error = (_erfc_signed(y) - (1 - np.abs(x))) * -np.sign(x)
            step = error / (2 / math.sqrt(math.pi) * np.exp(-y * y))
            step = np.where(np.isfinite(step), step, 0)
            y = y - step / (1 + y * step)
    return np.where(np.abs(x) == 1, np.sign(x) * np.inf, y)


_erfc = np.frompyfunc(math.erfc, 1, 1)


def _erfc_signed(y):
    return np.asarray(_erfc(np.nan_to_num(np.abs(y))), "float64")


erfinv = Primitive(
    "erfinv",
    infer=_like,
    evaluate=_erfinv,
    gradient=_times(
        lambda x, y: elementwise.multiply(
            elementwise.exp(elementwise.square(y)), _number(math.sqrt(math.pi) / 2, x)
        )
    ),
)


def _matmul_infer(a, b):
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return Spec((*batch, a.shape[-2], b.shape[-1]), a.dtype)


integer_matmul = Primitive(
    "integer_matmul",
    infer=_matmul_infer,
    evaluate=np.matmul,
    gradient=NOT_DIFFERENTIABLE,
)


def _cumprod_gradient(node, d_outputs, needs):
    # y_i = x_0 … x_i, so dx_j = Σ_{i≥j} d_i · y_i / x_j where x_j is not 0. At a row's
    # first zero the same sum has the products without it; behind that one it is 0.
    (x,), (y,), (d_y,) = node.inputs, node.outputs, d_outputs
    axis = node.attrs["axis"]

    def tail(y):
        return scanning.cumsum(elementwise.multiply(d_y, y), axis=axis, reverse=True)

    zero = elementwise.equal(x, _number(0, x))
    count = scanning.cumsum(elementwise.cast(zero, dtype="int32"), axis=axis)
    once = elementwise.equal(count, Tensor(np.ones((), "int32")))
    first = elementwise.logical_and(zero, once)
    without = cumprod(elementwise.where(first, _one(x), x), axis=axis)
    slope = elementwise.divide_no_nan(tail(y), x)
    return [elementwise.where(first, tail(without), slope)]


cumprod = Primitive(
    "cumprod",
    infer=_like,
    evaluate=lambda x, axis: np.cumprod(x, axis=axis, dtype=x.dtype),
    gradient=_cumprod_gradient,
    takes_complex=True,
)
