"""Maxima of windows."""

from ckeras import ops
from ckeras.layers.pooling.base_pooling import BasePooling

__all__ = ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"]


class _MaxPooling(BasePooling):
    def call(self, inputs):
        return self._pool(ops.max_pool, inputs)


class MaxPooling1D(_MaxPooling):
    """The maximum of each window of a sequence.

    Args:
        pool_size: size of a window, an integer.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, which
            end at the borders.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.MaxPooling1D(2)(np.ones((4, 9, 3))).shape
    (4, 4, 3)
    """

    def __init__(
        self,
        pool_size=2,
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


class MaxPooling2D(_MaxPooling):
    """The maximum of each window of an image.

    Args:
        pool_size: size of a window, an integer or two.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, which
            end at the borders.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.MaxPooling2D(2)(np.ones((4, 9, 8, 3))).shape
    (4, 4, 4, 3)
    """

    def __init__(
        self,
        pool_size=(2, 2),
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


class MaxPooling3D(_MaxPooling):
    """The maximum of each window of a volume.

    Args:
        pool_size: size of a window, an integer or three.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, which
            end at the borders.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:

    >>> ckeras.layers.MaxPooling3D(2)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 4, 4, 3, 3)
    """

    def __init__(
        self,
        pool_size=(2, 2, 2),
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
