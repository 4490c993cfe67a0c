"""Convolutions of images, signals and volumes."""

from ckeras.engine import config
from ckeras.engine.values import dtypes
from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.primitives import movement
from ckeras.ops.primitives.windows import convolution, depthwise
from ckeras.ops.promotion import as_value, join, same_type, static_int, with_type
from ckeras.ops.registry import op

output_size = convolution.output_size

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


def _layout(data_format):
    """Whether channels come last."""
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of 'channels_first' and "
            f"'channels_last'. Received: data_format={data_format}"
        )
    return data_format == "channels_last"


def _per_axis(value, spatial, op, name):
    """A number for each spatial axis, all of them at least 1."""
    if isinstance(value, (list, tuple)):
        values = tuple([static_int(v, op, name) for v in value])
        if len(values) == 1:
            values *= spatial
    else:
        values = (static_int(value, op, name),) * spatial
    if len(values) != spatial or min(values) < 1:
        raise ValueError(
            f"`{op}`: `{name}` must be a positive integer or {spatial} of them. "
            f"Received: {name}={value}"
        )
    return values


def _operands(op, inputs, kernel, data_format):
    """Input (channels last) and kernel in one type, and how to put the result back.

    Integers are convolved as float64, which holds their sums exactly up to 2^53.
    """
    last = _layout(data_format)
    inputs, kernel = as_value(inputs), as_value(kernel)
    dtype = join(inputs.dtype, kernel.dtype)
    is_whole = not dtypes.is_float(dtype) and dtype != "bool"
    inputs, kernel = same_type([inputs, kernel], "float64" if is_whole else "float")
    rank = len(inputs.shape)
    if rank not in (3, 4, 5) or len(kernel.shape) != rank:
        raise ValueError(
            f"`{op}`: expected inputs with one to three spatial axes, of rank 3 to 5, "
            "and a kernel of the same rank. "
            f"Received: inputs.shape={inputs.shape}, kernel.shape={kernel.shape}"
        )
    if min(kernel.shape[:-2]) < 1:
        raise ValueError(
            f"`{op}`: expected a kernel with at least one tap on each axis. "
            f"Received: kernel.shape={kernel.shape}"
        )
    to_last, to_first = (0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1))

    def restore(y):
        y = y if last else permuted(y, to_first)
        return with_type(y, dtype) if is_whole else y

    return inputs if last else permuted(inputs, to_last), kernel, restore


def _pads(op, padding, sizes, kernel, strides, dilations):
    """Zeros before and after on every axis."""
    if not isinstance(padding, str) or padding.lower() not in ("valid", "same"):
        raise ValueError(
            f"`{op}`: the `padding` argument must be one of 'valid', 'same'. "
            f"Received: padding={padding}"
        )
    if padding.lower() == "valid":
        return ((0, 0),) * len(sizes)
    pads = []
    for size, k, s, d in zip(sizes, kernel, strides, dilations, strict=True):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def _geometry(op, x, w, strides, padding, dilation_rate):
    """Strides, dilations and pads, for an input and kernel that leave some result."""
    sizes, taps = x.shape[1:-1], w.shape[: len(x.shape) - 2]
    strides = _per_axis(strides, len(sizes), op, "strides")
    dilations = _per_axis(dilation_rate, len(sizes), op, "dilation_rate")
    pads = _pads(op, padding, sizes, taps, strides, dilations)
    axes = zip(sizes, taps, strides, dilations, pads, strict=True)
    if min([output_size(*axis) for axis in axes]) < 1 and x.size:
        raise ValueError(
            "The convolution operation resulted in an empty output. This can happen "
            "if the input is too small for the kernel. Received: "
            f"inputs.shape={tuple(x.shape)}, kernel.shape={tuple(w.shape)}, "
            f"strides={strides}, dilation_rate={dilations}, padding={padding}"
        )
    return {"strides": strides, "dilations": dilations, "pads": pads}


def _check_channels(inputs, expected, data_format):
    if inputs.shape[-1] != expected:
        raise ValueError(
            "The number of input channels must match the kernel's input channels. "
            f"Received: input channels={inputs.shape[-1]}, kernel input "
            f"channels={expected}, data_format='{data_format or 'channels_last'}'."
        )


@op
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution (cross-correlation) over one to three spatial axes.

    Args:
        inputs: tensor (batch, *spatial, channels), or channels first.
        kernel: tensor (*kernel, channels / groups, filters); the number of groups
            follows from the channels.
        strides: step from result to result, one for all axes or one each.
        padding: `"valid"`, none, or `"same"`, zeros around so that there are as
            many results as inputs, divided by the stride.
        data_format: `"channels_last"`, `"channels_first"`, or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap, one for all axes or one each.

    Returns:
        A tensor (batch, *results, filters), or channels first.

    Raises:
        ValueError: if shapes do not fit, or there would be no result.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.ones((1, 5, 5, 2), "float32")
        >>> ckeras.ops.conv(x, np.ones((3, 3, 2, 4), "float32")).shape
        (1, 3, 3, 4)
    """
    x, w, restore = _operands("conv", inputs, kernel, data_format)
    channels, per_group = x.shape[-1], w.shape[-2]
    if not channels or not per_group or channels % per_group:
        raise ValueError(
            "The number of input channels must match the kernel's, or be evenly "
            f"divisible by its in_channels. Received input channels {channels} and "
            f"kernel in_channels {per_group}. "
        )
    geometry = _geometry("conv", x, w, strides, padding, dilation_rate)
    if per_group == 1 and channels == w.shape[-1] > 1:
        w = reshaped(w, (*w.shape[:-2], channels))
        return restore(depthwise.depthwise(x, w, **geometry))
    return restore(convolution.conv(x, w, groups=channels // per_group, **geometry))


def transposed_axis(size, kernel, stride, dilation, padding, output_padding):
    """Results of a transposed convolution on one axis, and what is cut off before.

    Args:
        size: of the input, or None.
        kernel, stride, dilation: numbers of the axis.
        padding: `"valid"` or `"same"`.
        output_padding: further results at the end; None for what Keras chooses.

    Returns:
        The number of results (None for a size of None), and how many of the full
        transposed convolution's results lie before the first one.
    """
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        more = max(stride - reach, 0) if output_padding is None else output_padding
        return None if size is None else (size - 1) * stride + reach + more, 0
    if output_padding is None:
        results, total = None if size is None else size * stride, stride + reach - 2
    else:
        extra = reach % 2 + output_padding
        results = None if size is None else (size - 1) * stride + extra
        total = reach + extra - 2
    return results, max(reach - 1 - (total + 1) // 2, 0)


def _output_padding(value, spatial):
    """A number or None for each spatial axis."""
    values = value if isinstance(value, (list, tuple)) else (value,) * spatial
    if len(values) != spatial:
        raise ValueError(
            "`conv_transpose`: `output_padding` must be None, an integer, or one of "
            f"these for each of the {spatial} spatial axes. "
            f"Received: output_padding={value}"
        )
    name = "conv_transpose", "output_padding"
    return [v if v is None else static_int(v, *name) for v in values]


@op
def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    """Transposed convolution: what a convolution's gradient does to its input.

    Args:
        inputs: tensor (batch, *spatial, channels), or channels first.
        kernel: tensor (*kernel, filters, channels).
        strides: step from one input's results to the next one's.
        padding: `"valid"` or `"same"`.
        output_padding: results added at the end of each axis, or None.
        data_format: as in `conv`.
        dilation_rate: step from tap to tap.

    Returns:
        A tensor (batch, *results, filters), or channels first.

    Raises:
        ValueError: if shapes do not fit.
    """
    x, w, restore = _operands("conv_transpose", inputs, kernel, data_format)
    sizes, taps = x.shape[1:-1], w.shape[:-2]
    spatial = len(sizes)
    _check_channels(x, w.shape[-1], data_format)
    strides = _per_axis(strides, spatial, "conv_transpose", "strides")
    dilations = _per_axis(dilation_rate, spatial, "conv_transpose", "dilation_rate")
    output_padding = _output_padding(output_padding, spatial)
    _pads("conv_transpose", padding, sizes, taps, strides, dilations)
    results, pads = [], []
    axes = zip(sizes, taps, strides, dilations, output_padding, strict=True)
    for size, k, s, d, more in axes:
        count, before = transposed_axis(size, k, s, d, padding.lower(), more)
        after = (size - 1) * s + (k - 1) * d + 1 - before - count
        results.append(count)
        pads.append((before, after))
    return restore(
        convolution.conv_transpose(
            x,
            w,
            size=tuple(results),
            strides=strides,
            dilations=dilations,
            pads=tuple(pads),
        )
    )


@op
def depthwise_conv(
    inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """Convolution of every channel on its own.

    Args:
        inputs: tensor (batch, *spatial, channels), or channels first.
        kernel: tensor (*kernel, channels, multiplier).
        strides, padding, data_format, dilation_rate: as in `conv`.

    Returns:
        A tensor (batch, *results, channels · multiplier), or channels first.

    Raises:
        ValueError: if shapes do not fit, or there would be no result.
    """
    x, w, restore = _operands("depthwise_conv", inputs, kernel, data_format)
    _check_channels(x, w.shape[-2], data_format)
    channels, multiplier = w.shape[-2:]
    geometry = _geometry("depthwise_conv", x, w, strides, padding, dilation_rate)
    if multiplier > 1:  # every channel as often as it has kernels
        spread = (*x.shape, multiplier)
        x = movement.broadcast_to(reshaped(x, (*x.shape, 1)), shape=spread)
        x = reshaped(x, (*x.shape[:-2], channels * multiplier))
    w = reshaped(w, (*w.shape[:-2], channels * multiplier))
    return restore(depthwise.depthwise(x, w, **geometry))


@op
def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """A depthwise convolution followed by one over single pixels.

    Args:
        inputs: tensor (batch, *spatial, channels), or channels first.
        depthwise_kernel: tensor (*kernel, channels, multiplier).
        pointwise_kernel: tensor (*ones, channels · multiplier, filters).
        strides, padding, data_format, dilation_rate: of the depthwise convolution.

    Returns:
        A tensor (batch, *results, filters), or channels first.

    Raises:
        ValueError: if shapes do not fit, or there would be no result.
    """
    y = depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return conv(y, pointwise_kernel, 1, "valid", data_format)
