"""Images and volumes taken apart into patches."""

import numpy as np

from ckeras.engine import config
from ckeras.ops.numpy.joining import pad
from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.primitives import indexing
from ckeras.ops.promotion import as_value, constant
from ckeras.ops.registry import op

__all__ = ["extract_patches", "extract_patches_3d"]


def _for_each_axis(value, axes, name):
    """An integer or a sequence as one positive integer for each axis."""
    values = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(values) != axes or min(values) < 1:
        raise ValueError(
            f"Invalid `{name}` argument. Expected {axes} positive integers. "
            f"Got: {value}"
        )
    return values


def _places(n, size, stride, dilation, padding):
    """Index (patches, size) of each patch's pixels on an axis, and the padding."""
    reach = (size - 1) * dilation + 1
    if padding == "same":
        count = -(-n // stride)
        missing = max((count - 1) * stride + reach - n, 0)
        pads = (missing // 2, missing - missing // 2)
    else:
        count, pads = (n - reach) // stride + 1, (0, 0)
    starts = np.arange(max(count, 0)) * stride
    return starts[:, None] + np.arange(size) * dilation, pads


def _patches(images, size, strides, dilation_rate, padding, data_format):
    axes = len(size)
    x = as_value(images)
    if len(x.shape) not in (axes + 1, axes + 2):
        raise ValueError(
            f"Invalid images rank: expected rank {axes + 1} (single image) or rank "
            f"{axes + 2} (batch of images). Received input with shape: "
            f"images.shape={x.shape}"
        )
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(
            "The `padding` argument must be one of {'valid', 'same'}. "
            f"Received: {padding}"
        )
    strides = _for_each_axis(strides or size, axes, "strides")
    dilation = _for_each_axis(dilation_rate, axes, "dilation_rate")
    first = config.standardize_data_format(data_format) == "channels_first"
    single = len(x.shape) == axes + 1
    if single:
        x = reshaped(x, (1, *x.shape))
    if first:
        x = permuted(x, (0, *range(2, axes + 2), 1))
    y = _taken(x, size, strides, dilation, padding, as_value(images).shape)
    if first:
        y = permuted(y, (0, axes + 1, *range(1, axes + 1)))
    return reshaped(y, y.shape[1:]) if single else y


def _taken(x, size, strides, dilation, padding, shape):
    """Patches of (batch, *sizes, channels) as (batch, *counts, numbers of a patch)."""
    axes, channels = len(size), x.shape[-1]
    pairs = [
        _places(*arguments, padding)
        for arguments in zip(x.shape[1:-1], size, strides, dilation, strict=True)
    ]
    if any(0 in places.shape for places, _ in pairs):
        raise ValueError(
            "Computed output size would be zero or negative. Received: "
            f"`images.shape={shape}`, `size={size}`, `strides={strides}`, "
            f"`dilation_rate={dilation}`, `padding={padding}`."
        )
    x = pad(x, [(0, 0), *[pads for _, pads in pairs], (0, 0)])
    # (batch, count, size, count, size, ..., channels)
    for i, (places, _) in enumerate(pairs):
        x = indexing.gather(x, constant(places, "int32"), axis=1 + 2 * i)
    counts, sizes = range(1, 2 * axes, 2), range(2, 2 * axes + 1, 2)
    x = permuted(x, (0, *counts, *sizes, 2 * axes + 1))
    return reshaped(x, (*x.shape[: axes + 1], int(np.prod(size)) * channels))


@op
def extract_patches(
    images, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    """Patches of images, the numbers of each as one vector in the channels' place.

    The vector has the patch's rows in order, their pixels, and these pixels' channels.

    Args:
        images: tensor of rank 3 or 4; rank 4 or 5 where `size` has three numbers.
        size: rows and columns of a patch, one integer or two; three for volumes.
        strides: steps from patch to patch; `size` if None.
        dilation_rate: distance of a patch's pixels.
        padding: `"valid"`, or `"same"` for zeros around the images.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        TypeError: if `size` is neither an integer nor a tuple.
        ValueError: for another number of sizes, or patches larger than the images.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.extract_patches(np.ones((2, 6, 6, 3)), 3).shape
        (2, 2, 2, 27)
    """
    if not isinstance(size, (int, tuple, list)):
        raise TypeError(
            "Invalid `size` argument. Expected an int or a tuple. "
            f"Received: size={size} of type {type(size).__name__}"
        )
    if not isinstance(size, int) and len(size) not in (2, 3):
        raise ValueError(
            "Invalid `size` argument. Expected a tuple of length 2 or 3. "
            f"Received: size={size} with length {len(size)}"
        )
    size = _for_each_axis(size, 2 if isinstance(size, int) else len(size), "size")
    return _patches(images, size, strides, dilation_rate, padding, data_format)


@op
def extract_patches_3d(
    volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    """Patches of volumes, the numbers of each as one vector in the channels' place.

    Args:
        volumes: tensor of rank 4 or 5.
        size: planes, rows and columns of a patch, one integer or three.
        strides, dilation_rate, padding, data_format: as for `extract_patches`.

    Raises:
        TypeError: for another number of sizes.
        ValueError: if a patch is larger than the volumes.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.extract_patches_3d(np.ones((2, 4, 4, 4, 1)), 2).shape
        (2, 2, 2, 2, 8)
    """
    if not isinstance(size, int) and len(size) != 3:
        raise TypeError(
            "Invalid `size` argument. Expected an int or a tuple of length 3. "
            f"Received: size={size}"
        )
    size = _for_each_axis(size, 3, "size")
    return _patches(volumes, size, strides, dilation_rate, padding, data_format)
