"""Activation functions."""

import math
import warnings

from ckeras.engine.values import dtypes
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.manipulation import permuted, reshaped, sliced
from ckeras.ops.numpy.sorting import sort
from ckeras.ops.primitives import elementwise, losses
from ckeras.ops.promotion import (
    as_axes,
    as_axis,
    as_float,
    as_real,
    as_value,
    constant,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]

# The constants with which selu keeps mean 0 and variance 1 (Klambauer et al., 2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def _scaled(x, factor):
    return elementwise.multiply(x, constant(factor, x.dtype))


def _plus(x, number):
    return elementwise.add(x, constant(number, x.dtype))


def _positive(x):
    return elementwise.greater(x, constant(0, x.dtype))


@op
def relu(x):
    """max(x, 0), elementwise.

    Args:
        x: a tensor.

    Returns:
        A tensor of the same shape and type.

    Example:
        >>> import ckeras
        >>> ckeras.ops.relu([-1.0, 2.0]).numpy().tolist()
        [0.0, 2.0]
    """
    x = as_value(x)
    if dtypes.is_float(x.dtype):
        return elementwise.relu(x)
    if x.dtype == "bool":
        x = with_type(x, "int32")
    return elementwise.maximum(x, constant(0, x.dtype))


@op
def relu6(x):
    """min(max(x, 0), 6), elementwise."""
    return elementwise.saturate(as_float(x), low=0.0, high=6.0, slope_at_bounds=False)


@op
def leaky_relu(x, negative_slope=0.2):
    """x where x ≥ 0, `negative_slope` · x elsewhere."""
    x = as_float(x)
    keep = elementwise.greater_equal(x, constant(0, x.dtype))
    return elementwise.where(keep, x, _scaled(x, negative_slope))


@op
def elu(x, alpha=1.0):
    """x where x > 0, `alpha` · (e^x - 1) elsewhere."""
    x = as_float(x)
    low = _held_at_zero(x)
    return elementwise.where(_positive(x), x, _scaled(elementwise.expm1(low), alpha))


def _held_at_zero(x):
    """x, and 0 for what is above: a gradient must not meet 0 · inf behind `exp`.

    At 0 itself the gradient is that of x, not half of it as for `minimum`.
    """
    return elementwise.where(_positive(x), constant(0, x.dtype), x)


@op
def selu(x):
    """Scaled `elu` that keeps mean 0 and variance 1 through layers."""
    return _scaled(elu(x, SELU_ALPHA), SELU_SCALE)


@op
def celu(x, alpha=1.0):
    """x where x > 0, `alpha` · (e^(x/alpha) - 1) elsewhere."""
    x = as_float(x)
    low = _scaled(_held_at_zero(x), 1 / alpha)
    return elementwise.where(_positive(x), x, _scaled(elementwise.expm1(low), alpha))


@op
def gelu(x, approximate=True):
    """x · Φ(x), with the standard normal distribution's Φ, elementwise.

    Args:
        x: a tensor.
        approximate: whether to take tanh for Φ instead of the error function.
    """
    x = as_float(x)
    if approximate:
        cubic = _plus(_scaled(elementwise.square(x), 0.044715), 1)
        inner = _scaled(elementwise.multiply(x, cubic), math.sqrt(2 / math.pi))
        share = elementwise.tanh(inner)
    else:
        share = elementwise.erf(_scaled(x, math.sqrt(0.5)))
    return elementwise.multiply(_scaled(x, 0.5), _plus(share, 1))


@op
def sigmoid(x):
    """1 / (1 + e^-x), elementwise."""
    return elementwise.sigmoid(as_float(x))


@op
def silu(x):
    """x · sigmoid(x), elementwise."""
    x = as_float(x)
    return elementwise.multiply(x, elementwise.sigmoid(x))


@op
def swish(x):
    """x · sigmoid(x): another name of `silu`."""
    return silu(x)


@op
def hard_sigmoid(x):
    """min(max(x / 6 + 1/2, 0), 1), elementwise."""
    return _scaled(relu6(_plus(as_float(x), 3)), 1 / 6)


@op
def hard_silu(x):
    """x · hard_sigmoid(x), elementwise."""
    x = as_float(x)
    return elementwise.multiply(x, hard_sigmoid(x))


@op
def hard_swish(x):
    """x · hard_sigmoid(x): another name of `hard_silu`."""
    return hard_silu(x)


@op
def hard_tanh(x):
    """min(max(x, -1), 1), elementwise."""
    x = as_value(x)
    if x.dtype == "bool":
        x = with_type(x, "int32")
    if x.dtype.startswith("uint"):
        return elementwise.minimum(x, constant(1, x.dtype))
    return elementwise.saturate(x, low=-1, high=1, slope_at_bounds=True)


@op
def tanh_shrink(x):
    """x - tanh(x), elementwise."""
    x = as_float(x)
    return elementwise.subtract(x, elementwise.tanh(x))


@op
def soft_shrink(x, threshold=0.5):
    """x moved by `threshold` towards 0, and 0 where it is nearer than that."""
    x = as_float(x)
    above = elementwise.relu(_plus(x, -threshold))
    below = elementwise.relu(elementwise.negative(_plus(x, threshold)))
    return elementwise.subtract(above, below)


@op
def hard_shrink(x, threshold=0.5):
    """x where |x| > `threshold`, 0 elsewhere."""
    x = as_real(as_float(x), "hard_shrink")
    keep = elementwise.greater(elementwise.abs(x), constant(threshold, x.dtype))
    return elementwise.where(keep, x, constant(0, x.dtype))


@op
def threshold(x, threshold, default_value):
    """x where x > `threshold`, `default_value` elsewhere."""
    x = as_float(x)
    keep = elementwise.greater(x, with_type(threshold, x.dtype))
    return elementwise.where(keep, x, with_type(default_value, x.dtype))


@op
def softplus(x):
    """log(1 + e^x), elementwise."""
    return elementwise.softplus(as_float(x))


@op
def log_sigmoid(x):
    """log(sigmoid(x)) = -softplus(-x), elementwise."""
    return elementwise.negative(elementwise.softplus(elementwise.negative(as_float(x))))


@op
def softsign(x):
    """x / (1 + |x|), elementwise."""
    x = as_real(as_float(x), "softsign")
    return elementwise.divide(x, _plus(elementwise.abs(x), 1))


@op
def squareplus(x, b=4):
    """(x + √(x² + b)) / 2, elementwise."""
    x = as_float(x)
    root = elementwise.sqrt(_plus(elementwise.square(x), b))
    return _scaled(elementwise.add(x, root), 0.5)


@op
def sparse_plus(x):
    """0 where x ≤ -1, x where x ≥ 1, (x + 1)² / 4 between."""
    x = as_float(x)
    one = constant(1, x.dtype)
    held = elementwise.clip(x, low=-1.0, high=1.0)
    curve = _scaled(elementwise.square(_plus(held, 1)), 0.25)
    return elementwise.where(elementwise.greater_equal(x, one), x, curve)


@op
def sparse_sigmoid(x):
    """min(max((x + 1) / 2, 0), 1), elementwise."""
    return elementwise.clip(_scaled(_plus(as_float(x), 1), 0.5), low=0.0, high=1.0)


@op
def glu(x, axis=-1):
    """The first half of x along an axis times the sigmoid of the second.

    Raises:
        ValueError: if the axis cannot be halved.
    """
    x = as_float(x)
    axis = as_axis(axis, len(x.shape), "glu")
    n = x.shape[axis]
    if n % 2:
        raise ValueError(
            f"axis size must be divisible by 2. Received: x.shape={x.shape}, "
            f"axis={axis}"
        )
    gate = elementwise.sigmoid(sliced(x, axis, n // 2, n))
    return elementwise.multiply(sliced(x, axis, 0, n // 2), gate)


def _along_last(x, axis, function):
    """`function` of the last axis, applied along other axes (joined if several)."""
    ndim = len(x.shape)
    axes = as_axes(axis, ndim, "softmax")
    if not axes or axes == (ndim - 1,):
        return function(x) if ndim else reshaped(function(reshaped(x, (1,))), ())
    rest = [a for a in range(ndim) if a not in axes]
    perm = [*rest, *axes]
    moved = permuted(x, perm)
    joined = math.prod([x.shape[a] for a in axes])
    y = function(reshaped(moved, [*[x.shape[a] for a in rest], joined]))
    back = sorted(range(ndim), key=perm.__getitem__)
    return permuted(reshaped(y, moved.shape), back)


@op
def softmax(x, axis=-1):
    """e^x / Σ e^x, the sum over an axis.

    Args:
        x: a tensor.
        axis: axis or axes over which the results add up to 1; None for all.
    """
    x = as_float(x)
    if (
        isinstance(axis, int)
        and -len(x.shape) <= axis < len(x.shape)
        and x.shape[axis] == 1
    ):
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {x.shape}. "
            "This axis has size 1. The softmax operation will always return the value "
            "1, which is likely not what you intended. Did you mean to use a sigmoid "
            "instead?",
            stacklevel=3,
        )
    return _along_last(x, axis, losses.softmax)


@op
def log_softmax(x, axis=-1):
    """x - log Σ e^x, the sum over an axis; arguments as for `softmax`."""
    return _along_last(as_float(x), axis, losses.log_softmax)


@op
def sparsemax(x, axis=-1):
    """The point of the probability simplex nearest to x along an axis."""
    x = as_float(x)
    axis = as_axis(axis, len(x.shape), "sparsemax")
    ordered = elementwise.negative(sort(elementwise.negative(x), axis))
    sums = reductions.cumsum(ordered, axis)
    n = x.shape[axis]
    along = [n if i == axis else 1 for i in range(len(x.shape))]
    rank = reshaped(constant(range(1, n + 1), x.dtype), along)
    # How many of the largest elements stay above 0 after the common shift.
    bound = elementwise.divide(_plus(sums, -1), rank)
    support = elementwise.greater(ordered, bound)
    count = reductions.sum(support, axis, keepdims=True)
    chosen = elementwise.where(support, ordered, constant(0, x.dtype))
    total = _plus(reductions.sum(chosen, axis, keepdims=True), -1)
    shift = elementwise.divide(total, with_type(count, x.dtype))
    return elementwise.relu(elementwise.subtract(x, shift))
