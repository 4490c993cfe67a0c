"""What all image ops share: checked ranks, and where height, width and channels are."""

from ckeras.engine import config
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.promotion import as_float, as_value

__all__ = [
    "as_batch",
    "as_images",
    "as_real",
    "channels_axis",
    "check_rank",
    "like_images",
    "like_input",
    "spatial_axis",
    "with_sizes",
]


def as_images(images, name="images"):
    """The value of an argument that must be one image or a batch of them.

    Raises:
        ValueError: for a rank other than 3 and 4.
    """
    x = as_value(images)
    check_rank(x, name)
    return x


def check_rank(x, name="images"):
    """Refuses a value or placeholder of a rank other than 3 and 4."""
    if len(x.shape) not in (3, 4):
        raise ValueError(
            f"Invalid {name} rank: expected rank 3 (single image) or rank 4 (batch of "
            f"images). Received input with shape: {name}.shape={x.shape}"
        )


def channels_axis(data_format):
    """The channels' axis, counted from the end."""
    return -1 if config.standardize_data_format(data_format) == "channels_last" else -3


def spatial_axis(x, data_format):
    """The axis of the rows; that of the columns is the next one."""
    return len(x.shape) - (3 if channels_axis(data_format) == -1 else 2)


def like_images(images):
    """A placeholder like that of the images."""
    check_rank(images)
    return KerasTensor(images.shape, images.dtype)


def with_sizes(images, data_format, height, width):
    """A placeholder for images in another size."""
    check_rank(images)
    shape, axis = list(images.shape), spatial_axis(images, data_format)
    shape[axis : axis + 2] = height, width
    return KerasTensor(shape, images.dtype)


def as_real(x, name="images"):
    """A value that must have a float type.

    Raises:
        ValueError: if it has none.
    """
    if not dtypes.is_float(x.dtype):
        raise ValueError(
            f"Invalid {name} dtype: expected float dtype. "
            f"Received: {name}.dtype={x.dtype}"
        )
    return as_float(x)


def as_batch(x, data_format):
    """A batch of images with channels last, and a function that undoes that."""
    single = len(x.shape) == 3
    if single:
        x = reshaped(x, (1, *x.shape))
    first = config.standardize_data_format(data_format) == "channels_first"
    if first:
        x = permuted(x, (0, 2, 3, 1))

    def undo(y):
        if first:
            y = permuted(y, (0, 3, 1, 2))
        return reshaped(y, y.shape[1:]) if single else y

    return x, undo


def like_input(y, x):
    """A float result in the type of the images: rounded and kept in range."""
    from ckeras.ops.core import saturate_cast
    from ckeras.ops.numpy.unary import round

    if y.dtype == x.dtype:
        return y
    return saturate_cast(y if dtypes.is_float(x.dtype) else round(y), x.dtype)
