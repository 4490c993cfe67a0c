"""Gaussian noise during training, and a penalty on activities."""

import math

from ckeras import ops, random, regularizers
from ckeras.layers.base.layer import Layer
from ckeras.layers.regularization.dropout import BaseDropout, check_rate

__all__ = ["ActivityRegularization", "GaussianDropout", "GaussianNoise"]


class GaussianNoise(BaseDropout):
    """Adds normally distributed numbers during training.

    Args:
        stddev: their standard deviation, in [0, 1].
        seed: integer for repeatable noise.

    Raises:
        ValueError: if `stddev` is not in [0, 1].
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stddev = check_rate(stddev, "stddev")
        self._take_seed(seed, wanted=stddev > 0)

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return inputs
        return inputs + random.normal(
            shape=ops.shape(inputs),
            mean=0.0,
            stddev=self.stddev,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(BaseDropout):
    """Multiplies with normally distributed numbers around 1 during training.

    Args:
        rate: as of `Dropout`; the standard deviation is `sqrt(rate / (1 - rate))`.
        seed: integer for repeatable noise.

    Raises:
        ValueError: if `rate` is not in [0, 1].
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = check_rate(rate)
        self._take_seed(seed, wanted=rate > 0)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        return inputs * random.normal(
            shape=ops.shape(inputs),
            mean=1.0,
            stddev=math.sqrt(self.rate / (1.0 - self.rate)),
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class ActivityRegularization(Layer):
    """Returns its input, and adds a penalty on it to the loss.

    Args:
        l1: factor of the sum of absolute values.
        l2: factor of the sum of squares.
    """

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1 = l1
        self.l2 = l2
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return {**config, "l1": self.l1, "l2": self.l2}
