"""Where the taps of a convolution lie, and what that makes of an input's shape."""

from ckeras.engine.config import standardize_data_format
from ckeras.ops.nn.convolution import output_size
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["Geometry"]


class Geometry:
    """Mixin of layers that convolve: kernel size, strides, padding, dilation, layout.

    Attributes:
        rank: number of spatial axes.
    """

    rank = None
    _paddings = ("valid", "same")

    def _take_geometry(self, kernel_size, strides, padding, data_format, dilation_rate):
        """Keeps the arguments, numbers as one for each spatial axis.

        Raises:
            ValueError: if one is out of range or unknown.
        """
        rank = self.rank
        self.kernel_size = standardize_tuple(kernel_size, rank, "kernel_size")
        self.strides = standardize_tuple(strides, rank, "strides")
        self.dilation_rate = standardize_tuple(dilation_rate, rank, "dilation_rate")
        self.padding = str(padding).lower()
        if self.padding not in self._paddings:
            raise ValueError(
                f"The `padding` argument must be one of {set(self._paddings)}. "
                f"Received: {padding}"
            )
        self.data_format = standardize_data_format(data_format)

    def _strides_or_dilation(self):
        """Whether not both of them are more than 1."""
        return max(self.strides) == 1 or max(self.dilation_rate) == 1

    def _geometry(self):
        """The arguments of the ops."""
        return {
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

    def _output_shape(self, input_shape, filters):
        """The shape of the output for an input's."""
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"Layer '{self.name}' expects inputs of rank {self.rank + 2}. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        axes = zip(
            sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
        )
        results = [self._results(*axis) for axis in axes]
        if any(r is not None and r < 1 for r in results):
            raise ValueError(
                "Computed output size would be zero or negative. Received "
                f"`inputs shape={tuple(input_shape)}`, "
                f"`kernel_size={self.kernel_size}`, "
                f"`dilation_rate={self.dilation_rate}`, `strides={self.strides}`, "
                f"`padding={self.padding}`."
            )
        shape = (*results, filters) if last else (filters, *results)
        return (input_shape[0], *shape)

    def _results(self, size, kernel, stride, dilation):
        if size is None:
            return None
        if self.padding == "valid":
            return output_size(size, kernel, stride, dilation, (0, 0))
        return -(-size // stride)
