"""Convolution of every channel on its own, then over single pixels."""

from ckeras import ops
from ckeras.layers.convolution.base import Convolution, check_positive, of_rank

__all__ = ["SeparableConv1D", "SeparableConv2D"]


class SeparableConv(Convolution):
    """A depthwise convolution followed by one over single pixels (Chollet, 2017).

    Args:
        filters: channels of the output.
        kernel_size: taps on each axis, one number for all or one each.
        strides: step from result to result.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"`, or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap.
        depth_multiplier: results of each channel in the depthwise convolution.
        activation: function or name; none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: first values
            of the weights.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalties on
            the weights.
        activity_regularizer: penalty on the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: projections of
            the weights.

    Raises:
        ValueError: for arguments out of range, or an input too small for the kernel.
    """

    _takes_both = True

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            {
                "depthwise_initializer": depthwise_initializer,
                "pointwise_initializer": pointwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "pointwise_regularizer": pointwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "pointwise_constraint": pointwise_constraint,
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
        check_positive("depth_multiplier", depth_multiplier)
        self.filters = filters
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)  # refuses an input that is too small
        self.depthwise_kernel = self._add_kernel(
            "depthwise_kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            "depthwise",
        )
        self.pointwise_kernel = self._add_kernel(
            "pointwise_kernel",
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            "pointwise",
        )
        self._add_bias(self.filters)

    def convolve(self, inputs):
        return ops.separable_conv(
            inputs, self.depthwise_kernel, self.pointwise_kernel, **self._geometry()
        )

    def compute_output_shape(self, input_shape):
        return self._output_shape(input_shape, self.filters)


@of_rank(1)
class SeparableConv1D(SeparableConv):
    __doc__ = f"""{SeparableConv.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 8), "float32")
    >>> ckeras.layers.SeparableConv1D(16, 3)(x).shape
    (4, 8, 16)
    """


@of_rank(2)
class SeparableConv2D(SeparableConv):
    __doc__ = f"""{SeparableConv.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 10, 8), "float32")
    >>> ckeras.layers.SeparableConv2D(16, 3, padding="same")(x).shape
    (4, 10, 10, 16)
    """
