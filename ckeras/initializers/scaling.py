"""Initializers whose spread follows from the weight's shape."""

import math

from ckeras import random
from ckeras.initializers.random import RandomInitializer

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "VarianceScaling",
    "compute_fans",
]

# Standard deviation of a standard normal distribution cut off at -2 and 2.
_TRUNCATED_STDDEV = 0.87962566103423978


def compute_fans(shape, input_axes=None, output_axes=None):
    """Numbers of inputs and outputs of a unit of a weight of this shape."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        fan_in = math.prod(shape[a] for a in input_axes)
        return int(fan_in), int(math.prod(shape[a] for a in output_axes))
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return int(size), int(size)
    field = math.prod(shape[:-2])
    return int(shape[-2] * field), int(shape[-1] * field)


class VarianceScaling(RandomInitializer):
    """Draws with a variance of `scale / fan`.

    Args:
        scale: positive factor.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`: what `fan` is.
        distribution: `"truncated_normal"`, `"untruncated_normal"` or `"uniform"`.
        seed: see `RandomInitializer`.
        input_axes, output_axes: axes that count as inputs and as outputs; by default
            the last axis is the output, the last but one the input.

    Raises:
        ValueError: for an argument out of its range.
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        if scale <= 0.0:
            raise ValueError(
                f"Argument `scale` must be positive float. Received: scale={scale}"
            )
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(
                f"Invalid `mode` argument: {mode}. Please use one of {modes}"
            )
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        kinds = ("uniform", "truncated_normal", "untruncated_normal")
        if distribution not in kinds:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. "
                f"Please use one of {kinds}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, stddev, dtype, self.seed)
        stddev /= _TRUNCATED_STDDEV
        return random.truncated_normal(shape, 0.0, stddev, dtype, self.seed)


class GlorotUniform(VarianceScaling):
    """Uniform over ±sqrt(6 / (fan_in + fan_out)).

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


class GlorotNormal(VarianceScaling):
    """Truncated normal of variance 2 / (fan_in + fan_out).

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        kind = "truncated_normal"
        super().__init__(1.0, "fan_avg", kind, seed, input_axes, output_axes)


class LecunNormal(VarianceScaling):
    """Truncated normal of variance 1 / fan_in.

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        kind = "truncated_normal"
        super().__init__(1.0, "fan_in", kind, seed, input_axes, output_axes)


class LecunUniform(VarianceScaling):
    """Uniform over ±sqrt(3 / fan_in).

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


class HeNormal(VarianceScaling):
    """Truncated normal of variance 2 / fan_in.

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        kind = "truncated_normal"
        super().__init__(2.0, "fan_in", kind, seed, input_axes, output_axes)


class HeUniform(VarianceScaling):
    """Uniform over ±sqrt(6 / fan_in).

    Args:
        seed: see `RandomInitializer`.
        input_axes, output_axes: see `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)
