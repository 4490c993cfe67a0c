"""Images in another size: every axis by a matrix of weights, most of which are 0.

Pixels are squares, so the centre of pixel i is at i + 1/2. A result is the weighted
mean of pixels near the place that it comes from; the weights are a kernel's values at
their distances. Kernels: the triangle (linear), Keys's cubic with a = -1/2 (1981), and
Lanczos's windowed sinc.
"""

import functools
import types

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops import numpy as onp
from ckeras.ops.image.layout import as_images, like_input, spatial_axis
from ckeras.ops.numpy.linear import matmul
from ckeras.ops.numpy.manipulation import moveaxis, reshaped
from ckeras.ops.primitives import indexing, movement
from ckeras.ops.promotion import (
    as_axis,
    as_float,
    as_value,
    constant,
    static_shape,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "crop_box",
    "even_borders",
    "nearest_places",
    "resize",
    "scale_and_translate",
    "taps_of",
]

_RESIZE = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")
_METHODS = ("linear", "bilinear", "trilinear", "cubic", "bicubic", "tricubic")
_METHODS += ("lanczos3", "lanczos5")
_MANY_TAPS = 16  # pixels of a result from which on a matrix product is faster
_NEGLIGIBLE = 1000 * float(np.finfo("float32").eps)

# The functions that weights are made with: NumPy's where scales are known numbers,
# else ops, through which a gradient flows.
_OPS = types.SimpleNamespace(
    abs=onp.abs, maximum=onp.maximum, sin=onp.sin, sum=onp.sum, where=onp.where
)


# --- kernels -------------------------------------------------------------------------


def _triangle(xp, x):
    return xp.maximum(0.0, 1.0 - x)


def _cubic(xp, x):
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return xp.where(x >= 2.0, 0.0, xp.where(x >= 1.0, far, near))


def _lanczos(radius):
    def kernel(xp, x):
        wave = radius * xp.sin(np.pi * x) * xp.sin(np.pi * x / radius)
        # 1 within a thousandth of the centre, where the quotient cancels.
        y = wave / xp.where(x > 1e-3, np.pi**2 * x * x, 1.0)
        return xp.where(x > radius, 0.0, xp.where(x > 1e-3, y, 1.0))

    return kernel


def _kernel(method):
    if method.startswith("lanczos"):
        return _lanczos(int(method[-1]))
    return _triangle if method.endswith("linear") else _cubic


def _weights(xp, size, count, scale, translation, method, antialias, dtype="float64"):
    """The matrix (size, count) that makes `count` results of `size` pixels.

    Args:
        xp: where functions come from.
        size, count: pixels before and after.
        scale, translation: numbers; a pixel at x goes to x · scale + translation.
        method: name of a kernel.
        antialias: whether a kernel is widened so that no pixel is passed over where
            the image becomes smaller.
        dtype: type to compute in.
    """
    inverse = 1.0 / scale
    width = xp.maximum(inverse, 1.0) if antialias else 1.0
    places = np.arange(count).astype(dtype)
    pixels = np.arange(size).astype(dtype)[:, None]
    origin = (places + np.asarray(0.5, dtype)) * inverse - translation * inverse - 0.5
    origin = origin[None, :]
    weights = _kernel(method)(xp, xp.abs(origin - pixels) / width)
    total = xp.sum(weights, axis=0, keepdims=True)
    enough = xp.abs(total) > _NEGLIGIBLE
    weights = xp.where(enough, weights / xp.where(enough, total, 1.0), 0.0)
    inside = (origin >= -0.5) & (origin <= size - 0.5)
    return xp.where(inside, weights, 0.0)


def _along(x, matrix, axis):
    """x with an axis of n pixels multiplied by a matrix (n, count)."""
    n, count = matrix.shape
    outer, inner = x.shape[:axis], x.shape[axis + 1 :]
    if np.prod(inner, dtype=int) >= 16:
        flat = reshaped(x, (*outer, n, int(np.prod(inner))))
        y = matmul(moveaxis(matrix, 0, 1), flat)
        return reshaped(y, (*outer, count, *inner))
    # Few numbers belong to each pixel: one large product of rows of pixels instead.
    y = matmul(moveaxis(x, axis, -1), matrix)
    return moveaxis(y, -1, axis)


@functools.lru_cache(maxsize=64)
def taps_of(n, count, method, antialias):
    """The weights that are not 0, for known sizes: pixels and weights (taps, count)."""
    weights = _weights(np, n, count, count / n, 0.0, method, antialias)
    count = int((weights != 0).sum(axis=0).max())
    places = np.argsort(weights == 0, axis=0, kind="stable")[:count]
    return places, np.take_along_axis(weights, places, axis=0)


def _interpolated(x, axis, count, method, antialias):
    """An axis with `count` pixels: few neighbours are added up, many multiplied."""
    n = x.shape[axis]
    places, shares = taps_of(n, count, method, antialias)
    if len(places) > _MANY_TAPS:
        matrix = np.zeros((n, count))
        np.put_along_axis(matrix, places, shares, axis=0)
        return _along(x, constant(matrix, x.dtype), axis)
    behind = (1,) * (len(x.shape) - axis - 1)
    y = None
    for place, share in zip(places, shares, strict=True):
        part = indexing.gather(x, constant(place, "int32"), axis=axis)
        part = part * constant(share.reshape(count, *behind), x.dtype)
        y = part if y is None else y + part
    return y


# --- ops -----------------------------------------------------------------------------


def crop_box(sizes, target):
    """Start and size, for rows and columns, of the largest centred block that has the
    proportions of `target`."""
    (height, width), (target_height, target_width) = sizes, target
    rows = max(min(height, int(width * target_height / target_width)), 1)
    columns = max(min(width, int(height * target_width / target_height)), 1)
    return (int((height - rows) / 2), int((width - columns) / 2)), (rows, columns)


def even_borders(sizes, target):
    """How many rows and columns to add on either side for about the proportions of
    `target`."""
    (height, width), (target_height, target_width) = sizes, target
    rows = max(height, int(width * target_height / target_width)) - height
    columns = max(width, int(height * target_width / target_height)) - width
    return int(rows / 2), int(columns / 2) if rows < 2 else 0


def _cropped(x, axis, size):
    start, shape = [0] * len(x.shape), [*x.shape]
    where = slice(axis, axis + 2)
    start[where], shape[where] = crop_box(x.shape[where], size)
    return movement.slice(x, start=start, shape=shape, strides=(1,) * len(start))


def _padded(x, axis, size, value):
    borders = even_borders(x.shape[axis : axis + 2], size)
    if not any(borders):
        return x
    pads = [(0, 0)] * len(x.shape)
    pads[axis : axis + 2] = [(n, n) for n in borders]
    return onp.pad(as_float(x), pads, constant_values=value)


def nearest_places(n, count):
    """Which of n pixels each of `count` is."""
    return np.floor((np.arange(count) + 0.5) * n / count).astype("int32")


def _nearest(x, axis, count):
    places = nearest_places(x.shape[axis], count)
    return indexing.gather(x, constant(places, "int32"), axis=axis)


def _check_resize(size, interpolation, crop, pad, fill_mode):
    if not hasattr(size, "__len__") or len(size) != 2:
        raise ValueError(
            f"Expected `size` to be a tuple of 2 integers. Received: size={size}"
        )
    if size[0] <= 0 or size[1] <= 0:
        raise ValueError(
            f"`size` must have positive height and width. Received: size={size}"
        )
    if interpolation not in _RESIZE:
        raise ValueError(
            "Invalid value for argument `interpolation`. Expected of one "
            f"{_RESIZE}. Received: interpolation={interpolation}"
        )
    if fill_mode != "constant":
        raise ValueError(
            "Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
            f"Received: fill_mode={fill_mode}"
        )
    if pad and crop:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )


@op
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images in another size.

    Args:
        images: tensor of rank 3 or 4; the result has its type, integers are rounded.
        size: height and width of the result.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or
            `"lanczos5"`.
        antialias: whether more pixels are averaged where images become smaller.
        crop_to_aspect_ratio: whether images are cut, not stretched, to the proportions
            of `size`.
        pad_to_aspect_ratio: whether they get borders instead.
        fill_mode: `"constant"`.
        fill_value: the value of these borders.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank or number of sizes, an unknown name, and for
            cropping and padding at once.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.resize(np.ones((2, 4, 6, 3)), (8, 5)).shape
        (2, 8, 5, 3)
    """
    x = start = as_images(images)
    _check_resize(
        size, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode
    )
    size = static_shape(tuple(size), "resize", "size")
    axis = spatial_axis(x, data_format)
    if crop_to_aspect_ratio:
        x = _cropped(x, axis, size)
    elif pad_to_aspect_ratio:
        x = _padded(x, axis, size, fill_value)
    for place, count in enumerate(size, start=axis):
        n = x.shape[place]
        if n == count:
            continue
        if interpolation == "nearest":
            x = _nearest(x, place, count)
            continue
        x = _interpolated(as_float(x), place, count, interpolation, antialias)
    return like_input(x, start)


def _check_method(method):
    if method not in _METHODS:
        raise ValueError(
            "Invalid value for argument `method`. Expected of one "
            f"{set(_METHODS)}. Received: method={method}"
        )


@op
def scale_and_translate(
    images, output_shape, scale, translation, spatial_dims, method, antialias=True
):
    """Images scaled and moved: a pixel at x goes to x · scale + translation.

    Results that come from outside the images are 0.

    Args:
        images: tensor of any rank.
        output_shape: shape of the result; that of the images but for `spatial_dims`.
        scale, translation: a number for each of `spatial_dims`.
        spatial_dims: the axes.
        method: `"linear"`, `"bilinear"`, `"trilinear"`, `"cubic"`, `"bicubic"`,
            `"tricubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: whether more pixels are averaged where images become smaller.

    Raises:
        ValueError: for an unknown method, and for numbers of sizes that do not fit.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.ones((4, 6, 3), "float32")
        >>> ckeras.ops.image.scale_and_translate(
        ...     x, (8, 6, 3), [2.0], [0.0], (0,), "linear"
        ... ).shape
        (8, 6, 3)
    """
    _check_method(method)
    x = as_float(images)
    shape = static_shape(output_shape, "scale_and_translate", "output_shape")
    scale, translation = as_float(scale), as_float(translation)
    axes = [as_axis(a, len(x.shape), "scale_and_translate") for a in spatial_dims]
    numbers = (len(axes),)
    if scale.shape != numbers or translation.shape != numbers:
        raise ValueError(
            "`scale_and_translate`: expected a `scale` and a `translation` for each of "
            f"`spatial_dims`. Received: spatial_dims={tuple(spatial_dims)}, "
            f"scale.shape={scale.shape}, translation.shape={translation.shape}"
        )
    kept = [n for a, n in enumerate(x.shape) if a not in axes]
    if kept != [n for a, n in enumerate(shape) if a not in axes]:
        raise ValueError(
            "`scale_and_translate`: `output_shape` may differ from the shape of the "
            "images in `spatial_dims` only. Received: "
            f"images.shape={as_value(images).shape}, output_shape={output_shape}, "
            f"spatial_dims={tuple(spatial_dims)}"
        )
    for i, axis in enumerate(axes):
        weights = _weights(
            _OPS,
            x.shape[axis],
            shape[axis],
            scale[i],
            translation[i],
            method,
            antialias,
            scale.dtype,
        )
        x = _along(x, with_type(weights, x.dtype), axis)
    return x


def _translated_spec(
    images, output_shape, scale, translation, spatial_dims, method, antialias=True
):
    _check_method(method)
    return KerasTensor(output_shape, images.dtype)


scale_and_translate.output_spec = _translated_spec
