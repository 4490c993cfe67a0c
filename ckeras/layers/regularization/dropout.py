"""Random zeros during training."""

from ckeras import random
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.layer import Layer

__all__ = ["BaseDropout", "Dropout", "check_rate", "checked_noise_shape", "mask_shape"]


def check_rate(rate, what="rate"):
    """Raises unless `rate` is a number in [0, 1]."""
    if not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
        raise ValueError(
            f"Invalid value received for argument `{what}`. Expected a float value "
            f"between 0 and 1. Received: {what}={rate}"
        )
    return rate


def checked_noise_shape(noise_shape):
    """The shape of a random mask as a tuple, or None.

    Raises:
        ValueError: unless it has positive integers or None in it.
    """
    if noise_shape is None:
        return None
    if not isinstance(noise_shape, (list, tuple)):
        raise ValueError(
            "Invalid value received for argument `noise_shape`. Expected a tuple "
            f"or list of integers. Received: noise_shape={noise_shape}"
        )
    for size in noise_shape:
        if size is None:
            continue
        if not isinstance(size, int):
            expected = "Expected all elements to be integers or None."
        elif size <= 0:
            expected = "Expected all dimensions to be positive integers or None."
        else:
            continue
        raise ValueError(
            f"Invalid value received for argument `noise_shape`. {expected} "
            f"Received: noise_shape={noise_shape}"
        )
    return tuple(noise_shape)


def mask_shape(noise_shape, inputs):
    """The shape of the random mask for inputs."""
    if noise_shape is None:
        return None
    return tuple(
        own if size is None else size
        for own, size in zip(inputs.shape, noise_shape, strict=True)
    )


class BaseDropout(Layer):
    """What the layers have in common that are random during training."""

    def _take_seed(self, seed, wanted=True):
        self.seed = seed
        if wanted:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, inputs, training=False):
        return KerasTensor(inputs.shape, dtype=inputs.dtype)


class Dropout(BaseDropout):
    """Sets inputs to 0 at random during training, and scales up the others.

    With rate `r`, what is kept is multiplied by `1 / (1 - r)`, so that the expected
    sum stays the same. Outside of training the input is returned.

    Args:
        rate: share of the inputs that becomes 0.
        noise_shape: shape of the random mask, which is broadcast to the input's;
            None in it stands for the input's own size.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1].

    Example:

    >>> layer = ckeras.layers.Dropout(0.5, seed=1)
    >>> layer(np.ones((2, 3)), training=False).numpy().sum()
    np.float32(6.0)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = check_rate(rate)
        self.noise_shape = checked_noise_shape(noise_shape)
        self._take_seed(seed, wanted=rate > 0)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        shape = mask_shape(self.noise_shape, inputs)
        return random.dropout(inputs, self.rate, shape, self.seed_generator)

    def get_config(self):
        config = {
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }
        return {**super().get_config(), **config}
