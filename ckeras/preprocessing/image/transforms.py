"""Rotations, shifts, shears, zooms, and changes of color of one image.

Images are arrays of rank 3; angles are in degrees.
"""

import numpy as np

from ckeras.preprocessing.image.interpolation import affine
from ckeras.utils.image.arrays import array_to_img, img_to_array, pillow

__all__ = [
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "flip_axis",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
]


def flip_axis(x, axis):
    """x with an axis backwards."""
    return np.flip(x, axis)


def _matrix(theta, tx, ty, shear, zx, zy):
    """Rotation, shift, shear and zoom in one matrix (3, 3); None if there is none."""
    angle, slant = np.deg2rad(theta), np.deg2rad(shear)
    sin, cos = np.sin(angle), np.cos(angle)
    factors = [
        (theta != 0, [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]),
        (tx != 0 or ty != 0, [[1, 0, tx], [0, 1, ty], [0, 0, 1]]),
        (shear != 0, [[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]]),
        (zx != 1 or zy != 1, [[zx, 0, 0], [0, zy, 0], [0, 0, 1]]),
    ]
    matrices = [np.array(m, "float64") for wanted, m in factors if wanted]
    if not matrices:
        return None
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return product


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """An image rotated, shifted, sheared and zoomed about its centre.

    Args:
        x: array of rank 3.
        theta: angle of rotation.
        tx, ty: shift, in pixels: of columns and rows where columns come after rows.
        shear: angle of shearing.
        zx, zy: zoom in the same directions; below 1 the image is enlarged.
        row_axis, col_axis, channel_axis: 0, 1 and 2 in some order, with channels first
            or last.
        fill_mode: what stands outside: `"constant"`, `"nearest"`, `"reflect"`,
            `"wrap"`.
        cval: its value in mode `"constant"`.
        order: 0 for the nearest pixel, 1 for linear interpolation, 2 to 5 for splines
            (which need SciPy).

    Raises:
        ValueError: for another rank, axes that are no such three, or an unknown mode.
    """
    axes = [row_axis, col_axis, channel_axis]
    if len(set(axes)) != 3:
        raise ValueError("'row_axis', 'col_axis', and 'channel_axis' must be distinct")
    if set(axes) != {0, 1, 2}:
        raise ValueError(f"Invalid axis' indices: {set(axes) - {0, 1, 2}}")
    if x.ndim != 3:
        raise ValueError("Input arrays must be multi-channel 2D images.")
    if channel_axis == 1:
        raise ValueError("Channels are allowed and the first and last dimensions.")
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    there, back = np.eye(3), np.eye(3)
    there[:2, 2] = np.array([x.shape[row_axis], x.shape[col_axis]]) / 2 - 0.5
    back[:2, 2] = -there[:2, 2]
    matrix = there @ matrix @ back
    linear, offset = matrix[:2, :2], matrix[:2, 2]
    if col_axis > row_axis:
        # As in Keras, both coordinates change places: columns go with tx and zx.
        linear, offset = linear[::-1, ::-1], offset[::-1]
    channels = np.ascontiguousarray(np.moveaxis(x, channel_axis, 0))
    moved = affine(channels, linear, offset, order, fill_mode, cval)
    return np.moveaxis(moved, 0, channel_axis)


def apply_channel_shift(x, intensity, channel_axis=0):
    """An image with a number added to all its values, which stay in their range.

    Args:
        x: array of rank 3.
        intensity: what is added.
        channel_axis: for compatibility; all channels are treated alike.
    """
    return np.clip(x + intensity, np.min(x), np.max(x))


def apply_brightness_shift(x, brightness, scale=True):
    """An image made darker or brighter, by Pillow.

    Args:
        x: array of rank 3.
        brightness: 0 for black, 1 for no change.
        scale: whether the range of the image is stretched to 0 to 255.
    """
    pillow()
    from PIL import ImageEnhance

    low, high = np.min(x), np.max(x)
    outside = low < 0 or high > 255
    img = array_to_img(x, scale=outside or scale)
    y = img_to_array(ImageEnhance.Brightness(img).enhance(brightness))
    return y / 255 * (high - low) + low if outside and not scale else y


# --- with random amounts, from NumPy's global random numbers -------------------------


def random_rotation(
    x,
    rg,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """An image rotated by an angle between -rg and rg degrees.

    Args:
        x: array of rank 3.
        rg: the largest angle.
        row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order: as for
            `apply_affine_transform`.
    """
    return apply_affine_transform(
        x,
        theta=np.random.uniform(-rg, rg),
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shift(
    x,
    wrg,
    hrg,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """An image shifted by at most these shares of its width and height.

    Args:
        x: array of rank 3.
        wrg, hrg: shares of width and height.
        row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order: as for
            `apply_affine_transform`.
    """
    height, width = x.shape[row_axis], x.shape[col_axis]
    tx = np.random.uniform(-hrg, hrg) * height
    ty = np.random.uniform(-wrg, wrg) * width
    return apply_affine_transform(
        x,
        tx=tx,
        ty=ty,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shear(
    x,
    intensity,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """An image sheared by an angle between -intensity and intensity degrees.

    Args:
        x: array of rank 3.
        intensity: the largest angle.
        row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order: as for
            `apply_affine_transform`.
    """
    return apply_affine_transform(
        x,
        shear=np.random.uniform(-intensity, intensity),
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_zoom(
    x,
    zoom_range,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """An image with rows and columns zoomed by two factors of a range.

    Args:
        x: array of rank 3.
        zoom_range: the smallest and the largest factor.
        row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order: as for
            `apply_affine_transform`.
    """
    if len(zoom_range) != 2:
        raise ValueError(
            "`zoom_range` should be a tuple or list of two floats. "
            f"Received: {zoom_range}"
        )
    zx, zy = 1, 1
    if tuple(zoom_range) != (1, 1):
        zx, zy = np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return apply_affine_transform(
        x,
        zx=zx,
        zy=zy,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_channel_shift(x, intensity_range, channel_axis=0):
    """An image with a number of at most `intensity_range` added or subtracted.

    Args:
        x: array of rank 3.
        intensity_range: the largest number.
        channel_axis: for compatibility; all channels are treated alike.
    """
    intensity = np.random.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis=channel_axis)


def random_brightness(x, brightness_range, scale=True):
    """An image with a brightness from a range.

    Args:
        x: array of rank 3.
        brightness_range: the smallest and the largest factor.
        scale: as for `apply_brightness_shift`.
    """
    if len(brightness_range) != 2:
        raise ValueError(
            "`brightness_range should be tuple or list of two floats. "
            f"Received: {brightness_range}"
        )
    return apply_brightness_shift(x, np.random.uniform(*brightness_range), scale)
