"""Batch renormalization: a batch's moments corrected towards slowly moving ones.

With the batch's mean m and deviation s, and the moving m' and s', the normalized x̂
becomes x̂ r + d, r = s / s' and d = (m - m') / s', through which no gradient passes: in
the forward direction x is normalized by the moving moments (Ioffe, 2017).
"""

import math

from ckeras import ops

__all__ = ["checked_clipping", "corrected", "update"]

_BOUNDS = ["rmax", "rmin", "dmax"]


def checked_clipping(clipping):
    """The bounds of r and d as a dictionary.

    Raises:
        ValueError: for unknown or contradicting bounds.
    """
    clipping = clipping or {}
    if set(clipping) - set(_BOUNDS):
        raise ValueError(
            "Received invalid keys for `renorm_clipping` argument: "
            f"{clipping}. Supported values: {_BOUNDS}."
        )
    rmax, rmin, dmax = [clipping.get(name) for name in _BOUNDS]
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. "
            f"Received: rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            "dmax should be non-negative in the `renorm_clipping` argument. "
            f"Received: dmax={dmax}."
        )
    return clipping


def corrected(layer, mean, variance):
    """gamma and beta of a layer with the correction in them."""
    dtype, clipping = mean.dtype, layer.renorm_clipping
    moving = ops.cast(layer.renorm_stddev, dtype)
    # The moving deviation is small at first, and divides.
    moving = ops.maximum(moving, math.sqrt(layer.epsilon))
    r = ops.sqrt(variance + layer.epsilon) / moving
    d = (mean - ops.cast(layer.renorm_mean, dtype)) / moving
    if clipping.get("rmin") is not None:
        r = ops.maximum(r, clipping["rmin"])
    if clipping.get("rmax") is not None:
        r = ops.minimum(r, clipping["rmax"])
    if clipping.get("dmax") is not None:
        d = ops.clip(d, -clipping["dmax"], clipping["dmax"])
    gamma, beta = ops.stop_gradient(r), ops.stop_gradient(d)
    if layer.gamma is not None:
        weight = ops.cast(layer.gamma, dtype)
        gamma, beta = gamma * weight, beta * weight
    if layer.beta is not None:
        beta = beta + ops.cast(layer.beta, dtype)
    return gamma, beta


def update(layer, mean, variance):
    """Moves all moving statistics of a layer towards those of a batch."""
    deviation = ops.sqrt(variance + layer.epsilon)
    layer._move("renorm_mean", mean, layer.renorm_momentum)
    layer._move("renorm_stddev", deviation, layer.renorm_momentum)
    layer._move("moving_mean", mean, layer.momentum)
    layer._move("moving_stddev", deviation, layer.momentum)
    # Rounding must not make the variance negative.
    squared = ops.square(ops.convert_to_tensor(layer.moving_stddev))
    layer.moving_variance.assign(ops.relu(squared - layer.epsilon))
