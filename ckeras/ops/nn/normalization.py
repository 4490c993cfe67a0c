"""Moments and normalization."""

import math
import warnings

from ckeras.engine import config
from ckeras.engine.values.dtypes import HALVES
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.manipulation import reshaped
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives import normalization as primitives
from ckeras.ops.primitives.elementwise_rules import broadcast_shape
from ckeras.ops.promotion import (
    as_axes,
    as_axis,
    as_float,
    constant,
    pair,
    widened,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "batch_normalization",
    "layer_normalization",
    "moments",
    "normalize",
    "psnr",
    "rms_normalization",
]

_HALF_MAX = 65504.0  # float16's largest number


def _plus(x, number):
    return elementwise.add(x, constant(number, x.dtype))


def _standardized(x, mean, factor, offset):
    """(x - mean) · factor + offset, for vectors that are broadcast to x."""
    if offset is None:
        offset = constant(0.0, x.dtype)
    shape = broadcast_shape("standardize", mean.shape, factor.shape, offset.shape)
    mean, factor, offset = [
        v if v.shape == shape else movement.broadcast_to(v, shape=shape)
        for v in (mean, factor, offset)
    ]
    return primitives.standardize(x, mean, factor, offset)


@op
def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and variance over axes.

    Args:
        x: a tensor.
        axes: axes to average over.
        keepdims: whether the axes stay, with size 1.
        synchronized: whether to average over devices too. There is only one, so this
            changes nothing.

    Returns:
        The mean and the variance.

    Example:
        >>> import ckeras
        >>> mean, variance = ckeras.ops.moments([1.0, 3.0], axes=[0])
        >>> float(mean), float(variance)
        (2.0, 1.0)
    """
    x = as_float(x)
    axes = as_axes(axes, len(x.shape), "moments")
    mean, variance = primitives.moments(widened(x), axes=axes)
    if x.dtype in HALVES:
        # A variance beyond float16's range is its largest number, as in Keras.
        mean, variance = [
            with_type(elementwise.clip(m, low=-_HALF_MAX, high=_HALF_MAX), x.dtype)
            for m in (mean, variance)
        ]
    if keepdims:
        return mean, variance
    shape = tuple([n for i, n in enumerate(x.shape) if i not in axes])
    return reshaped(mean, shape), reshaped(variance, shape)


@op
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """(x - mean) / √(variance + epsilon) · scale + offset.

    Args:
        x: a tensor.
        mean, variance: vectors along `axis`.
        axis: the axis that stays its own, usually the features'.
        offset, scale: vectors along `axis`; None for 0 and 1.
        epsilon: what keeps the root away from 0.
    """
    x = as_float(x)
    place = as_axis(axis, len(x.shape), "batch_normalization")
    given = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
    given = {k: None if v is None else with_type(v, x.dtype) for k, v in given.items()}
    for name, v in given.items():
        if v is not None and v.shape not in ((1,), (x.shape[place],)):
            raise ValueError(
                f"Arguments `{name}` must be a vector of length `x.shape[axis]`. "
                f"Expected: `{(x.shape[place],)}`. Received: `{tuple(v.shape)}`."
            )
    mean, variance, offset, scale = [
        None if v is None else reshaped(v, _along(x, place, v.shape[0]))
        for v in given.values()
    ]
    factor = elementwise.rsqrt(_plus(variance, epsilon))
    if scale is not None:
        factor = elementwise.multiply(factor, scale)
    return _standardized(x, mean, factor, offset)


def _along(x, place, size):
    return tuple([size if i == place else 1 for i in range(len(x.shape))])


def _scaled_like(y, weight, axes):
    """y times (or plus) a weight along the normalized axes: the weight's view."""
    weight = with_type(weight, y.dtype)
    if len(weight.shape) == len(y.shape):
        return weight
    along = [d if i in axes else 1 for i, d in enumerate(y.shape)]
    fits = math.prod(along) == math.prod(weight.shape)
    return reshaped(weight, along) if fits else weight


def _by_rows(normalize, x, axes, weights, epsilon):
    """Normalization by the kernel for rows, or None where it does not fit.

    Args:
        normalize: the primitive, of a matrix, vectors and epsilon.
        x: a value.
        axes: to normalize over.
        weights: for each of the primitive's weights a value along the axes, or None.
        epsilon: a number.
    """
    first = len(x.shape) - len(axes)
    if not axes or axes != tuple(range(first, len(x.shape))):
        return None
    n = math.prod(x.shape[first:])
    vectors = []
    for weight in weights:
        if weight is not None:
            weight = with_type(weight, x.dtype)
            if math.prod(weight.shape) != n or (
                len(axes) > 1 and weight.shape[-len(axes) :] != x.shape[first:]
            ):
                return None
            weight = reshaped(weight, (n,))
        vectors.append(weight)
    rows = reshaped(x, (math.prod(x.shape[:first]), n))
    return reshaped(normalize(rows, *vectors, epsilon=epsilon), x.shape)


def group_normalization(x, groups, axis, gamma, beta, epsilon):
    """Normalization over all axes but the first of each group of channels.

    Args:
        x: a tensor.
        groups: number of groups, which divides the channels.
        axis: the channels' axis.
        gamma, beta: vectors along the channels; None for 1 and 0.
        epsilon: what keeps the root away from 0.

    Returns:
        A tensor of x's shape.
    """
    given = as_float(x)
    x = widened(given)
    place = as_axis(axis, len(x.shape), "group_normalization")
    size = x.shape[place] // groups
    grouped = reshaped(x, (*x.shape[:place], groups, size, *x.shape[place + 1 :]))
    axes = tuple([i for i in range(1, len(grouped.shape)) if i != place])
    mean, variance = primitives.moments(grouped, axes=axes)
    along = [1] * len(grouped.shape)
    along[place : place + 2] = groups, size
    factor = elementwise.rsqrt(_plus(variance, epsilon))
    if gamma is not None:
        gamma = reshaped(with_type(gamma, x.dtype), along)
        factor = elementwise.multiply(factor, gamma)
    if beta is not None:
        beta = reshaped(with_type(beta, x.dtype), along)
    y = reshaped(_standardized(grouped, mean, factor, beta), x.shape)
    return with_type(y, given.dtype)


@op
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """(x - mean) / √(variance + epsilon) · gamma + beta, moments over axes.

    Args:
        x: a tensor.
        gamma, beta: weights along the axes; None for 1 and 0.
        axis: axis or axes to normalize over.
        epsilon: what keeps the root away from 0; `config.epsilon()` by default.
        **kwargs: `rms_scaling=True` divides by the root of the variance only, and
            adds nothing.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if rms_scaling:
        warnings.warn(
            "You passed `rms_scaling=True`, which is deprecated. This argument scales "
            "the input by the variance, not by the root mean square. To use RMS "
            "normalization, call `ops.rms_normalization`.",
            stacklevel=3,
        )
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    axes = as_axes(axis, len(x.shape), "layer_normalization")
    y = _by_layers(widened(x), gamma, beta, axes, epsilon, rms_scaling)
    return with_type(y, x.dtype)


def _by_layers(x, gamma, beta, axes, epsilon, rms_scaling):
    if rms_scaling:
        spread = reductions.var(x, axes, keepdims=True)
        y = elementwise.multiply(x, elementwise.rsqrt(_plus(spread, epsilon)))
    else:
        y = _by_rows(primitives.layer_norm, x, axes, [gamma, beta], epsilon)
        if y is not None:
            return y
        mean, variance = primitives.moments(x, axes=axes)
        y = _standardized(x, mean, elementwise.rsqrt(_plus(variance, epsilon)), None)
    if gamma is not None:
        y = elementwise.multiply(y, _scaled_like(y, gamma, axes))
    if beta is not None and not rms_scaling:
        y = elementwise.add(y, _scaled_like(y, beta, axes))
    return y


@op
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / √(mean(x²) + epsilon) · scale, the mean over axes.

    Args:
        x: a tensor.
        scale: weights along the axes; None for 1.
        axis: axis or axes.
        epsilon: what keeps the root away from 0; `config.epsilon()` by default.
    """
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    if not x.shape:
        x = reshaped(x, (1,))
    axes = as_axes(axis, len(x.shape), "rms_normalization")
    return with_type(_by_power(widened(x), scale, axes, epsilon), x.dtype)


def _by_power(x, scale, axes, epsilon):
    y = _by_rows(primitives.rms_norm, x, axes, [scale], epsilon)
    if y is not None:
        return y
    power = reductions.mean(elementwise.square(x), axes, keepdims=True)
    y = elementwise.multiply(x, elementwise.rsqrt(_plus(power, epsilon)))
    return y if scale is None else elementwise.multiply(y, with_type(scale, y.dtype))


@op
def normalize(x, axis=-1, order=2, epsilon=None):
    """x / max(‖x‖, epsilon), the norm over an axis.

    Args:
        x: a tensor.
        axis: axis or axes of the norm.
        order: the norm's exponent, an integer from 1 on.
        epsilon: least divisor; `config.epsilon()` by default.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(
            f"Argument `order` must be an int >= 1. Received: order={order}"
        )
    x = as_float(x)
    if not x.shape:
        x = reshaped(x, (1,))
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        total = reductions.sum(elementwise.square(x), axis, keepdims=True)
        largest = constant(1.0 / epsilon, x.dtype)
        factor = elementwise.minimum(elementwise.rsqrt(total), largest)
        return elementwise.multiply(x, factor)
    from ckeras.ops.linalg import norm

    length = norm(x, ord=order, axis=axis, keepdims=True)
    return elementwise.divide(
        x, elementwise.maximum(length, constant(epsilon, x.dtype))
    )


@op
def psnr(x1, x2, max_val):
    """Peak signal-to-noise ratio 20 · log₁₀(max_val) - 10 · log₁₀(mean((x1 - x2)²)).

    Args:
        x1, x2: signals of the same shape.
        max_val: the largest value a signal can have.

    Raises:
        ValueError: if the shapes differ.
    """
    x1, x2 = pair(x1, x2, "float")
    if x1.shape != x2.shape:
        raise ValueError(
            f"Input shapes {x1.shape} and {x2.shape} must match for PSNR calculation. "
        )
    error = reductions.mean(elementwise.square(elementwise.subtract(x1, x2)))
    peak = elementwise.log(with_type(max_val, x1.dtype))
    decibel = constant(20 / math.log(10), x1.dtype)
    half = elementwise.multiply(elementwise.log(error), constant(0.5, x1.dtype))
    return elementwise.multiply(elementwise.subtract(peak, half), decibel)
