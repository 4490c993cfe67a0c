"""Filters with separable kernels, and a measure of likeness that rests on one."""

import numpy as np

from ckeras.ops.image.layout import as_batch, as_images, as_real, like_images
from ckeras.ops.numpy.joining import pad, stack
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.numpy.reductions import mean
from ckeras.ops.numpy.reductions import sum as total
from ckeras.ops.numpy.unary import exp
from ckeras.ops.promotion import as_float, as_value, constant, with_type
from ckeras.ops.registry import op

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]


def correlated(x, taps, axis, same=True):
    """Σ taps[i] · x[… + i …] along an axis.

    Args:
        x: a value.
        taps: numbers, or values without axes.
        axis: the axis, not negative.
        same: whether zeros around x keep its size.
    """
    n, reach = x.shape[axis], len(taps) - 1
    if same:
        pads = [(0, 0)] * len(x.shape)
        pads[axis] = (reach // 2, reach - reach // 2)
        x = pad(x, pads)
    else:
        n -= reach
    parts = [
        sliced(x, axis, i, i + n) * tap
        for i, tap in enumerate(taps)
        if not (isinstance(tap, (int, float)) and tap == 0)
    ]
    y = parts[0]
    for part in parts[1:]:
        y = y + part
    return y


def _gaussian_taps(size, sigma, dtype):
    """The values of a Gauss curve at `size` places around its centre, of sum 1."""
    places = constant(np.arange(size) - (size - 1) / 2, dtype)
    taps = exp((places / sigma) * (places / sigma) * -0.5)
    taps = taps / total(taps)
    return [taps[i] for i in range(size)]


@op
def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images blurred by a Gauss curve, with zeros around them.

    Args:
        images: float tensor of rank 3 or 4.
        kernel_size: columns and rows that are averaged.
        sigma: standard deviations along columns and rows, in pixels; may be a tensor.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank, or images that are no floats.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.gaussian_blur(np.ones((4, 4, 3), "float32")).shape
        (4, 4, 3)
    """
    x, undo = as_batch(as_real(as_images(images)), data_format)
    if isinstance(sigma, (list, tuple)):
        sigma = [with_type(s, x.dtype) for s in sigma]
    else:
        sigma = with_type(sigma, x.dtype)
    columns, rows = [int(n) for n in kernel_size]
    x = correlated(x, _gaussian_taps(rows, sigma[1], x.dtype), 1)
    x = correlated(x, _gaussian_taps(columns, sigma[0], x.dtype), 2)
    return undo(x)


def _blurred_spec(images, *others, **options):
    return like_images(images)


gaussian_blur.output_spec = _blurred_spec


@op
def sobel_edges(images, data_format=None):
    """The slopes of images by Sobel's filters, with zeros around them.

    Args:
        images: float tensor of rank 4.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        A tensor of the images' shape and a last axis of two: down and to the right.

    Raises:
        ValueError: for another rank, or images that are no floats.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.sobel_edges(np.ones((1, 4, 4, 3), "float32")).shape
        (1, 4, 4, 3, 2)
    """
    x = as_value(images)
    if len(x.shape) != 4:
        raise ValueError(
            "Invalid images rank: expected rank 4 (batch of images). "
            f"Received: images.shape={x.shape}"
        )
    x, undo = as_batch(as_real(x), data_format)
    smooth, slope = [1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]
    down = correlated(correlated(x, slope, 1), smooth, 2)
    right = correlated(correlated(x, smooth, 1), slope, 2)
    return stack([undo(down), undo(right)], axis=-1)


@op
def ssim(
    image1,
    image2,
    max_val=1.0,
    filter_size=11,
    filter_sigma=1.5,
    k1=0.01,
    k2=0.03,
    data_format=None,
):
    """The structural similarity of images, 1 for equal ones.

    Means, variances and the covariance are taken in windows weighted by a Gauss curve
    (Wang et al., 2004), and the index averaged over all windows and channels.

    Args:
        image1, image2: tensors of one shape and rank 3 or 4.
        max_val: the range of the values.
        filter_size: rows and columns of a window.
        filter_sigma: standard deviation of its weights, in pixels.
        k1, k2: what keeps the quotients finite, as shares of `max_val`.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        A number for each image, in their type.

    Raises:
        ValueError: for another rank, shapes that differ, or images that are smaller
            than a window.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.random.default_rng(0).uniform(size=(16, 16, 3)).astype("float32")
        >>> round(float(ckeras.ops.image.ssim(x, x)), 5)
        1.0
    """
    a, b = as_images(image1, "image1"), as_images(image2, "image2")
    dtype, single = a.dtype, len(a.shape) == 3
    if a.shape != b.shape:
        raise ValueError(
            "`ssim`: both images must have the same shape. Received: "
            f"image1.shape={a.shape}, image2.shape={b.shape}"
        )
    (a, _), (b, _) = as_batch(as_float(a), data_format), as_batch(b, data_format)
    b = with_type(b, a.dtype)
    if min(a.shape[1:3]) < filter_size:
        raise ValueError(
            f"`ssim`: images must be at least as large as `filter_size`={filter_size}. "
            f"Received: image1.shape={as_value(image1).shape}"
        )
    taps = _gaussian_taps(filter_size, with_type(filter_sigma, a.dtype), a.dtype)

    def mean_of(x):
        return correlated(correlated(x, taps, 1, same=False), taps, 2, same=False)

    mean_a, mean_b = mean_of(a), mean_of(b)
    product, square_a, square_b = mean_a * mean_b, mean_a * mean_a, mean_b * mean_b
    variances = mean_of(a * a) - square_a + (mean_of(b * b) - square_b)
    covariance = mean_of(a * b) - product
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    index = (2.0 * product + c1) * (2.0 * covariance + c2)
    index = index / ((square_a + square_b + c1) * (variances + c2))
    result = mean(index, axis=(1, 2, 3))
    return with_type(reshaped(result, ()) if single else result, dtype)
