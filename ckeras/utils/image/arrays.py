"""Images as arrays, by way of Pillow (the extra `[image]`)."""

import os
import pathlib
import warnings

import numpy as np

from ckeras import ops
from ckeras.engine import config
from ckeras.utils.image.ends import ENDS, is_whole

__all__ = [
    "array_to_img",
    "decoded",
    "img_to_array",
    "load_img",
    "pillow",
    "save_img",
    "smart_resize",
]

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow():
    """Pillow's module `Image`.

    Raises:
        ImportError: if Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "Image files need Pillow. Install it with `pip install ckeras[image]`."
        ) from None
    return Image


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """Makes a Pillow image of an array.

    Args:
        x: array of shape (height, width, channels) with 1, 3 or 4 channels, or
            channels first if `data_format` says so.
        data_format: `"channels_last"` or `"channels_first"`.
        scale: whether to map the array's range to 0–255.
        dtype: type to compute in; `floatx` by default.

    Raises:
        ValueError: for another rank, layout or number of channels.
    """
    image = pillow()
    layout = config.standardize_data_format(data_format)
    x = np.asarray(x, dtype=dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(
            "Expected image array to have rank 3 (single image). "
            f"Got array with shape: {x.shape}"
        )
    if layout == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        highest = x.max()
        # Divided first: the highest becomes 255, and nothing more than that.
        x = x / highest * 255 if highest else x
    channels = x.shape[2]
    if channels in (3, 4):
        return image.fromarray(x.astype("uint8"), "RGB" if channels == 3 else "RGBA")
    if channels == 1:
        # 16-bit pixels where 8 bits cannot hold the values
        wide = x.size and x.max() > 255
        return image.fromarray(x[:, :, 0].astype("int32" if wide else "uint8"))
    raise ValueError(f"Unsupported channel number: {channels}. Expected 1, 3 or 4.")


def img_to_array(img, data_format=None, dtype=None):
    """Makes a float array of a Pillow image: height, width, channels.

    Args:
        img: a Pillow image or an array of rank 2 or 3.
        data_format: `"channels_last"` or `"channels_first"` for the result.
        dtype: type of the result; `floatx` by default.
    """
    layout = config.standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or config.floatx())
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    if x.ndim != 3:
        raise ValueError(f"Unsupported image shape: {x.shape}")
    return x.transpose(2, 0, 1).copy() if layout == "channels_first" else x


def decoded(path, color_mode, whole=False):
    """An image file in the colors that are asked for.

    Args:
        path: a path, or an open binary file.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`.
        whole: whether a file at this path of which bytes are missing that no pixel
            needs counts as damaged, as it does in TensorFlow and not in Pillow.

    Raises:
        ValueError: for an unknown color mode.
        OSError: if the file is no image or damaged; the error names it.
    """
    image = pillow()
    if color_mode not in _MODES:
        raise ValueError(
            f'color_mode must be "grayscale", "rgb", or "rgba". Received: {color_mode}'
        )
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    elif not isinstance(path, (str, os.PathLike)) and not hasattr(path, "read"):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    try:
        with image.open(path) as file:
            # Gray images of more than 8 bits stay what they are.
            wide = color_mode == "grayscale" and file.mode in ("I;16", "I")
            mode = file.mode if wide else _MODES[color_mode]
            whole = whole and file.format in ENDS  # other files are read once
            if whole and not is_whole(file.format, pathlib.Path(path).read_bytes()):
                raise OSError("image file is truncated")
            return file.copy() if file.mode == mode else file.convert(mode)
    except (OSError, SyntaxError) as error:
        if str(path) in str(error):
            raise
        raise OSError(f"cannot read image file {str(path)!r}: {error}") from error


def load_img(
    path,
    color_mode="rgb",
    target_size=None,
    interpolation="nearest",
    keep_aspect_ratio=False,
):
    """Reads an image file as a Pillow image.

    Args:
        path: a path, or an open binary file.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`.
        target_size: (height, width) to resize to, or None.
        interpolation: one of nearest, bilinear, bicubic, hamming, box, lanczos.
        keep_aspect_ratio: whether to cut the image's centre to the target's shape
            before resizing.

    Raises:
        ValueError: for an unknown color mode or interpolation.
        OSError: if the file is no image or damaged; the error names it.
    """
    img = decoded(path, color_mode)
    if target_size is None:
        return img
    _check_size("target_size", target_size)
    size = (target_size[1], target_size[0])
    if img.size == size:
        return img
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported "
            f"methods are {', '.join(_INTERPOLATIONS)}"
        )
    box = _centre(img.size, size) if keep_aspect_ratio else None
    resample = getattr(pillow().Resampling, interpolation.upper())
    return img.resize(size, resample, box=box)


def _check_size(name, size):
    if not hasattr(size, "__len__") or len(size) != 2:
        raise ValueError(
            f"Expected `{name}` to be a tuple of 2 integers, but got: {size}."
        )


def _centre(size, target):
    """The largest centred box of `target`'s proportions in an image of `size`."""
    width, height = size
    box_width = min(width, height * target[0] // target[1])
    box_height = min(height, width * target[1] // target[0])
    left, top = (width - box_width) // 2, (height - box_height) // 2
    return left, top, left + box_width, top + box_height


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes an array as an image file.

    Args:
        path: a path, or an open binary file.
        x: see `array_to_img`.
        data_format, scale: see `array_to_img`.
        file_format: Pillow's name of the format; by the path's suffix if None.
        **kwargs: passed on to Pillow's `save`.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = pathlib.Path(path).suffix[1:]
    if file_format and file_format.lower() in ("jpg", "jpeg"):
        file_format = "jpeg"
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format == "jpeg":
        warnings.warn(
            "The JPEG format does not support RGBA images, converting to RGB.",
            stacklevel=2,
        )
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


def smart_resize(
    x,
    size,
    interpolation="bilinear",
    data_format="channels_last",
    *,
    backend_module=None,
):
    """Images cut to the proportions of `size` around their centre, then resized.

    Args:
        x: array or tensor of rank 3 or 4.
        size: height and width of the result.
        interpolation: as for `ops.image.resize`.
        data_format: `"channels_last"` or `"channels_first"`.
        backend_module: for compatibility; there is only one back end.

    Returns:
        An array if `x` is one, else a tensor.

    Raises:
        ValueError: for another rank or number of sizes.

    Example:

    >>> smart_resize(np.ones((6, 12, 3)), (2, 2)).shape
    (2, 2, 3)
    """
    _check_size("size", size)
    img = ops.convert_to_tensor(x)
    if len(img.shape) not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or "
            "`(batch_size, height, width, channels)`, but got input with incorrect "
            f"rank, of shape {img.shape}."
        )
    img = ops.image.resize(
        img,
        size,
        interpolation,
        crop_to_aspect_ratio=True,
        data_format=data_format,
    )
    return np.array(img) if isinstance(x, np.ndarray) else img
