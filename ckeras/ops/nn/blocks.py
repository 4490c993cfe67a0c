"""Images taken apart into blocks and put together again."""

import numpy as np

from ckeras.engine import config
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops.numpy.joining import pad
from ckeras.ops.numpy.manipulation import permuted, reshaped, sliced
from ckeras.ops.primitives import indexing
from ckeras.ops.promotion import as_value, constant
from ckeras.ops.registry import op

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]


def _check_blocks(x, block_size, data_format):
    data_format = config.standardize_data_format(data_format)
    if block_size < 2:
        raise ValueError(
            f"`block_size` must be at least 2. Received: block_size={block_size}"
        )
    x = as_value(x)
    if len(x.shape) != 4:
        raise ValueError(f"Expected a 4D tensor. Received: x.shape={x.shape}")
    return x, data_format == "channels_last"


@op
def depth_to_space(x, block_size, data_format="channels_last"):
    """Channels as blocks of pixels: the inverse of `space_to_depth`.

    Args:
        x: tensor (batch, h, w, block_size² · c), or channels first.
        block_size: rows and columns of a block.
        data_format: where the channels are.

    Returns:
        A tensor (batch, block_size · h, block_size · w, c), or channels first.
    """
    x, last = _check_blocks(x, block_size, data_format)
    r = block_size
    channels = x.shape[3 if last else 1]
    if channels % r**2:
        raise ValueError(
            f"`depth_to_space`: the {channels} channels are no multiple of "
            f"`block_size`², {r**2}. Received: x.shape={x.shape}"
        )
    if last:
        n, h, w, c = x.shape
        x = reshaped(x, (n, h, w, r, r, c // r**2))
        return reshaped(permuted(x, (0, 1, 3, 2, 4, 5)), (n, h * r, w * r, c // r**2))
    n, c, h, w = x.shape
    x = reshaped(x, (n, c // r**2, r, r, h, w))
    return reshaped(permuted(x, (0, 1, 4, 2, 5, 3)), (n, c // r**2, h * r, w * r))


@op
def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of pixels as channels.

    Args:
        x: tensor (batch, block_size · h, block_size · w, c), or channels first.
        block_size: rows and columns of a block.
        data_format: where the channels are.

    Returns:
        A tensor (batch, h, w, block_size² · c), or channels first.
    """
    x, last = _check_blocks(x, block_size, data_format)
    r = block_size
    if last:
        n, h, w, c = x.shape
        x = reshaped(x, (n, h // r, r, w // r, r, c))
        return reshaped(permuted(x, (0, 1, 3, 2, 4, 5)), (n, h // r, w // r, c * r**2))
    n, c, h, w = x.shape
    x = reshaped(x, (n, c, h // r, r, w // r, r))
    return reshaped(permuted(x, (0, 1, 3, 5, 2, 4)), (n, c * r**2, h // r, w // r))


def _two(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _patch_places(size, kernel, dilation, padding, stride):
    """For each place of the kernel and each patch the row-major index of its pixel.

    Args:
        size: rows and columns of the image.
        kernel, dilation, padding, stride: pairs for rows and columns.

    Returns:
        Array (kernel_h · kernel_w, patches) of indices into the padded image.
    """
    (in_h, in_w), (pad_h, pad_w) = size, padding
    in_h, in_w = in_h + 2 * pad_h, in_w + 2 * pad_w
    starts = [
        np.arange(0, n - d * (k - 1), s)
        for n, k, d, s in zip((in_h, in_w), kernel, dilation, stride, strict=True)
    ]
    offsets = [np.arange(k) * d for k, d in zip(kernel, dilation, strict=True)]
    rows = offsets[0][:, None, None, None] + starts[0][:, None]
    columns = offsets[1][:, None, None] + starts[1]
    places = rows * in_w + columns
    return places.reshape(kernel[0] * kernel[1], -1), in_h, in_w


@op
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The patches of images, as columns.

    Args:
        x: tensor (batch, channels, h, w).
        kernel_size: rows and columns of a patch.
        dilation: distance of a patch's pixels.
        padding: zeros around the image.
        stride: distance of the patches.

    Returns:
        A tensor (batch, channels · rows · columns, patches).
    """
    x = as_value(x)
    if len(x.shape) != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={x.shape}")
    kernel, padding = _two(kernel_size), _two(padding)
    n, c, h, w = x.shape
    places, in_h, in_w = _patch_places(
        (h, w), kernel, _two(dilation), padding, _two(stride)
    )
    x = pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    flat = reshaped(x, (n, c, in_h * in_w))
    y = indexing.gather(flat, constant(places, "int32"), axis=2)
    return reshaped(y, (n, c * places.shape[0], places.shape[1]))


def _fold_spec(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Only numbers can tell whether an unknown number of patches is the right one."""
    places, _, _ = _patch_places(
        _two(output_size),
        _two(kernel_size),
        _two(dilation),
        _two(padding),
        _two(stride),
    )
    if len(x.shape) == 3:
        rows = places.shape[0] if x.shape[1] is None else x.shape[1]
        patches = places.shape[1] if x.shape[2] is None else x.shape[2]
        like = KerasTensor((1, rows, patches), x.dtype, record_history=False)
    else:
        like = x
    y = infer(fold, like, output_size, kernel_size, dilation, padding, stride)
    channels = None if x.shape[1] is None else y.shape[1]
    shape = (x.shape[0], channels, *y.shape[2:])
    return KerasTensor(shape, y.dtype, record_history=False)


@op(spec=_fold_spec)
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Images as sums of their patches: the transpose of `unfold`.

    Args:
        x: tensor (batch, channels · rows · columns, patches).
        output_size: rows and columns of the image.
        kernel_size, dilation, padding, stride: as for `unfold`.

    Returns:
        A tensor (batch, channels, *output_size).
    """
    from ckeras.ops.math import segment_sum

    x = as_value(x)
    if len(x.shape) != 3:
        raise ValueError(f"Input must be a 3D tensor. Received: input.shape={x.shape}")
    kernel, padding, size = _two(kernel_size), _two(padding), _two(output_size)
    places, in_h, in_w = _patch_places(
        size, kernel, _two(dilation), padding, _two(stride)
    )
    n, depth, patches = x.shape
    if depth % places.shape[0] or patches != places.shape[1]:
        raise ValueError(
            f"`fold`: expected x of shape (batch, channels · {places.shape[0]}, "
            f"{places.shape[1]}) for patches of {kernel} that make an image of {size}. "
            f"Received: x.shape={x.shape}"
        )
    c = depth // places.shape[0]
    pixels = permuted(reshaped(x, (n * c, places.size)), (1, 0))
    image = segment_sum(pixels, places.reshape(-1), num_segments=in_h * in_w)
    image = reshaped(permuted(image, (1, 0)), (n, c, in_h, in_w))
    for axis, (before, inside) in enumerate(zip(padding, size, strict=True), start=2):
        image = sliced(image, axis, before, before + inside)
    return image
