"""What the layers that pool windows share."""

from ckeras import ops
from ckeras.engine import config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["BasePooling", "sizes_replaced"]


def sizes_replaced(shape, sizes, data_format):
    """A shape with other spatial sizes."""
    if data_format == "channels_last":
        return (shape[0], *sizes, shape[-1])
    return (shape[0], shape[1], *sizes)


class BasePooling(Layer):
    """Base: windows of one size, at regular steps along `_dimensions` axes.

    Args:
        pool_size: size of a window, an integer or one for each axis.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for sizes that are no positive integers, an unknown layout, and
            inputs that are smaller than a window.
    """

    _dimensions = None
    _op = ""  # its name in `ckeras.ops`

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        n = self._dimensions
        self.pool_size = standardize_tuple(pool_size, n, "pool_size")
        strides = pool_size if strides is None else strides
        self.strides = standardize_tuple(strides, n, "strides")
        self.padding = padding
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=n + 2)
        self.built = not self._has_own_build()

    def call(self, inputs):
        return getattr(ops, self._op)(
            inputs,
            self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )

    def compute_output_shape(self, input_shape):
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        sizes = [
            None if size is None else self._count(size, pool, stride, input_shape)
            for size, pool, stride in zip(
                sizes, self.pool_size, self.strides, strict=True
            )
        ]
        return sizes_replaced(tuple(input_shape), sizes, self.data_format)

    def _count(self, size, pool, stride, input_shape):
        """Number of windows along an axis."""
        if self.padding == "same":
            return (size - 1) // stride + 1
        if self.padding != "valid":
            raise ValueError(
                "Argument `padding` must be either 'valid' or 'same'. Received: "
                f"padding={self.padding}"
            )
        count = (size - pool) // stride + 1
        if count <= 0:
            raise ValueError(
                "Computed output size would be zero or negative. Received: "
                f"`inputs.shape={tuple(input_shape)}`, `pool_size={self.pool_size}`, "
                f"`strides={self.strides}`, `padding={self.padding}`."
            )
        return count

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }
