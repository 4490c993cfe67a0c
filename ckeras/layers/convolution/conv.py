"""Convolution over one, two and three spatial axes."""

import numpy as np

from ckeras import ops
from ckeras.layers.convolution.base import Convolution, check_positive, of_rank

__all__ = ["Conv1D", "Conv2D", "Conv3D"]


class Conv(Convolution):
    """Convolution with a kernel (*kernel_size, channels / groups, filters).

    Args:
        filters: channels of the output.
        kernel_size: taps on each axis, one number for all or one each.
        strides: step from result to result.
        padding: `"valid"`, none; `"same"`, zeros around so that there are as many
            results as inputs, divided by the stride; for one axis also `"causal"`,
            zeros before, so that no result sees what comes after it.
        data_format: `"channels_last"`, `"channels_first"`, or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap; together with strides it must be 1.
        groups: into how many groups channels and filters are divided, each of which
            sees only its own.
        activation: function or name; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: first values of the weights.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights.

    Raises:
        ValueError: for arguments out of range, or an input too small for the kernel.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
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
        if not isinstance(groups, (int, np.integer)) or groups <= 0:
            raise ValueError(
                "The number of groups must be a positive integer. "
                f"Received: groups={groups}."
            )
        if filters is not None and filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of "
                f"groups. Received: groups={groups}, filters={filters}."
            )
        self.filters = filters
        self.groups = groups

    def build(self, input_shape):
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number "
                f"of groups. Received groups={self.groups}, but the input has "
                f"{channels} channels (full input shape is {input_shape})."
            )
        self.compute_output_shape(input_shape)  # refuses an input that is too small
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self._add_kernel("kernel", shape, "kernel")
        self._add_bias(self.filters)

    def convolve(self, inputs):
        geometry = self._geometry()
        if self.padding == "causal":
            before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            pads = [[0, 0], [0, 0], [0, 0]]
            pads[1 if self.data_format == "channels_last" else 2] = [before, 0]
            inputs, geometry["padding"] = ops.pad(inputs, pads), "valid"
        return ops.conv(inputs, self.kernel, **geometry)

    def compute_output_shape(self, input_shape):
        return self._output_shape(input_shape, self.filters)


@of_rank(1)
class Conv1D(Conv):
    __doc__ = f"""{Conv.__doc__}
    Example:

    >>> x = np.zeros((4, 10, 8), "float32")
    >>> ckeras.layers.Conv1D(16, 3, padding="causal")(x).shape
    (4, 10, 16)
    """

    _paddings = ("valid", "same", "causal")


@of_rank(2)
class Conv2D(Conv):
    __doc__ = f"""{Conv.__doc__}
    Example:

    >>> x = np.zeros((4, 28, 28, 3), "float32")
    >>> ckeras.layers.Conv2D(16, 3, strides=2, activation="relu")(x).shape
    (4, 13, 13, 16)
    """


@of_rank(3)
class Conv3D(Conv):
    __doc__ = f"""{Conv.__doc__}
    Example:

    >>> x = np.zeros((2, 8, 8, 8, 1), "float32")
    >>> ckeras.layers.Conv3D(4, (1, 3, 3), padding="same")(x).shape
    (2, 8, 8, 8, 4)
    """
