"""Values made from shapes and numbers."""

import numpy as np

from ckeras.engine import config
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.numpy.manipulation import broadcast_to, expand_dims, moveaxis
from ckeras.ops.primitives import elementwise, elementwise_rules
from ckeras.ops.promotion import (
    as_real,
    as_value,
    constant,
    filled,
    join,
    large_stand_in,
    pair,
    static_int,
    static_size,
    static_sizes,
    type_of,
    widened,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "arange",
    "array",
    "bartlett",
    "blackman",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "hamming",
    "hanning",
    "identity",
    "kaiser",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]


def _filled(shape, value, dtype, name):
    shape = static_sizes(shape, name)
    dtype = dtypes.standardize_dtype(dtype)
    return filled(shape, value, dtype)


@op
def zeros(shape, dtype=None):
    """A tensor of zeros.

    Args:
        shape: its shape.
        dtype: its type, `floatx` by default.

    Example:
        >>> import ckeras
        >>> ckeras.ops.zeros((2,)).numpy().tolist()
        [0.0, 0.0]
    """
    return _filled(shape, 0, dtype, "zeros")


@op
def ones(shape, dtype=None):
    """A tensor of ones; arguments as for `zeros`."""
    return _filled(shape, 1, dtype, "ones")


@op
def empty(shape, dtype=None):
    """A tensor whose values do not matter (they are 0); arguments as for `zeros`."""
    return _filled(shape, 0, dtype, "empty")


@op
def full(shape, fill_value, dtype=None):
    """A tensor filled with one value.

    Args:
        shape: its shape.
        fill_value: the value, a number or a tensor that broadcasts to the shape.
        dtype: its type, `floatx` by default.
    """
    dtype = dtypes.standardize_dtype(dtype)
    symbol = large_stand_in(static_sizes(shape, "full"), dtype)
    if symbol is not None:
        return symbol
    return broadcast_to(with_type(fill_value, dtype), shape)


def _like(x, value, dtype):
    if not hasattr(x, "shape"):
        x = as_value(x)
    dtype = x.dtype if dtype is None else dtype
    return filled(tuple(x.shape), value, dtypes.standardize_dtype(dtype))


@op
def zeros_like(x, dtype=None):
    """Zeros in the shape of x, and in its type unless another is given."""
    return _like(x, 0, dtype)


@op
def ones_like(x, dtype=None):
    """Ones in the shape of x, and in its type unless another is given."""
    return _like(x, 1, dtype)


@op
def empty_like(x, dtype=None):
    """A tensor in the shape of x whose values do not matter (they are 0)."""
    return _like(x, 0, dtype)


@op
def full_like(x, fill_value, dtype=None):
    """`fill_value` in the shape of x, and in its type unless another is given."""
    x = as_value(x)
    return full(x.shape, fill_value, x.dtype if dtype is None else dtype)


@op
def array(x, dtype=None):
    """x as a tensor, of a type if that is given."""
    x = as_value(x)
    return x if dtype is None else with_type(x, dtypes.standardize_dtype(dtype))


@op
def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` up to (not with) `stop`, `step` apart.

    Args:
        start: the first number; if it is the only one, the end, and 0 the start.
        stop: the end, left out.
        step: the distance, 1 by default.
        dtype: type of the result; None for the type where the arguments meet.

    Example:
        >>> import ckeras
        >>> ckeras.ops.arange(2, 8, 2).numpy().tolist()
        [2, 4, 6]
    """
    if dtype is None:
        given = [v for v in (start, stop, step) if v is not None]
        dtype = join(*[type_of(v) for v in given])
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if not np.asarray(step).item():
        raise ValueError("`arange`: `step` must not be 0.")
    values = [
        v if type(v) is int else np.asarray(v).item() for v in (start, stop, step)
    ]
    # NumPy counts in floats from 2^63 on, unless it is told to use the one such type.
    beyond = dtype == "uint64" and all([type(v) is int for v in values])
    wide = "uint64" if beyond and min(values) >= 0 else None
    return Tensor(
        np.arange(*values, dtype=wide).astype(dtypes.standardize_dtype(dtype))
    )


def _space_types(start, stop, dtype):
    if dtype is not None:
        return dtypes.standardize_dtype(dtype)
    return join(type_of(start), type_of(stop), "float")


@op
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers from `start` to `stop`, evenly spaced.

    Args:
        start, stop: the ends; tensors make one such line for each pair of elements.
        num: how many numbers.
        endpoint: whether `stop` is the last one.
        retstep: whether to return the distance too.
        dtype: type of the result; a floating-point one by default.
        axis: place of the new axis.
    """
    dtype = _space_types(start, stop, dtype)
    start, stop = pair(start, stop, dtype, "float")
    num = static_size(num, "linspace", "num")
    gaps = num - 1 if endpoint else num
    width = elementwise.subtract(stop, start)
    step = elementwise.divide(width, constant(gaps if gaps else np.nan, width.dtype))
    share = np.arange(num) / max(gaps, 1)
    share = share.reshape(-1, *[1] * len(width.shape))
    # Both ends are met exactly: a weighted mean of them, not start + i · step.
    result = elementwise.add(
        elementwise.multiply(start, constant(1 - share, width.dtype)),
        elementwise.multiply(stop, constant(share, width.dtype)),
    )
    if not dtypes.is_inexact(dtype):
        result = elementwise.floor(result)
    result = moveaxis(with_type(result, dtype), 0, axis)
    return (result, step) if retstep else result


@op
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """Powers of `base` whose exponents are `linspace(start, stop, num)`."""
    dtype = _space_types(start, stop, dtype)
    # Half precision would round the exponents.
    start, stop = [widened(x) for x in pair(start, stop, "float")]
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    powers = elementwise.power(constant(base, exponents.dtype), exponents)
    return with_type(powers, dtype)


@op
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop` of which each is a multiple of the last."""
    dtype = _space_types(start, stop, dtype)
    start, stop = [as_real(x, "geomspace") for x in pair(start, stop, "float")]
    sign = elementwise.sign(start)
    low = elementwise.log(elementwise.abs(start))
    high = elementwise.log(elementwise.abs(stop))
    logs = linspace(low, high, num, endpoint, axis=axis)
    if sign.shape:
        shape = elementwise_rules.broadcast_shape("geomspace", start.shape, stop.shape)
        sign = expand_dims(broadcast_to(sign, shape), axis)
    return with_type(elementwise.multiply(sign, elementwise.exp(logs)), dtype)


def _whole(x, op, name):
    """A size that must be an integer by its type, not by its value alone."""
    dtype = getattr(x, "dtype", type(x))
    if not isinstance(x, bool) and dtypes.is_float_dtype(dtype):
        raise TypeError(f"`{op}`: `{name}` must be an integer. Received: {name}={x}")
    return static_size(x, op, name)


@op
def eye(N, M=None, k=0, dtype=None):
    """Ones on a diagonal, zeros elsewhere.

    Args:
        N: number of rows.
        M: number of columns, N by default.
        k: the diagonal; above the main one if positive.
        dtype: type of the result, `floatx` by default.
    """
    rows = _whole(N, "eye", "N")
    columns = rows if M is None else _whole(M, "eye", "M")
    return Tensor(np.eye(rows, columns, k, dtype=dtypes.standardize_dtype(dtype)))


@op
def identity(n, dtype=None):
    """The n × n unit matrix."""
    return eye(n, dtype=dtype)


@op
def tri(N, M=None, k=0, dtype=None):
    """Ones on and below a diagonal, zeros above; arguments as for `eye`."""
    rows = static_size(N, "tri", "N")
    columns = rows if M is None else static_size(M, "tri", "M")
    return Tensor(np.tri(rows, columns, k, dtype=dtypes.standardize_dtype(dtype)))


def _window(x, function, *args):
    n = static_int(np.asarray(x).item(), function.__name__, "x")
    return Tensor(function(n, *args).astype(config.floatx()))


@op
def bartlett(x):
    """Triangular window of x points."""
    return _window(x, np.bartlett)


@op
def blackman(x):
    """Blackman window of x points."""
    return _window(x, np.blackman)


@op
def hamming(x):
    """Hamming window of x points."""
    return _window(x, np.hamming)


@op
def hanning(x):
    """Hann window of x points."""
    return _window(x, np.hanning)


@op
def kaiser(x, beta):
    """Kaiser window of x points with shape `beta`."""
    return _window(x, np.kaiser, float(np.asarray(beta)))
