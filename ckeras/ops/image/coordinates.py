"""Images read at other places: coordinates, and the maps that give them."""

import itertools
import math

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.ops.image.filters import gaussian_blur
from ckeras.ops.image.layout import as_batch, as_images, as_real
from ckeras.ops.linalg import solve
from ckeras.ops.numpy.arithmetic import floor_divide, mod
from ckeras.ops.numpy.comparison import where
from ckeras.ops.numpy.joining import concatenate, stack
from ckeras.ops.numpy.manipulation import expand_dims, reshaped
from ckeras.ops.numpy.unary import abs as absolute
from ckeras.ops.numpy.unary import clip, floor, sign
from ckeras.ops.primitives import indexing
from ckeras.ops.promotion import as_float, as_value, constant, with_type
from ckeras.ops.registry import op

__all__ = [
    "affine_transform",
    "elastic_transform",
    "map_coordinates",
    "perspective_transform",
]

_FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
_ORDERS = {"nearest": 0, "bilinear": 1}


# --- reading between pixels ----------------------------------------------------------


def _rounded(x):
    """The nearest whole number; of two, the one farther from 0."""
    return sign(x) * floor(absolute(x) + 0.5)


def _mirrored(index, n):
    """… 2 1 0 1 2 … n-1 n-2 …"""
    if n == 1:
        return index * 0
    return absolute(mod(index + (n - 1), 2 * n - 2) - (n - 1))


# Which pixel stands for one outside, for integers of any size; n pixels in all.
_OUTSIDE = {
    "constant": lambda index, n: clip(index, 0, n - 1),
    "nearest": lambda index, n: clip(index, 0, n - 1),
    "wrap": mod,
    "mirror": _mirrored,
    "reflect": lambda index, n: floor_divide(
        _mirrored(2 * index + 1, 2 * n + 1) - 1, 2
    ),
}


def _neighbours(coordinate, n, order, mode):
    """Pixels next to a coordinate: index, whether it lies inside, and weight."""
    if order == 0:
        found = [(with_type(_rounded(coordinate), "int32"), None)]
    else:
        low = floor(coordinate)
        share = coordinate - low
        index = with_type(low, "int32")
        found = [(index, 1.0 - share), (index + 1, share)]
    for index, weight in found:
        inside = (index >= 0) & (index < n) if mode == "constant" else None
        yield _OUTSIDE[mode](index, n), inside, weight


def _sampled(table, sizes, coordinates, order, mode, fill_value, start=0):
    """Rows of a table between its rows.

    Args:
        table: value (rows, features); the rows are pixels in row-major order.
        sizes: number of pixels on each axis.
        coordinates: for each axis a value of one shape.
        order: 0 for the nearest pixel, 1 for linear interpolation.
        mode: what stands for pixels outside.
        fill_value: their value in mode `"constant"`.
        start: row of the first pixel, for each coordinate.

    Returns:
        A value of the coordinates' shape and an axis of features.
    """
    choices = [
        list(_neighbours(c, n, order, mode))
        for c, n in zip(coordinates, sizes, strict=True)
    ]
    kind, total = table.dtype, None
    fill = constant(np.asarray(fill_value), kind)
    for corner in itertools.product(*choices):
        row = start
        for (index, _, _), n in zip(corner, sizes, strict=True):
            row = row * n + index
        value = indexing.gather(table, row, axis=0)
        for _, inside, _ in corner:
            if inside is not None:
                value = where(expand_dims(inside, -1), value, fill)
        weights = [w for _, _, w in corner if w is not None]
        if weights:
            weight = math.prod(weights[1:], start=weights[0])
            value = expand_dims(weight, -1) * value
        total = value if total is None else total + value
    if total.dtype != kind and not dtypes.is_float(kind):
        total = _rounded(total)
    return with_type(total, kind)


def _check_choice(name, value, known):
    if value not in known:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected of one {set(known)}. "
            f"Received: {name}={value}"
        )


def _sampled_images(x, rows, columns, order, mode, fill_value):
    """Images (batch, h, w, c) read at rows and columns (batch, …)."""
    batch, height, width, channels = x.shape
    first = np.arange(batch, dtype="int32").reshape(-1, *(1,) * (len(rows.shape) - 1))
    table = reshaped(x, (batch * height * width, channels))
    start = constant(first, "int32")
    return _sampled(
        table, (height, width), (rows, columns), order, mode, fill_value, start
    )


# --- ops -----------------------------------------------------------------------------


@op
def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """A tensor read at coordinates between its elements.

    Args:
        inputs: tensor of any rank.
        coordinates: tensor of at least rank 2; its first axis goes over those of
            `inputs`. May be a list of tensors, one for each axis.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what stands outside: `"constant"`: `fill_value`; `"nearest"`: the
            element at the border; `"wrap"`: those at the other end; `"mirror"`: the
            elements backwards, that at the border once; `"reflect"`: twice.
        fill_value: see above.

    Returns:
        A tensor of the shape that `coordinates` has behind its first axis, of the type
        of `inputs`.

    Raises:
        ValueError: for coordinates of another rank or number, or an unknown option.

    Example:
        >>> import ckeras
        >>> y = ckeras.ops.image.map_coordinates([1.0, 3.0], [[0.25, 1.0]], order=1)
        >>> y.numpy().tolist()
        [1.5, 3.0]
    """
    x = as_value(inputs)
    if isinstance(coordinates, (list, tuple)):
        coordinates = stack([as_float(c) for c in coordinates], axis=0)
    coordinates = as_float(coordinates)
    if coordinates.shape[0] != len(x.shape):
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. "
            f"Received inputs with shape: {x.shape} and coordinate leading dim of "
            f"{coordinates.shape[0]}"
        )
    if len(coordinates.shape) < 2:
        raise ValueError(
            "Invalid coordinates rank: expected at least rank 2. Received input with "
            f"shape: {coordinates.shape}"
        )
    _check_choice("fill_mode", fill_mode, _FILL_MODES)
    _check_choice("order", order, (0, 1))
    axes = [coordinates[i] for i in range(len(x.shape))]
    table = reshaped(x, (math.prod(x.shape), 1))
    y = _sampled(table, x.shape, axes, order, fill_mode, fill_value)
    return reshaped(y, y.shape[:-1])


def _grid(height, width, dtype):
    """Row and column number of each pixel."""
    rows, columns = np.mgrid[:height, :width]
    return constant(rows, dtype), constant(columns, dtype)


@op
def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format=None,
):
    """Images rotated, scaled, sheared and moved.

    The pixel of the result at column x and row y is that of the image at column
    (a0 · x + a1 · y + a2) / k and row (b0 · x + b1 · y + b2) / k, where
    k = c0 · x + c1 · y + 1 (which Keras heeds on TensorFlow only).

    Args:
        images: tensor of rank 3 or 4.
        transform: (a0, a1, a2, b0, b1, b2, c0, c1), or one such row for each image.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: what stands outside the images, as for `map_coordinates`.
        fill_value: the value there, for `"constant"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank, an unknown option, and if there are neither one
            transform nor as many as images.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.arange(3.0).reshape(1, 3, 1)
        >>> move = [1.0, 0, 1, 0, 1, 0, 0, 0]
        >>> ckeras.ops.image.affine_transform(x, move).numpy().ravel().tolist()
        [1.0, 2.0, 0.0]
    """
    _check_choice("interpolation", interpolation, _ORDERS)
    _check_choice("fill_mode", fill_mode, _FILL_MODES)
    x, t = as_images(images), as_float(transform)
    if len(t.shape) not in (1, 2):
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 "
            "(batch of transforms). Received input with shape: "
            f"transform.shape={t.shape}"
        )
    x, undo = as_batch(x, data_format)
    t = t if len(t.shape) == 2 else reshaped(t, (1, *t.shape))
    _check_transform(t, x.shape[0])
    rows, columns = _grid(*x.shape[1:3], t.dtype)
    a0, a1, a2, b0, b1, b2, c0, c1 = [t[:, i][:, None, None] for i in range(8)]
    k = columns * c0 + rows * c1 + 1.0
    y = _sampled_images(
        x,
        (columns * b0 + rows * b1 + b2) / k,
        (columns * a0 + rows * a1 + a2) / k,
        _ORDERS[interpolation],
        fill_mode,
        fill_value,
    )
    return undo(y)


def _check_transform(t, batch):
    if t.shape not in ((1, 8), (batch, 8)):
        raise ValueError(
            "`affine_transform`: expected 8 numbers in `transform`, or as many for "
            f"each of the {batch} images. Received: transform.shape={t.shape}"
        )


@op
def perspective_transform(
    images,
    start_points,
    end_points,
    interpolation="bilinear",
    fill_value=0,
    data_format=None,
):
    """Images drawn so that four points of them come to lie on four others.

    Args:
        images: tensor of rank 3 or 4.
        start_points: tensor (4, 2) or (batch, 4, 2): column and row of each point in
            the images.
        end_points: the same for the result.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_value: the value outside the images.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank or shape, or an unknown interpolation.

    Example:
        >>> import ckeras, numpy as np
        >>> corners = np.array([[0, 0], [0, 2], [2, 0], [2, 2]], "float32")
        >>> x = np.arange(9.0).reshape(3, 3, 1)
        >>> y = ckeras.ops.image.perspective_transform(x, corners, corners)
        >>> bool(np.allclose(x, y))
        True
    """
    _check_choice("interpolation", interpolation, _ORDERS)
    x = as_images(images)
    start, end = with_type(start_points, "float32"), with_type(end_points, "float32")
    for name, points in (("start_points", start), ("end_points", end)):
        if points.shape[-2:] != (4, 2) or len(points.shape) not in (2, 3):
            raise ValueError(
                f"Invalid {name} shape: expected (4,2) for a single image or (N,4,2) "
                f"for a batch. Received shape: {points.shape}"
            )
    if start.shape != end.shape:
        raise ValueError(
            "start_points and end_points must have the same shape. Received "
            f"start_points.shape={start.shape}, end_points.shape={end.shape}"
        )
    x, undo = as_batch(x, data_format)
    if len(start.shape) == 2:
        start, end = reshaped(start, (1, 4, 2)), reshaped(end, (1, 4, 2))
    if start.shape[0] not in (1, x.shape[0]):
        raise ValueError(
            "`perspective_transform`: expected points for each of the "
            f"{x.shape[0]} images. Received: start_points.shape={start.shape}"
        )
    h = _homography(start, end)
    h = [h[:, i][:, None, None] for i in range(8)]
    rows, columns = _grid(*x.shape[1:3], "float32")
    below = h[6] * columns + h[7] * rows + 1.0
    y = _sampled_images(
        x,
        (h[3] * columns + h[4] * rows + h[5]) / below,
        (h[0] * columns + h[1] * rows + h[2]) / below,
        _ORDERS[interpolation],
        "constant",
        fill_value,
    )
    return undo(y)


def _homography(start, end):
    """Eight numbers h with start = (h0 x + h1 y + h2, h3 x + h4 y + h5) / (h6 x + h7 y
    + 1) for the points (x, y) in `end`; shape (batch, 8)."""
    x, y = end[..., 0], end[..., 1]
    zero, one = x * 0.0, x * 0.0 + 1.0
    u, v = start[..., 0], start[..., 1]
    across = stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1)
    down = stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1)
    equations = concatenate([across, down], axis=1)
    return solve(equations, expand_dims(concatenate([u, v], axis=1), -1))[..., 0]


@op
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images with every pixel moved by a smooth random field (Simard et al., 2003).

    Args:
        images: float tensor of rank 3 or 4.
        alpha: factor of the displacements.
        sigma: standard deviation, in pixels, of the Gauss curve that smooths them.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode, fill_value: what stands outside the images, as for
            `map_coordinates`.
        seed: integer, `SeedGenerator` or None.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: for another rank, images that are no floats, or an unknown option.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.ones((8, 8, 3), "float32")
        >>> ckeras.ops.image.elastic_transform(x, seed=1).shape
        (8, 8, 3)
    """
    from ckeras.random import normal

    _check_choice("interpolation", interpolation, _ORDERS)
    _check_choice("fill_mode", fill_mode, _FILL_MODES)
    x, undo = as_batch(as_real(as_images(images)), data_format)
    size = int(6 * float(sigma)) | 1
    field = (2 * x.shape[0], *x.shape[1:3], 1)
    moves = normal(field, dtype=x.dtype, seed=seed) * float(sigma)
    moves = gaussian_blur(
        moves, (size, size), (float(sigma),) * 2, data_format="channels_last"
    )
    moves = reshaped(moves, (2, *x.shape[:3])) * alpha
    rows, columns = _grid(*x.shape[1:3], x.dtype)
    y = _sampled_images(
        x,
        rows + moves[0],
        columns + moves[1],
        _ORDERS[interpolation],
        fill_mode,
        fill_value,
    )
    return undo(y)
