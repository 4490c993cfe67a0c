"""Initializers that draw: normal, uniform, orthogonal."""

import random as python_random

import numpy as np

from ckeras import ops, random
from ckeras.engine.values.dtypes import standardize_dtype
from ckeras.initializers.initializer import Initializer
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
]


class RandomInitializer(Initializer):
    """Base of the initializers that draw.

    Args:
        seed: an integer or None gives the same values on every call (None: those of
            a seed chosen at construction); a `SeedGenerator` gives new ones.

    Raises:
        ValueError: if `seed` is something else.
    """

    def __init__(self, seed=None):
        self._init_seed = seed
        if seed is None:
            seed = python_random.randint(1, 10**9)
        elif isinstance(seed, dict):
            seed = deserialize_keras_object(seed)
        elif not isinstance(seed, (int, random.SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of "
                "`keras.random.SeedGenerator()` or an integer. "
                f"Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self):
        config = super().get_config()
        return {**config, "seed": serialize_keras_object(self._init_seed)}


class RandomNormal(RandomInitializer):
    """Draws from a normal distribution.

    Args:
        mean: expectation.
        stddev: standard deviation.
        seed: see `RandomInitializer`.
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(RandomInitializer):
    """Draws from a normal distribution cut off two deviations from its mean.

    Args:
        mean: expectation.
        stddev: standard deviation before cutting.
        seed: see `RandomInitializer`.
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Draws from a uniform distribution over [minval, maxval).

    Args:
        minval: lower bound.
        maxval: upper bound.
        seed: see `RandomInitializer`.
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)


class Orthogonal(RandomInitializer):
    """A matrix with orthogonal rows or columns, whichever are fewer.

    The Q of a normal matrix's QR decomposition, its signs chosen so that all
    orthogonal matrices are equally likely. More than two axes: the last one against
    all others.

    Args:
        gain: factor.
        seed: see `RandomInitializer`.

    Raises:
        ValueError: when called for fewer than two axes.
    """

    def __init__(self, gain=1.0, seed=None):
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        drawn = np.asarray(random.normal(flat, dtype="float64", seed=self.seed))
        q, r = np.linalg.qr(drawn)
        q = q * np.sign(np.diag(r))
        value = self.gain * (q.T if rows < columns else q).reshape(shape)
        return ops.convert_to_tensor(value, dtype=standardize_dtype(dtype))
