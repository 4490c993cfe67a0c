"""Elementwise primitives, by their Keras names, and their gradients.

Binary ones broadcast as NumPy does. All are programs of the kernel `elementwise`, so
that chains of them are fused into one pass through memory.
"""

import math

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Spec
from ckeras.engine.program import Instruction, Operand, Program
from ckeras.engine.values import dtypes
from ckeras.ops.primitives.elementwise_rules import (
    binary,
    broadcast_shape,
    comparison,
    declare,
    number,
    sum_to,
    unary,
)


def _pair(d_a, d_b):
    """The gradient rule of two operands, from a function for each of them."""

    def gradient(node, d_outputs, needs):
        (a, b), (y,), (d_y,) = node.inputs, node.outputs, d_outputs
        return [
            sum_to(d_a(d_y, a, b, y), a) if needs[0] else None,
            sum_to(d_b(d_y, a, b, y), b) if needs[1] else None,
        ]

    return gradient


def _one(d_x):
    """The gradient rule of one operand, from `d_x(d_y, x, y)`."""

    def gradient(node, d_outputs, needs):
        return [d_x(d_outputs[0], node.inputs[0], node.outputs[0])]

    return gradient


def _scaled(x, factor):
    return multiply(x, number(factor, x))


def _plus_one(x):
    return add(x, number(1, x))


def _one_minus(x):
    return subtract(number(1, x), x)


# Comparison and logic

less = comparison("less", NOT_DIFFERENTIABLE)
less_equal = comparison("less_equal", NOT_DIFFERENTIABLE)
equal = comparison("equal", NOT_DIFFERENTIABLE)
not_equal = comparison("not_equal", NOT_DIFFERENTIABLE)


def greater(a, b):
    """a > b, elementwise."""
    return less(b, a)


def greater_equal(a, b):
    """a >= b, elementwise."""
    return less_equal(b, a)


logical_and = comparison("logical_and", NOT_DIFFERENTIABLE)
logical_or = comparison("logical_or", NOT_DIFFERENTIABLE)
logical_xor = comparison("logical_xor", NOT_DIFFERENTIABLE)
logical_not = unary("logical_not", NOT_DIFFERENTIABLE, result="bool")
isnan = unary("isnan", NOT_DIFFERENTIABLE, result="bool", floats=True)
isinf = unary("isinf", NOT_DIFFERENTIABLE, result="bool", floats=True)
isfinite = unary("isfinite", NOT_DIFFERENTIABLE, result="bool", floats=True)

# Bits

bitwise_and = binary("bitwise_and", NOT_DIFFERENTIABLE)
bitwise_or = binary("bitwise_or", NOT_DIFFERENTIABLE)
bitwise_xor = binary("bitwise_xor", NOT_DIFFERENTIABLE)
left_shift = binary("left_shift", NOT_DIFFERENTIABLE)
right_shift = binary("right_shift", NOT_DIFFERENTIABLE)
bitwise_not = unary(
    "bitwise_not",
    NOT_DIFFERENTIABLE,
    opcode=lambda node: (
        "logical_not" if node.inputs[0].dtype == "bool" else "bitwise_not"
    ),
)

# Choice


def _where_infer(condition, a, b):
    if condition.dtype != "bool" or a.dtype != b.dtype:
        raise ValueError(
            "`where`: expected a bool condition and two values of one type. "
            f"Received: {condition.dtype}, {a.dtype}, {b.dtype}"
        )
    shape = broadcast_shape("where", condition.shape, a.shape, b.shape)
    return Spec(shape, a.dtype)


def _where_gradient(node, d_outputs, needs):
    (condition, a, b), (d_y,) = node.inputs, d_outputs
    zero = number(0, d_y)
    return [
        None,
        sum_to(where(condition, d_y, zero), a) if needs[1] else None,
        sum_to(where(condition, zero, d_y), b) if needs[2] else None,
    ]


where = declare("where", "select", infer=_where_infer, gradient=_where_gradient)


def _share_of_larger(d_y, a, b):
    """What of a maximum's gradient the operand `a` gets: half of it in a tie."""
    tie = where(equal(a, b), _scaled(d_y, 0.5), number(0, d_y))
    return where(less(b, a), d_y, tie)


maximum = binary(
    "maximum",
    _pair(
        lambda d, a, b, y: _share_of_larger(d, a, b),
        lambda d, a, b, y: _share_of_larger(d, b, a),
    ),
)
minimum = binary(
    "minimum",
    _pair(
        lambda d, a, b, y: _share_of_larger(d, b, a),
        lambda d, a, b, y: _share_of_larger(d, a, b),
    ),
)


def _clip_gradient(node, d_outputs, needs):
    (x,), (d_y,) = node.inputs, d_outputs
    low, high = (number(node.attrs[k], x) for k in ("low", "high"))
    # min(max(x, low), high): at a bound each of the two tied values gets half.
    d_y = _share_of_larger(d_y, high, maximum(x, low))
    return [_share_of_larger(d_y, x, low)]


clip = unary("clip", _clip_gradient, constants=("low", "high"))


def _saturate_gradient(node, d_outputs, needs):
    (x,), (d_y,) = node.inputs, d_outputs
    low, high = (number(node.attrs[k], x) for k in ("low", "high"))
    below, held = less, node.outputs[0]  # the result, so that x need not be kept
    if node.attrs["slope_at_bounds"]:
        below, held = less_equal, x
    inside = logical_and(below(low, held), below(held, high))
    return [where(inside, d_y, number(0, d_y))]


# `clip` with a slope of 1 or 0 at its bounds, as activation functions have it.
saturate = unary(
    "saturate", _saturate_gradient, opcode="clip", constants=("low", "high")
)


def _cast_infer(x, *, dtype):
    return Spec(x.shape, dtype)


def _cast_gradient(node, d_outputs, needs):
    x = node.inputs[0]
    if not (dtypes.is_float(x.dtype) and dtypes.is_float(node.attrs["dtype"])):
        return [None]
    return [cast(d_outputs[0], dtype=x.dtype)]


cast = declare(
    "cast",
    lambda node: "nonzero" if node.attrs["dtype"] == "bool" else None,
    infer=_cast_infer,
    gradient=_cast_gradient,
)

# Arithmetic

negative = unary("negative", _one(lambda d, x, y: negative(d)))
add = binary("add", _pair(lambda d, a, b, y: d, lambda d, a, b, y: d))
subtract = binary(
    "subtract", _pair(lambda d, a, b, y: d, lambda d, a, b, y: negative(d))
)
multiply = binary(
    "multiply",
    _pair(lambda d, a, b, y: multiply(d, b), lambda d, a, b, y: multiply(d, a)),
)
divide = binary(
    "divide",
    _pair(
        lambda d, a, b, y: divide(d, b),
        lambda d, a, b, y: negative(multiply(d, divide(y, b))),
    ),
)


def _divide_no_nan_program(node):
    (a, b), (zero, one) = [
        [Operand(kind, i) for i in range(2)] for kind in ("input", "constant")
    ]
    by_zero, divisor, ratio, result = [Operand("result", i) for i in range(4)]
    code = (
        Instruction("equal", (b, zero)),
        Instruction("select", (by_zero, one, b)),
        Instruction("divide", (a, divisor)),
        Instruction("select", (by_zero, zero, ratio)),
    )
    return Program.of(node, code, result, 0.0, 1.0)


# a / b, and 0 wherever b is 0.
divide_no_nan = binary(
    "divide_no_nan",
    _pair(
        lambda d, a, b, y: divide_no_nan(d, b),
        lambda d, a, b, y: negative(multiply(d, divide_no_nan(y, b))),
    ),
    program=_divide_no_nan_program,
)
mod = binary(
    "mod",
    _pair(
        lambda d, a, b, y: d,
        lambda d, a, b, y: negative(multiply(d, floor_divide(a, b))),
    ),
)
floor_divide = binary("floor_divide", NOT_DIFFERENTIABLE)


def _power_base(d_y, a, b, y):
    zero = number(0, d_y)
    slope = multiply(b, power(a, subtract(b, number(1, b))))
    return multiply(d_y, where(equal(b, zero), zero, slope))


def _power_exponent(d_y, a, b, y):
    # 0^b is constant for b > 0: the logarithm of 0 must not make NaN of it.
    zero = number(0, d_y)
    log_a = log(where(equal(a, zero), number(1, a), a))
    return multiply(d_y, multiply(y, log_a))


power = binary("power", _pair(_power_base, _power_exponent))
abs = unary("abs", _one(lambda d, x, y: multiply(d, sign(x))))
sign = unary("sign", NOT_DIFFERENTIABLE)
square = unary("square", _one(lambda d, x, y: multiply(d, _scaled(x, 2))))
reciprocal = unary(
    "reciprocal", _one(lambda d, x, y: negative(multiply(d, square(y)))), floats=True
)
sqrt = unary("sqrt", _one(lambda d, x, y: divide(_scaled(d, 0.5), y)), floats=True)
rsqrt = unary(
    "rsqrt",
    _one(lambda d, x, y: multiply(_scaled(d, -0.5), multiply(y, square(y)))),
    floats=True,
)
floor = unary("floor", NOT_DIFFERENTIABLE, floats=True)
ceil = unary("ceil", NOT_DIFFERENTIABLE, floats=True)
round = unary("round", NOT_DIFFERENTIABLE, floats=True)

# Exponentials

exp = unary("exp", _one(lambda d, x, y: multiply(d, y)), floats=True)
expm1 = unary("expm1", _one(lambda d, x, y: multiply(d, _plus_one(y))), floats=True)
log = unary("log", _one(lambda d, x, y: divide(d, x)), floats=True)
log1p = unary("log1p", _one(lambda d, x, y: divide(d, _plus_one(x))), floats=True)
sinh = unary("sinh", _one(lambda d, x, y: multiply(d, cosh(x))), floats=True)
cosh = unary("cosh", _one(lambda d, x, y: multiply(d, sinh(x))), floats=True)
softplus = unary("softplus", _one(lambda d, x, y: multiply(d, sigmoid(x))), floats=True)


def _erf_slope(d_y, x, y):
    return multiply(_scaled(d_y, 2 / math.sqrt(math.pi)), exp(negative(square(x))))


erf = unary("erf", _one(_erf_slope), floats=True)

# Angles

sin = unary("sin", _one(lambda d, x, y: multiply(d, cos(x))), floats=True)
cos = unary("cos", _one(lambda d, x, y: negative(multiply(d, sin(x)))), floats=True)
tan = unary("tan", _one(lambda d, x, y: multiply(d, _plus_one(square(y)))), floats=True)


def _asin_slope(d_y, x, y):
    return multiply(d_y, rsqrt(_one_minus(square(x))))


asin = unary("asin", _one(_asin_slope), floats=True)
acos = unary("acos", _one(lambda d, x, y: negative(_asin_slope(d, x, y))), floats=True)
atan = unary("atan", _one(lambda d, x, y: divide(d, _plus_one(square(x)))), floats=True)

# Activations whose gradient is a function of their output, so that the input need
# not be kept: `..._gradient(d_y, y)`.


relu_gradient = binary(
    "relu_gradient",
    lambda node, d, needs: [relu_gradient(d[0], node.inputs[1]), None],
)
relu = unary("relu", _one(lambda d, x, y: relu_gradient(d, y)))
tanh_gradient = binary(
    "tanh_gradient",
    _pair(
        lambda d, d_y, y, result: tanh_gradient(d, y),
        lambda d, d_y, y, result: multiply(multiply(d, d_y), _scaled(y, -2)),
    ),
)
tanh = unary("tanh", _one(lambda d, x, y: tanh_gradient(d, y)), floats=True)
sigmoid_gradient = binary(
    "sigmoid_gradient",
    _pair(
        lambda d, d_y, y, result: sigmoid_gradient(d, y),
        lambda d, d_y, y, result: multiply(multiply(d, d_y), _one_minus(_scaled(y, 2))),
    ),
)
sigmoid = unary("sigmoid", _one(lambda d, x, y: sigmoid_gradient(d, y)), floats=True)
