"""Means of windows."""

from ckeras import ops
from ckeras.layers.pooling.base_pooling import BasePooling

__all__ = ["AveragePooling1D", "AveragePooling2D", "AveragePooling3D"]


class _AveragePooling(BasePooling):
    def call(self, inputs):
        return self._pool(ops.average_pool, inputs)


class AveragePooling1D(_AveragePooling):
    """The mean of each window of a sequence.

    Args:
        pool_size: size of a window, an integer.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, of
            which those at the borders count fewer pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.AveragePooling1D(2)(np.ones((4, 9, 3))).shape
    (4, 4, 3)
    """

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            pool_size,
            strides,
            pool_dimensions=1,
            padding=padding,
            data_format=data_format,
            name=name,
            **kwargs,
        )


class AveragePooling2D(_AveragePooling):
    """The mean of each window of an image.

    Args:
        pool_size: size of a window, an integer or two.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, of
            which those at the borders count fewer pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.AveragePooling2D(2)(np.ones((4, 9, 8, 3))).shape
    (4, 4, 4, 3)
    """

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            pool_size,
            strides,
            pool_dimensions=2,
            padding=padding,
            data_format=data_format,
            name=name,
            **kwargs,
        )


class AveragePooling3D(_AveragePooling):
    """The mean of each window of a volume.

    Args:
        pool_size: size of a window, an integer or three.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, of
            which those at the borders count fewer pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.AveragePooling3D(2)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 4, 4, 3, 3)
    """

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            pool_size,
            strides,
            pool_dimensions=3,
            padding=padding,
            data_format=data_format,
            name=name,
            **kwargs,
        )
