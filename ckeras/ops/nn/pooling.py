"""Pooling: the maximum or the mean of windows."""

import functools
import math

import numpy as np

from ckeras.engine import config
from ckeras.engine.values import dtypes
from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.windows import pooling
from ckeras.ops.promotion import as_float, as_value, static_int
from ckeras.ops.registry import op

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "max_pool",
]

_windows = functools.lru_cache(maxsize=1024)(pooling.pool_windows)


# --- arguments -----------------------------------------------------------------------


def _channels_last(x, data_format, name):
    """The value with channels last, and the permutation that puts them back."""
    rank = len(x.shape)
    if not 3 <= rank <= 5:
        raise ValueError(
            f"`{name}`: expected `inputs` with 1 to 3 spatial axes, that is of rank 3 "
            f"to 5. Received: inputs.shape={x.shape}"
        )
    if config.standardize_data_format(data_format) == "channels_last":
        return x, None
    back = (0, rank - 1, *range(1, rank - 1))
    return permuted(x, (0, *range(2, rank), 1)), back


def _for_each_axis(value, axes, op_name, name):
    """An integer or a sequence as one positive integer for each spatial axis."""
    values = value if isinstance(value, (list, tuple)) else (value,) * axes
    values = tuple([static_int(v, op_name, name) for v in values])
    if len(values) != axes:
        raise ValueError(
            f"`{op_name}`: `{name}` must be an integer or have one for each of the "
            f"{axes} spatial axes. Received: {name}={value}"
        )
    if min(values) < 1:
        raise ValueError(
            f"`{op_name}`: `{name}` must be positive. Received: {name}={value}"
        )
    return values


def _all_windows(sizes, pool, strides, padding, shape):
    windows = []
    for size, p, s in zip(sizes, pool, strides, strict=True):
        windows.append(_windows(size, p, s, padding))
        if not windows[-1] and size:
            raise ValueError(
                "Computed output size would be zero or negative. Received: "
                f"`inputs.shape={tuple(shape)}`, `pool_size={pool}`, "
                f"`strides={strides}`, `padding={padding}`."
            )
    return tuple(windows)


def _through(primitive, x, windows):
    """A primitive for three spatial axes, on a value with fewer."""
    missing = 3 - len(windows)
    shape = (x.shape[0], *(1,) * missing, *x.shape[1:])
    whole = (((0, 1),),) * missing
    y = primitive(reshaped(x, shape), windows=whole + windows)
    return reshaped(y, (y.shape[0], *y.shape[1 + missing :]))


def _pool(primitive, inputs, pool_size, strides, padding, data_format, name):
    x, back = _channels_last(inputs, data_format, name)
    axes = len(x.shape) - 2
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"Invalid padding '{padding}', must be 'same' or 'valid'.")
    pool = _for_each_axis(pool_size, axes, name, "pool_size")
    if strides is None:
        strides = pool
    strides = _for_each_axis(strides, axes, name, "strides")
    sizes = x.shape[1:-1]
    y = primitive(x, _all_windows(sizes, pool, strides, padding, inputs.shape))
    return y if back is None else permuted(y, back)


# --- maximum and mean of windows -----------------------------------------------------


def _maximum(x, windows):
    if dtypes.is_float(x.dtype):
        return _through(pooling.max_pool, x, windows)
    # Other types axis by axis: the maximum of the windows' first pixels, second, ...
    for axis, places in enumerate(windows, start=1):
        x = _maximum_along(x, axis, places)
    return x


def _maximum_along(x, axis, places):
    """Of a window that is shorter than others the last pixel is taken repeatedly."""
    from ckeras.ops.numpy.sorting import take

    longest = max([end - start for start, end in places], default=0)
    y = None
    for i in range(longest):
        index = np.array([min(start + i, end - 1) for start, end in places], "int32")
        pixels = take(x, index, axis=axis)
        y = pixels if y is None else elementwise.maximum(y, pixels)
    if y is not None:
        return y
    start = (0,) * len(x.shape)
    shape = (*x.shape[:axis], 0, *x.shape[axis + 1 :])
    return movement.slice(x, start=start, shape=shape, strides=(1,) * len(shape))


def _mean(x, windows):
    return _through(pooling.average_pool, x, windows)


@op
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The maximum of each window.

    NaN is the maximum of a window that has one. The gradient goes to the first, in
    row-major order, of equal maxima.

    Args:
        inputs: tensor (batch, *sizes, channels) with 1 to 3 sizes, or channels first.
        pool_size: size of a window, one integer or one for each axis.
        strides: steps from window to window; `pool_size` if None.
        padding: `"valid"`: whole windows only; `"same"`: ⌈size / stride⌉ of them, of
            which those at the borders have fewer pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Raises:
        ValueError: if a window is larger than the inputs.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.array([1.0, 4.0, 2.0, 3.0]).reshape(1, 4, 1)
        >>> ckeras.ops.max_pool(x, 2).numpy().ravel().tolist()
        [4.0, 3.0]
    """
    x = as_value(inputs)
    return _pool(_maximum, x, pool_size, strides, padding, data_format, "max_pool")


@op
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window; padding does not count.

    Args:
        inputs: tensor (batch, *sizes, channels) with 1 to 3 sizes, or channels first.
        pool_size, strides, padding, data_format: as for `max_pool`.

    Raises:
        TypeError: for booleans.
        ValueError: if a window is larger than the inputs.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.array([1.0, 4.0, 2.0, 3.0]).reshape(1, 4, 1)
        >>> ckeras.ops.average_pool(x, 2).numpy().ravel().tolist()
        [2.5, 2.5]
    """
    x = _as_number(inputs, "average_pool")
    return _pool(_mean, x, pool_size, strides, padding, data_format, "average_pool")


def _as_number(inputs, name):
    x = as_value(inputs)
    if x.dtype == "bool":
        raise TypeError(f"`{name}`: `inputs` must be numbers. Received: bool")
    return as_float(x)


# --- windows of which there is a given number ----------------------------------------


@functools.lru_cache(maxsize=1024)
def _shares(size, count):
    """Windows that divide an axis into `count` parts, which may share pixels."""
    return tuple(
        [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    )


def _adaptive_windows(x, output_size, name):
    counts = _for_each_axis(output_size, len(x.shape) - 2, name, "output_size")
    sizes = x.shape[1:-1]
    if math.prod(sizes) == 0:
        raise ValueError(
            f"`{name}`: there are no pixels to pool. Received: inputs.shape={x.shape}"
        )
    return tuple([_shares(n, count) for n, count in zip(sizes, counts, strict=True)])


@op
def adaptive_max_pool(inputs, output_size, data_format=None):
    """The maximum of each of as many windows as are wanted.

    Window i of an axis goes from pixel ⌊i · size / count⌋ to before
    ⌈(i + 1) · size / count⌉. Axes are pooled one after the other: of equal maxima the
    gradient goes to the first along the last axis, there to the first along the one
    before, and so on.

    Args:
        inputs: tensor (batch, *sizes, channels) with 1 to 3 sizes, or channels first.
        output_size: sizes of the result, one integer or one for each axis.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.array([1.0, 4.0, 2.0, 3.0, 5.0]).reshape(1, 5, 1)
        >>> ckeras.ops.adaptive_max_pool(x, 2).numpy().ravel().tolist()
        [4.0, 5.0]
    """
    x, back = _channels_last(as_value(inputs), data_format, "adaptive_max_pool")
    windows = _adaptive_windows(x, output_size, "adaptive_max_pool")
    whole = [tuple([(i, i + 1) for i in range(n)]) for n in x.shape[1:-1]]
    for axis, places in enumerate(windows):
        along = [*whole]
        along[axis] = places
        x = _maximum(x, tuple(along))
        whole[axis] = tuple([(i, i + 1) for i in range(len(places))])
    return x if back is None else permuted(x, back)


@op
def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each of as many windows as are wanted.

    Args:
        inputs: tensor (batch, *sizes, channels) with 1 to 3 sizes, or channels first.
        output_size, data_format: as for `adaptive_max_pool`, and so are the windows.

    Raises:
        TypeError: for booleans.

    Example:
        >>> import ckeras, numpy as np
        >>> x = np.array([1.0, 4.0, 2.0, 3.0, 5.0]).reshape(1, 5, 1)
        >>> ckeras.ops.adaptive_average_pool(x, 5).numpy().ravel().tolist()
        [1.0, 4.0, 2.0, 3.0, 5.0]
    """
    x = _as_number(inputs, "adaptive_average_pool")
    x, back = _channels_last(x, data_format, "adaptive_average_pool")
    windows = _adaptive_windows(x, output_size, "adaptive_average_pool")
    y = _mean(x, windows)
    return y if back is None else permuted(y, back)
