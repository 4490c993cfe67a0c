"""Random zeros during training."""

from ckeras import ops, random
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer

__all__ = ["BaseDropout", "Dropout", "SpatialDropout1D"]


def check_rate(rate, what="rate"):
    """Raises unless `rate` is a number in [0, 1]."""
    if not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
        raise ValueError(
            f"Invalid value received for argument `{what}`. Expected a float value "
            f"between 0 and 1. Received: {what}={rate}"
        )
    return rate


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
        self.noise_shape = self._checked_noise_shape(noise_shape)
        self._take_seed(seed, wanted=rate > 0)

    def _checked_noise_shape(self, noise_shape):
        if noise_shape is None:
            return None
        if not isinstance(noise_shape, (list, tuple)):
            raise ValueError(
                "Invalid value received for argument `noise_shape`. Expected a tuple "
                f"or list of integers. Received: noise_shape={noise_shape}"
            )
        for size in noise_shape:
            if size is not None and (not isinstance(size, int) or size <= 0):
                raise ValueError(
                    "Invalid value received for argument `noise_shape`. Expected all "
                    "elements to be positive integers or None. "
                    f"Received: noise_shape={noise_shape}"
                )
        return tuple(noise_shape)

    def _mask_shape(self, inputs):
        if self.noise_shape is None:
            return None
        return tuple(
            own if size is None else size
            for own, size in zip(inputs.shape, self.noise_shape, strict=True)
        )

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        return random.dropout(
            inputs, self.rate, self._mask_shape(inputs), self.seed_generator
        )

    def get_config(self):
        config = {
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }
        return {**super().get_config(), **config}


class SpatialDropout1D(BaseDropout):
    """Dropout that sets whole features to 0, the same ones at every timestep.

    Args:
        rate: share of the features that becomes 0.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1].
    """

    def __init__(self, rate, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.rate = check_rate(rate)
        self._take_seed(seed, wanted=rate > 0)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        batch, _, features = ops.shape(inputs)
        return random.dropout(
            inputs, self.rate, (batch, 1, features), self.seed_generator
        )

    def get_config(self):
        return {
            "rate": self.rate,
            "seed": self.seed,
            "name": self.name,
            "dtype": self.dtype,
        }
