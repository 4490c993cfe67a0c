"""`ops.image.resize` and TensorFlow's frames for one array, by NumPy.

Threads that read images must not each ask for all CPUs, as the kernels do.
"""

import numpy as np

from ckeras.ops.image.resampling import (
    crop_box,
    even_borders,
    nearest_places,
    taps_of,
)

__all__ = ["framed", "resized"]


def framed(x, size, interpolation):
    """An image as large as fits into `size` in its proportions, in a frame of zeros.

    The rule is that of `tf.image.resize_with_pad`: borders come after resizing, and an
    odd pixel goes below or to the right.
    """
    # In float32, as there: where a size is about whole, rounding decides about a pixel.
    own, target = np.array(x.shape[:2], "float32"), np.array(size, "float32")
    inner = own / (own / target).max()
    top, left = np.maximum((target - inner) // 2, 0).astype(int)
    rows, columns = np.maximum(inner.astype(int), 1)
    y = np.zeros((*size, *x.shape[2:]), x.dtype)
    y[top : top + rows, left : left + columns] = resized(
        x, (rows, columns), interpolation
    )
    return y


def resized(x, size, interpolation, crop=False, pad=False):
    """An image in another size.

    Args:
        x: float array (height, width, channels).
        size: height and width of the result.
        interpolation: as for `ops.image.resize`.
        crop: whether the image is cut to the proportions of `size`.
        pad: whether it gets borders of zeros instead.
    """
    if crop:
        start, shape = crop_box(x.shape[:2], size)
        x = x[start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]
    elif pad:
        rows, columns = even_borders(x.shape[:2], size)
        x = np.pad(x, ((rows, rows), (columns, columns), (0, 0)))
    for axis, count in enumerate(size):
        if x.shape[axis] != count:
            x = _along(x, axis, count, interpolation)
    return x


def _along(x, axis, count, interpolation):
    n = x.shape[axis]
    if interpolation == "nearest":
        return np.take(x, nearest_places(n, count), axis=axis)
    behind = (1,) * (x.ndim - axis - 1)
    y = 0
    for place, share in zip(*taps_of(n, count, interpolation, False), strict=True):
        weight = share.astype(x.dtype).reshape(count, *behind)
        y = y + np.take(x, place, axis=axis) * weight
    return y
