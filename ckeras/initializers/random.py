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

    The Q of a normal matrix's QR decomposition whose R has a positive diagonal: so all
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
        q = orthonormal_rows(drawn.T)
        value = self.gain * (q if rows < columns else q.T).reshape(shape)
        return ops.convert_to_tensor(value, dtype=standardize_dtype(dtype))


def orthonormal_rows(matrix, block_size=32):
    """The rows of a matrix made orthonormal, each by what those before it leave of it.

    Gram-Schmidt by blocks, everything subtracted twice: that is enough for
    orthogonality to rounding (Giraud et al., 2005, "Rounding error analysis of the
    classical Gram-Schmidt orthogonalization process"). LAPACK's QR is as fast, but
    after it the threads of NumPy's BLAS go on spinning for 100 ms, in which the first
    steps of training would share the CPUs with them.

    Args:
        matrix: array of shape (k, n), k at most n, of rank k.
        block_size: rows that are subtracted from each other one by one.

    Returns:
        A new array of the same shape.
    """
    q = np.array(matrix, order="C")
    for start in range(0, len(q), block_size):
        done, block = q[:start], q[start : start + block_size]
        for _ in range(2):
            if start:
                _subtract_projection(block, done)
            for i, row in enumerate(block):
                if i:
                    _subtract_projection(row, block[:i])
                row /= np.sqrt(np.square(row).sum())
    return q


def _subtract_projection(rows, basis):
    rows -= np.asarray(ops.matmul(ops.matmul(rows, basis.T), basis))
