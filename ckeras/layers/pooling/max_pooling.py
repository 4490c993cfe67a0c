"""Maxima of windows."""

from ckeras.layers.pooling.base_pooling import BasePooling

__all__ = ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"]


class _MaxPooling(BasePooling):
    """The maximum of each window of a sequence, an image or a volume.

    Args:
        pool_size: size of a window, one number for all axes or one each.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ windows, which
            end at the borders.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    _op = "max_pool"

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling1D(_MaxPooling):
    __doc__ = f"""{_MaxPooling.__doc__}
    Example:

    >>> ckeras.layers.MaxPooling1D(2)(np.ones((4, 9, 3))).shape
    (4, 4, 3)
    """

    _dimensions = 1


class MaxPooling2D(_MaxPooling):
    __doc__ = f"""{_MaxPooling.__doc__}
    Example:

    >>> ckeras.layers.MaxPooling2D(2)(np.ones((4, 9, 8, 3))).shape
    (4, 4, 4, 3)
    """

    _dimensions = 2


class MaxPooling3D(_MaxPooling):
    __doc__ = f"""{_MaxPooling.__doc__}
    Example:

    >>> ckeras.layers.MaxPooling3D(2)(np.ones((4, 9, 8, 7, 3))).shape
    (4, 4, 4, 3, 3)
    """

    _dimensions = 3
