"""Images as arrays, by way of Pillow (the extra `[image]`)."""

import pathlib

import numpy as np

from ckeras.engine import config

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def _pillow():
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "Image files need Pillow. Install it with `pip install ckeras[image]`."
        ) from None
    return Image


def _layout(data_format):
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "Invalid data_format. Expected 'channels_first' or 'channels_last'. "
            f"Received: {data_format}"
        )
    return data_format


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
    image = _pillow()
    layout = _layout(data_format)
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
        x = x * (255.0 / highest) if highest else x
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
    layout = _layout(data_format)
    x = np.asarray(img, dtype=dtype or config.floatx())
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    if x.ndim != 3:
        raise ValueError(f"Unsupported image shape: {x.shape}")
    return x.transpose(2, 0, 1).copy() if layout == "channels_first" else x


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
    """
    image = _pillow()
    if color_mode not in _MODES:
        raise ValueError(
            f'color_mode must be "grayscale", "rgb", or "rgba". Received: {color_mode}'
        )
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported "
            f"methods are {', '.join(_INTERPOLATIONS)}"
        )
    with image.open(path) as file:
        img = file.convert(_MODES[color_mode])
    if target_size is None:
        return img
    size = (target_size[1], target_size[0])
    if img.size == size:
        return img
    box = _centre(img.size, size) if keep_aspect_ratio else None
    resample = getattr(image.Resampling, interpolation.upper())
    return img.resize(size, resample, box=box)


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
    img = array_to_img(x, data_format=data_format, scale=scale)
    suffix = pathlib.Path(getattr(path, "name", str(path))).suffix
    name = (file_format or suffix).lower()
    if img.mode == "RGBA" and name.lstrip(".") in ("jpg", "jpeg"):
        img = img.convert("RGB")  # the format has no transparency
    img.save(path, format=file_format, **kwargs)
