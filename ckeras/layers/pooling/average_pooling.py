"""Means of windows."""

from ckeras.layers.pooling.base_pooling import BasePooling

__all__ = ["AveragePooling1D", "AveragePooling2D", "AveragePooling3D"]


class _AveragePooling(BasePooling):
    """The mean of each window of a sequence, an image or a volume.

    Args:
        pool_size: size of a window, one number for all axes or one each.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, of
            which those at the borders count fewer pixels.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    _op = "average_pool"


class AveragePooling1D(_AveragePooling):
    __doc__ = f"""{_AveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AveragePooling1D(2)(np.ones((4, 9, 3))).shape
    (4, 4, 3)
    """

    _dimensions = 1


class AveragePooling2D(_AveragePooling):
    __doc__ = f"""{_AveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AveragePooling2D(2)(np.ones((4, 9, 8, 3))).shape
    (4, 4, 4, 3)
    """

    _dimensions = 2


class AveragePooling3D(_AveragePooling):
    __doc__ = f"""{_AveragePooling.__doc__}
    Example:

    >>> ckeras.layers.AveragePooling3D(2)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 4, 4, 3, 3)
    """

    _dimensions = 3
