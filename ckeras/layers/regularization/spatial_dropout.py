"""Dropout of whole channels."""

from ckeras import ops, random
from ckeras.engine import config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.regularization.dropout import BaseDropout, check_rate

__all__ = ["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"]


class _SpatialDropout(BaseDropout):
    """Base of the layers for inputs with 1 to 3 axes besides batch and channels."""

    spatial_axes: int
    data_format = "channels_last"

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.rate = check_rate(rate)
        self._take_seed(seed, wanted=rate > 0)
        self.input_spec = InputSpec(ndim=self.spatial_axes + 2)

    def _mask_shape(self, inputs):
        batch, *sizes = ops.shape(inputs)
        if self.data_format == "channels_first":
            return (batch, sizes[0], *[1] * self.spatial_axes)
        return (batch, *[1] * self.spatial_axes, sizes[-1])

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        shape = self._mask_shape(inputs)
        return random.dropout(inputs, self.rate, shape, self.seed_generator)

    def get_config(self):
        return {
            "rate": self.rate,
            "seed": self.seed,
            "name": self.name,
            "dtype": self.dtype,
        }


class _SpatialDropoutOfImages(_SpatialDropout):
    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        if data_format is None:
            data_format = config.image_data_format()
        if data_format not in ("channels_first", "channels_last"):
            raise ValueError(
                "The `data_format` argument must be one of "
                "{'channels_first', 'channels_last'}. "
                f"Received: data_format={data_format}"
            )
        self.data_format = data_format

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout1D(_SpatialDropout):
    """Dropout that sets whole channels to 0, the same ones at every timestep.

    Args:
        rate: share of the channels that becomes 0.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1].
    """

    spatial_axes = 1


class SpatialDropout2D(_SpatialDropoutOfImages):
    """Dropout that sets whole channels of images to 0.

    Args:
        rate: share of the channels that becomes 0.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1], or for an unknown `data_format`.
    """

    spatial_axes = 2


class SpatialDropout3D(_SpatialDropoutOfImages):
    """Dropout that sets whole channels of volumes to 0.

    Args:
        rate: share of the channels that becomes 0.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        seed: integer for repeatable masks.

    Raises:
        ValueError: if `rate` is not in [0, 1], or for an unknown `data_format`.
    """

    spatial_axes = 3
