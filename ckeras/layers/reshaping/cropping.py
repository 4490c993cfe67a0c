"""Sequences, images and volumes without their borders."""

from ckeras.layers.reshaping.borders import Bordered, standardize_borders
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["Cropping1D", "Cropping2D", "Cropping3D"]


class _Cropping(Bordered):
    @property
    def _borders(self):
        return self.cropping

    def _cropped(self, shape, name):
        """The shape that is left.

        Raises:
            ValueError: if nothing is.
        """
        left = self._changed(shape, -1)
        sizes = left[2:] if self.data_format == "channels_first" else left[1:-1]
        if any(n is not None and n <= 0 for n in sizes):
            raise ValueError(self._refusal(f"{name}={tuple(shape)}"))
        return left

    def _refusal(self, received):
        return (
            "Values in `cropping` argument should be smaller than the corresponding "
            f"spatial dimension of the input. Received: {received}, "
            f"cropping={self.cropping}"
        )

    def compute_output_shape(self, input_shape):
        return self._cropped(input_shape, "input_shape")

    def call(self, inputs):
        left = self._cropped(inputs.shape, "inputs.shape")
        pairs = self._for_all_axes(self._borders, (0, 0))
        return inputs[
            tuple(
                slice(before, before + n)
                for (before, _), n in zip(pairs, left, strict=True)
            )
        ]

    def get_config(self):
        config = {"cropping": self.cropping, "data_format": self.data_format}
        return {**super().get_config(), **config}


class Cropping1D(_Cropping):
    """A sequence without its first and last steps.

    Args:
        cropping: how many steps, an integer or a pair (first, last).

    Raises:
        ValueError: for another kind of `cropping`, and if no step is left.

    Example:

    >>> ckeras.layers.Cropping1D((1, 2))(np.ones((4, 5, 3))).shape
    (4, 2, 3)
    """

    _dimensions = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(data_format="channels_last", **kwargs)
        self.cropping = standardize_tuple(cropping, 2, "cropping", allow_zero=True)

    @property
    def _borders(self):
        return (self.cropping,)

    def _refusal(self, received):
        return (
            "`cropping` parameter of `Cropping1D` layer must be smaller than the "
            f"input length. Received: {received}, cropping={self.cropping}"
        )

    def get_config(self):
        config = super().get_config()
        del config["data_format"]
        return config


class Cropping2D(_Cropping):
    """An image without its borders.

    Args:
        cropping: how many rows and columns: an integer for all sides, a pair (rows,
            columns), or a pair of pairs ((top, bottom), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another kind of `cropping`, and if no pixel is left.

    Example:

    >>> ckeras.layers.Cropping2D(((0, 1), (2, 3)))(np.ones((4, 5, 6, 3))).shape
    (4, 4, 1, 3)
    """

    _dimensions = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.cropping = standardize_borders(
            cropping,
            2,
            "cropping",
            "an int, a tuple of 2 ints (symmetric_height_crop, symmetric_width_crop), "
            "or a tuple of 2 tuples of 2 ints "
            "((top_crop, bottom_crop), (left_crop, right_crop))",
        )


class Cropping3D(_Cropping):
    """A volume without its borders.

    Args:
        cropping: how many planes, rows and columns: an integer for all sides, three
            integers, or three pairs (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another kind of `cropping`, and if no voxel is left.

    Example:

    >>> ckeras.layers.Cropping3D((1, 2, 1))(np.ones((4, 5, 5, 5, 3))).shape
    (4, 3, 1, 3, 3)
    """

    _dimensions = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.cropping = standardize_borders(
            cropping,
            3,
            "cropping",
            "an int, a tuple of 3 ints (symmetric_dim1_crop, symmetric_dim2_crop, "
            "symmetric_dim3_crop), or a tuple of 3 tuples of 2 ints ((left_dim1_crop, "
            "right_dim1_crop), (left_dim2_crop, right_dim2_crop), (left_dim3_crop, "
            "right_dim2_crop))",
        )
