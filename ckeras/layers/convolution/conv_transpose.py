"""Transposed convolution over one, two and three spatial axes."""

from ckeras import ops
from ckeras.layers.convolution.base import (
    Convolution,
    check_positive,
    of_rank,
)
from ckeras.ops.nn.convolution import transposed_axis
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"]


class ConvTranspose(Convolution):
    """Transposed convolution with a kernel (*kernel_size, filters, channels).

    It maps shapes the other way round than a convolution: with strides, the output is
    larger than the input.

    Args:
        filters: channels of the output.
        kernel_size: taps on each axis, one number for all or one each.
        strides: step from one input's results to the next one's.
        padding: `"valid"`, all results; `"same"`, as many as inputs times the stride.
        output_padding: results added at the end of each axis, fewer than the stride;
            None for what makes the size that `padding` says.
        data_format: `"channels_last"`, `"channels_first"`, or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap; together with strides it must be 1.
        activation: function or name; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: first values of the weights.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights.

    Raises:
        ValueError: for arguments out of range.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            {
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        check_positive("filters", filters)
        self.filters = filters
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = standardize_tuple(
                output_padding, self.rank, "output_padding", allow_zero=True
            )
            pairs = zip(self.output_padding, self.strides, strict=True)
            for i, (more, stride) in enumerate(pairs):
                if more >= stride:
                    raise ValueError(
                        "`output_padding` must be strictly less than `strides` for "
                        f"all dimensions. At dimension {i}, `output_padding` is {more} "
                        f"but `strides` is {stride}. Received: "
                        f"output_padding={self.output_padding}, strides={self.strides}"
                    )

    def build(self, input_shape):
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = self._add_kernel("kernel", shape, "kernel")
        self._add_bias(self.filters)

    def convolve(self, inputs):
        return ops.conv_transpose(
            inputs,
            self.kernel,
            output_padding=self.output_padding,
            **self._geometry(),
        )

    def compute_output_shape(self, input_shape):
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        more = self.output_padding or (None,) * self.rank
        axes = zip(
            sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
        )
        results = [
            transposed_axis(*axis, self.padding, m)[0]
            for axis, m in zip(axes, more, strict=True)
        ]
        shape = (*results, self.filters) if last else (self.filters, *results)
        return (input_shape[0], *shape)


@of_rank(1)
class Conv1DTranspose(ConvTranspose):
    __doc__ = f"""{ConvTranspose.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 8), "float32")
    >>> ckeras.layers.Conv1DTranspose(16, 3, strides=2)(x).shape
    (4, 21, 16)
    """


@of_rank(2)
class Conv2DTranspose(ConvTranspose):
    __doc__ = f"""{ConvTranspose.__doc__}
    Example:

    >>> x = np.zeros((4, 7, 7, 8), "float32")
    >>> ckeras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x).shape
    (4, 14, 14, 4)
    """


@of_rank(3, order=("data_format", "output_padding"))
class Conv3DTranspose(ConvTranspose):
    __doc__ = f"""{ConvTranspose.__doc__}
    Example:

    >>> x = np.zeros((2, 3, 3, 3, 2), "float32")
    >>> ckeras.layers.Conv3DTranspose(4, 2, strides=2)(x).shape
    (2, 6, 6, 6, 4)
    """
