"""Zeros around sequences, images and volumes."""

from ckeras import ops
from ckeras.layers.reshaping.borders import Bordered, standardize_borders
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"]


class _ZeroPadding(Bordered):
    @property
    def _borders(self):
        return self.padding

    def compute_output_shape(self, input_shape):
        return self._changed(input_shape, +1)

    def call(self, inputs):
        return ops.pad(inputs, self._for_all_axes(self._borders, (0, 0)))

    def get_config(self):
        config = {"padding": self.padding, "data_format": self.data_format}
        return {**super().get_config(), **config}


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after a sequence.

    Args:
        padding: how many steps, an integer or a pair (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another kind of `padding`, or a negative one.

    Example:

    >>> ckeras.layers.ZeroPadding1D((1, 2))(np.ones((4, 5, 3))).shape
    (4, 8, 3)
    """

    _dimensions = 1

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.padding = standardize_tuple(padding, 2, "padding", allow_zero=True)

    @property
    def _borders(self):
        return (self.padding,)


class ZeroPadding2D(_ZeroPadding):
    """Zeros around an image.

    Args:
        padding: how many rows and columns: an integer for all sides, a pair (rows,
            columns), or a pair of pairs ((top, bottom), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another kind of `padding`, or a negative one.

    Example:

    >>> ckeras.layers.ZeroPadding2D(((0, 1), (2, 3)))(np.ones((4, 5, 6, 3))).shape
    (4, 6, 11, 3)
    """

    _dimensions = 2

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.padding = standardize_borders(
            padding,
            2,
            "padding",
            "an int, a tuple of 2 ints (symmetric_height_crop, symmetric_width_crop), "
            "or a tuple of 2 tuples of 2 ints "
            "((top_crop, bottom_crop), (left_crop, right_crop))",
        )


class ZeroPadding3D(_ZeroPadding):
    """Zeros around a volume.

    Args:
        padding: how many planes, rows and columns: an integer for all sides, three
            integers, or three pairs (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another kind of `padding`, or a negative one.

    Example:

    >>> ckeras.layers.ZeroPadding3D((1, 2, 3))(np.ones((4, 5, 5, 5, 3))).shape
    (4, 7, 9, 11, 3)
    """

    _dimensions = 3

    def __init__(self, padding=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.padding = standardize_borders(
            padding,
            3,
            "padding",
            "an int, a tuple of 3 ints (symmetric_dim1_pad, symmetric_dim2_pad, "
            "symmetric_dim3_pad), or a tuple of 3 tuples of 2 ints ((left_dim1_pad, "
            "right_dim1_pad), (left_dim2_pad, right_dim2_pad), (left_dim3_pad, "
            "right_dim2_pad))",
        )
