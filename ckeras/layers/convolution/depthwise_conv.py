"""Convolution of every channel on its own."""

from ckeras import ops
from ckeras.layers.convolution.base import Convolution, check_positive, of_rank

__all__ = ["DepthwiseConv1D", "DepthwiseConv2D"]


class DepthwiseConv(Convolution):
    """Convolution of every channel with `depth_multiplier` kernels of its own.

    Args:
        kernel_size: taps on each axis, one number for all or one each.
        strides: step from result to result.
        padding: `"valid"` or `"same"`.
        depth_multiplier: results of each channel.
        data_format: `"channels_last"`, `"channels_first"`, or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap.
        activation: function or name; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, bias_initializer: first values of the weights.
        depthwise_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        depthwise_constraint, bias_constraint: projections of the weights.

    Raises:
        ValueError: for arguments out of range, or an input too small for the kernel.
    """

    _takes_both = True

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            {
                "depthwise_initializer": depthwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
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
        check_positive("depth_multiplier", depth_multiplier)
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)  # refuses an input that is too small
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._add_kernel("kernel", shape, "depthwise")
        self._add_bias(channels * self.depth_multiplier)

    def convolve(self, inputs):
        return ops.depthwise_conv(inputs, self.kernel, **self._geometry())

    def compute_output_shape(self, input_shape):
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        return self._output_shape(input_shape, channels * self.depth_multiplier)


@of_rank(1)
class DepthwiseConv1D(DepthwiseConv):
    __doc__ = f"""{DepthwiseConv.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 8), "float32")
    >>> ckeras.layers.DepthwiseConv1D(3, depth_multiplier=2)(x).shape
    (4, 8, 16)
    """


@of_rank(2)
class DepthwiseConv2D(DepthwiseConv):
    __doc__ = f"""{DepthwiseConv.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 10, 8), "float32")
    >>> ckeras.layers.DepthwiseConv2D(3, padding="same")(x).shape
    (4, 10, 10, 8)
    """
