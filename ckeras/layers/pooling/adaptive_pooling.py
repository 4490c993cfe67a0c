"""Pooling to a given number of windows, whatever the size of the inputs."""

from ckeras import ops
from ckeras.engine import config
from ckeras.layers.base.layer import Layer
from ckeras.layers.pooling.base_pooling import sizes_replaced

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
]

_EXPECTED = {
    1: "an integer or tuple of 1 integer",
    2: "an integer or (height, width) tuple",
    3: "an integer or (depth, height, width) tuple",
}


class _AdaptivePooling(Layer):
    """Base: `_dimensions` spatial axes get the sizes `output_size`."""

    _dimensions = None

    def __init__(self, output_size, data_format=None, **kwargs):
        n = self._dimensions
        several = isinstance(output_size, (tuple, list))
        if isinstance(output_size, int):
            sizes = (output_size,) * n
        elif n == 1 and several and len(output_size) != 1:
            raise ValueError(
                "For 1D input, `output_size` tuple must have length 1. "
                f"Received: {output_size}"
            )
        elif several and len(output_size) == n:
            sizes = tuple(output_size)
        else:
            raise TypeError(
                f"`output_size` must be {_EXPECTED[n]}. "
                f"Received: {output_size} of type {type(output_size)}"
            )
        super().__init__(**kwargs)
        self.output_size = sizes
        self.data_format = data_format or config.image_data_format()
        if self.data_format not in ("channels_first", "channels_last"):
            raise ValueError(
                f"Invalid data_format: {self.data_format}. "
                "Expected 'channels_first' or 'channels_last'."
            )

    def compute_output_shape(self, input_shape):
        return sizes_replaced(tuple(input_shape), self.output_size, self.data_format)

    def get_config(self):
        config = {"output_size": self.output_size, "data_format": self.data_format}
        return {**super().get_config(), **config}


class _AdaptiveAveragePooling(_AdaptivePooling):
    """The mean of each of as many windows as are wanted, which cover the inputs.

    Args:
        output_size: number of windows, one for all axes or one each.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        TypeError: for an `output_size` of another kind.
    """

    def call(self, inputs):
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class _AdaptiveMaxPooling(_AdaptivePooling):
    """The maximum of each of as many windows as are wanted, which cover the inputs.

    Args:
        output_size: number of windows, one for all axes or one each.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        TypeError: for an `output_size` of another kind.
    """

    def call(self, inputs):
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    __doc__ = f"""{_AdaptiveAveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveAveragePooling1D(5)(np.ones((4, 9, 3))).shape
    (4, 5, 3)
    """

    _dimensions = 1


class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    __doc__ = f"""{_AdaptiveAveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveAveragePooling2D(5)(np.ones((4, 9, 8, 3))).shape
    (4, 5, 5, 3)
    """

    _dimensions = 2


class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    __doc__ = f"""{_AdaptiveAveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveAveragePooling3D(5)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 5, 5, 5, 3)
    """

    _dimensions = 3


class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    __doc__ = f"""{_AdaptiveMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveMaxPooling1D(5)(np.ones((4, 9, 3))).shape
    (4, 5, 3)
    """

    _dimensions = 1


class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    __doc__ = f"""{_AdaptiveMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveMaxPooling2D(5)(np.ones((4, 9, 8, 3))).shape
    (4, 5, 5, 3)
    """

    _dimensions = 2


class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    __doc__ = f"""{_AdaptiveMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.AdaptiveMaxPooling3D(5)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 5, 5, 5, 3)
    """

    _dimensions = 3
