"""Images with other borders."""

from ckeras.ops.image.layout import as_images, check_rank, spatial_axis, with_sizes
from ckeras.ops.numpy.joining import pad
from ckeras.ops.primitives import movement
from ckeras.ops.registry import op

__all__ = ["crop_images", "pad_images"]


def _check_given(**sizes):
    """One of three sizes follows from the other two.

    Raises:
        ValueError: unless exactly two are given, and not negative.
    """
    if list(sizes.values()).count(None) != 1:
        received = ", ".join(f"{name}={size}" for name, size in sizes.items())
        raise ValueError(
            f"Must specify exactly two of {', '.join(sizes)}. Received: {received}"
        )
    _check_positive(**sizes)


def _check_positive(**sizes):
    for name, size in sizes.items():
        if size is not None and size < 0:
            raise ValueError(f"{name} must be >= 0. Received: {name}={size}")


def _borders(size, before, after, target, sign, names):
    """Before, after and target of one axis, the missing one filled in.

    Args:
        size: pixels of the axis; None if not known, as are those that follow from it.
        before, after, target: two numbers, and None.
        sign: 1 for padding, -1 for cropping.
        names: what the three are called.
    """
    _check_given(**dict(zip(names, (before, after, target), strict=True)))
    if size is not None:
        if target is None:
            target = size + sign * (before + after)
        elif before is None:
            before = sign * (target - size) - after
        else:
            after = sign * (target - size) - before
        _check_positive(**dict(zip(names, (before, after, target), strict=True)))
    return before, after, target


_HEIGHT = ("top_{}", "bottom_{}", "target_height")
_WIDTH = ("left_{}", "right_{}", "target_width")


def _both(images, rows, columns, sign, data_format):
    """`_borders` for the two axes."""
    check_rank(images)
    axis = spatial_axis(images, data_format)
    height, width = images.shape[axis : axis + 2]
    kind = "padding" if sign > 0 else "cropping"
    return axis, [
        _borders(size, *given, sign, [name.format(kind) for name in names])
        for size, given, names in (
            (height, rows, _HEIGHT),
            (width, columns, _WIDTH),
        )
    ]


@op
def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them.

    Args:
        images: tensor of rank 3 or 4.
        top_padding, bottom_padding, target_height: two of the three, in pixels.
        left_padding, right_padding, target_width: two of the three, in pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: if not exactly two are given, or a size is or would be negative.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.pad_images(np.ones((4, 5, 3)), 1, 2, 1, 2).shape
        (6, 9, 3)
    """
    x = as_images(images)
    rows = (top_padding, bottom_padding, target_height)
    columns = (left_padding, right_padding, target_width)
    axis, borders = _both(x, rows, columns, +1, data_format)
    pads = [(0, 0)] * len(x.shape)
    pads[axis : axis + 2] = [border[:2] for border in borders]
    return pad(x, pads)


def _padded_spec(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    rows = (top_padding, bottom_padding, target_height)
    columns = (left_padding, right_padding, target_width)
    _, borders = _both(images, rows, columns, +1, data_format)
    return with_sizes(images, data_format, *[target for _, _, target in borders])


pad_images.output_spec = _padded_spec


@op
def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without their borders.

    Args:
        images: tensor of rank 3 or 4.
        top_cropping, bottom_cropping, target_height: two of the three, in pixels.
        left_cropping, right_cropping, target_width: two of the three, in pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: if not exactly two are given, or a size is or would be negative.

    Example:
        >>> import ckeras, numpy as np
        >>> ckeras.ops.image.crop_images(np.ones((4, 5, 3)), 1, 2, 1, 2).shape
        (2, 1, 3)
    """
    x = as_images(images)
    rows = (top_cropping, bottom_cropping, target_height)
    columns = (left_cropping, right_cropping, target_width)
    axis, borders = _both(x, rows, columns, -1, data_format)
    start, shape = [0] * len(x.shape), [*x.shape]
    start[axis : axis + 2] = [before for before, _, _ in borders]
    shape[axis : axis + 2] = [target for _, _, target in borders]
    return movement.slice(x, start=start, shape=shape, strides=(1,) * len(start))


def _cropped_spec(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    rows = (top_cropping, bottom_cropping, target_height)
    columns = (left_cropping, right_cropping, target_width)
    _, borders = _both(images, rows, columns, -1, data_format)
    for name, (_, _, target) in zip(("height", "width"), borders, strict=True):
        if target is None:
            raise ValueError(
                f"When the {name} of the images is unknown, `target_{name}` must be "
                f"specified. Received: images.shape={tuple(images.shape)} and "
                f"target_{name}=None"
            )
    return with_sizes(images, data_format, *[target for _, _, target in borders])


crop_images.output_spec = _cropped_spec
