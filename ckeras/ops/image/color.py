"""Colors: gray, and hue, saturation and value."""

from ckeras.engine.values import dtypes
from ckeras.ops.image.layout import as_images, as_real, channels_axis
from ckeras.ops.numpy.arithmetic import maximum, minimum, mod
from ckeras.ops.numpy.comparison import where
from ckeras.ops.numpy.joining import stack
from ckeras.ops.numpy.manipulation import expand_dims
from ckeras.ops.numpy.unary import abs as absolute
from ckeras.ops.numpy.unary import clip
from ckeras.ops.promotion import as_float, with_type
from ckeras.ops.registry import op

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

_WEIGHTS = (0.2989, 0.5870, 0.1140)  # of red, green and blue (Rec. 601)


def _planes(x, axis):
    """The channels, one after the other.

    Raises:
        ValueError: if there are not three.
    """
    if x.shape[axis] != 3:
        raise ValueError(
            "Input images must have 3 channels, but received images with "
            f"{x.shape[axis]} channels."
        )
    behind = (slice(None),) * (-1 - axis)
    return [x[(..., i, *behind)] for i in range(3)]


@op
def rgb_to_grayscale(images, data_format=None):
    """Images with one channel, the weighted sum of red, green and blue.

    Args:
        images: tensor of rank 3 or 4 with 3 channels, or with 1, which stays.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank or number of channels.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.rgb_to_grayscale(np.ones((2, 4, 4, 3))).shape
        (2, 4, 4, 1)
    """
    x, axis = as_images(images), channels_axis(data_format)
    if x.shape[axis] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            f"Received input with shape: images.shape={x.shape}"
        )
    if x.shape[axis] == 1:
        return x
    red, green, blue = _planes(as_float(x), axis)
    gray = red * _WEIGHTS[0] + green * _WEIGHTS[1] + blue * _WEIGHTS[2]
    return with_type(expand_dims(gray, axis), x.dtype)


@op
def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value, all from 0 to 1, of red, green and blue.

    Args:
        images: float tensor of rank 3 or 4 with 3 channels.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank, type or number of channels.

    Example:
        >>> import ckeras, numpy as np
        >>> red = np.array([1.0, 0.0, 0.0], "float32").reshape(1, 1, 3)
        >>> ckeras.ops.image.rgb_to_hsv(red).numpy().ravel().tolist()
        [0.0, 1.0, 1.0]
    """
    x, axis = as_real(as_images(images)), channels_axis(data_format)
    x = where(absolute(x) < float(dtypes.finfo(x.dtype).eps), 0.0, x)
    red, green, blue = _planes(x, axis)
    value = maximum(maximum(red, green), blue)
    chroma = value - minimum(minimum(red, green), blue)
    colored = chroma > 0
    saturation = where(value > 0, chroma / where(value > 0, value, 1.0), 0.0)
    sixth = 1.0 / (6.0 * where(colored, chroma, 1.0))
    hue = where(
        value == green,
        sixth * (blue - red) + 2.0 / 6.0,
        sixth * (red - green) + 4.0 / 6.0,
    )
    hue = where(value == red, sixth * (green - blue), hue)
    hue = where(hue < 0.0, hue + 1.0, hue)
    return stack([where(colored, hue, 0.0), saturation, value], axis=axis)


@op
def hsv_to_rgb(images, data_format=None):
    """Red, green and blue of hue, saturation and value, all from 0 to 1.

    Args:
        images: float tensor of rank 3 or 4 with 3 channels.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank, type or number of channels.

    Example:
        >>> import ckeras, numpy as np
        >>> red = np.array([0.0, 1.0, 1.0], "float32").reshape(1, 1, 3)
        >>> ckeras.ops.image.hsv_to_rgb(red).numpy().ravel().tolist()
        [1.0, 0.0, 0.0]
    """
    x, axis = as_real(as_images(images)), channels_axis(data_format)
    hue, saturation, value = _planes(x, axis)
    sector = mod(hue, 1.0) * 6.0
    shares = [
        absolute(sector - 3.0) - 1.0,
        2.0 - absolute(sector - 2.0),
        2.0 - absolute(sector - 4.0),
    ]
    return stack(
        [
            value * (1.0 - saturation + saturation * clip(share, 0.0, 1.0))
            for share in shares
        ],
        axis=axis,
    )
