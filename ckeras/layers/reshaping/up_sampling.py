"""Sequences, images and volumes with several pixels in place of each."""

from ckeras import ops
from ckeras.engine import config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["UpSampling1D", "UpSampling2D", "UpSampling3D"]


class _UpSampling(Layer):
    """Base: spatial sizes are multiplied by `_factors`."""

    _dimensions = None

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._dimensions + 2)

    @property
    def _factors(self):
        return self.size

    @property
    def _first_axis(self):
        return 1 if self.data_format == "channels_last" else 2

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        for axis, factor in enumerate(self._factors, start=self._first_axis):
            if shape[axis] is not None:
                shape[axis] *= factor
        return tuple(shape)

    def call(self, inputs):
        return self._repeated(inputs)

    def _repeated(self, x):
        """Every pixel `_factors` times, in one copy."""
        first = self._first_axis
        narrow, wide = list(x.shape[:first]), list(x.shape[:first])
        for n, factor in zip(x.shape[first:], self._factors, strict=False):
            narrow += [n, 1]
            wide += [n, factor]
        rest = x.shape[first + self._dimensions :]
        y = ops.broadcast_to(ops.reshape(x, (*narrow, *rest)), (*wide, *rest))
        return ops.reshape(y, self.compute_output_shape(x.shape))


class UpSampling1D(_UpSampling):
    """Every step of a sequence `size` times.

    Args:
        size: a positive integer.

    Raises:
        TypeError: if `size` is no integer.
        ValueError: if it is not positive.

    Example:

    >>> ckeras.layers.UpSampling1D(3)(np.ones((4, 5, 2))).shape
    (4, 15, 2)
    """

    _dimensions = 1

    def __init__(self, size=2, **kwargs):
        super().__init__(data_format="channels_last", **kwargs)
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(
                f"Argument `size` should be a positive integer. Received: size={size}"
            )
        self.size = size

    @property
    def _factors(self):
        return (self.size,)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class UpSampling2D(_UpSampling):
    """Images with `size` times as many rows and columns.

    Args:
        size: factors for rows and columns, an integer or a pair.
        data_format: `"channels_last"` or `"channels_first"`.
        interpolation: `"nearest"` repeats pixels; `"bilinear"`, `"bicubic"`,
            `"lanczos3"` and `"lanczos5"` as in `ops.image.resize`.

    Raises:
        ValueError: if `size` is not positive, or for an unknown interpolation.

    Example:

    >>> ckeras.layers.UpSampling2D((2, 3))(np.ones((4, 5, 6, 2))).shape
    (4, 10, 18, 2)
    """

    _dimensions = 2

    def __init__(
        self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.size = standardize_tuple(size, 2, "size")
        self.interpolation = interpolation.lower()

    def call(self, inputs):
        if self.interpolation == "nearest":
            return self._repeated(inputs)
        shape = self.compute_output_shape(inputs.shape)
        size = shape[self._first_axis : self._first_axis + 2]
        return ops.image.resize(
            inputs, size, self.interpolation, data_format=self.data_format
        )

    def get_config(self):
        config = {
            "size": self.size,
            "data_format": self.data_format,
            "interpolation": self.interpolation,
        }
        return {**super().get_config(), **config}


class UpSampling3D(_UpSampling):
    """Volumes with `size` times as many planes, rows and columns.

    Args:
        size: factors, an integer or three.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: if `size` is not positive.

    Example:

    >>> ckeras.layers.UpSampling3D(2)(np.ones((4, 5, 6, 7, 2))).shape
    (4, 10, 12, 14, 2)
    """

    _dimensions = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.size = standardize_tuple(size, 3, "size")

    def get_config(self):
        config = {"size": self.size, "data_format": self.data_format}
        return {**super().get_config(), **config}
