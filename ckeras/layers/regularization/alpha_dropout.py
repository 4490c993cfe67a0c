"""Dropout for self-normalizing networks."""

from ckeras import ops, random
from ckeras.layers.regularization.dropout import (
    BaseDropout,
    check_rate,
    checked_noise_shape,
    mask_shape,
)

__all__ = ["AlphaDropout"]

# What SELU approaches far left (Klambauer et al., Self-Normalizing Neural Networks).
_DROPPED = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


class AlphaDropout(BaseDropout):
    """Dropout that leaves mean 0 and variance 1 as they are, for use with `selu`.

    What is dropped becomes the value that `selu` has far left, and everything is then
    scaled and shifted.

    Args:
        rate: share of the inputs that is dropped.
        noise_shape: shape of the random mask, as for `Dropout`.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1].
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = check_rate(rate)
        self.noise_shape = checked_noise_shape(noise_shape)
        self._take_seed(seed, wanted=rate > 0)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        shape = mask_shape(self.noise_shape, inputs) or ops.shape(inputs)
        kept = random.uniform(shape, seed=self.seed_generator) >= self.rate
        kept = ops.cast(kept, inputs.dtype)
        a = ((1 - self.rate) * (1 + self.rate * _DROPPED**2)) ** -0.5
        b = -a * _DROPPED * self.rate
        return a * (inputs * kept + _DROPPED * (1 - kept)) + b

    def get_config(self):
        config = {
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }
        return {**super().get_config(), **config}
