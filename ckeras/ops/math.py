"""Mathematics beyond NumPy's main functions: segments, top k, error function."""

import math

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.blocks import added_rows
from ckeras.ops.core import stop_gradient
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.comparison import isfinite
from ckeras.ops.numpy.manipulation import expand_dims, reshaped, squeeze
from ckeras.ops.numpy.sorting import take_along_axis
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import fallback, ordering, placement
from ckeras.ops.promotion import (
    as_axes,
    as_float,
    as_indices,
    as_places,
    as_value,
    constant,
    index_constant,
    pair,
    static_size,
)
from ckeras.ops.registry import op

__all__ = [
    "cdist",
    "erf",
    "erfc",
    "erfinv",
    "extract_sequences",
    "in_top_k",
    "logdet",
    "logsumexp",
    "rsqrt",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "top_k",
]


@op
def erf(x):
    """The error function 2/√π · ∫₀ˣ exp(-t²) dt, elementwise.

    Example:
        >>> import ckeras
        >>> float(ckeras.ops.erf(0.0))
        0.0
    """
    return elementwise.erf(as_float(x))


@op
def erfc(x):
    """1 - erf(x), elementwise."""
    x = as_float(x)
    return elementwise.subtract(constant(1, x.dtype), elementwise.erf(x))


@op
def erfinv(x):
    """Inverse of `erf`, elementwise; ±inf at ±1."""
    return fallback.erfinv(as_float(x))


@op
def rsqrt(x):
    """1 / √x, elementwise."""
    return elementwise.rsqrt(as_float(x))


@op
def logsumexp(x, axis=None, keepdims=False):
    """log Σ exp(x) over axes, without overflow.

    Args:
        x: a tensor.
        axis: axis or axes; None for all.
        keepdims: whether the axes stay, with size 1.
    """
    x = as_float(x)
    axes = as_axes(axis, len(x.shape), "logsumexp")
    lowest = -math.inf if 0 in x.shape else None
    top = reductions.max(x, axes, keepdims=True, initial=lowest)
    top = stop_gradient(top)
    # An infinite maximum is not subtracted: inf - inf is NaN.
    top = elementwise.where(elementwise.isfinite(top), top, constant(0, x.dtype))
    total = reductions.sum(elementwise.exp(elementwise.subtract(x, top)), axes, True)
    result = elementwise.add(elementwise.log(total), top)
    return result if keepdims else squeeze(result, axes)


@op
def top_k(x, k, sorted=True):
    """The k largest elements along the last axis.

    Args:
        x: a tensor.
        k: how many.
        sorted: for compatibility; they are always in descending order.

    Returns:
        Their values and their indices (int32).
    """
    x = as_value(x)
    k = static_size(k, "top_k", "k")
    if not x.shape or k > x.shape[-1]:
        raise ValueError(
            f"`top_k`: `k` must not be above the size of the last axis. "
            f"Received: x.shape={x.shape}, k={k}"
        )
    indices = ordering.top_k_indices(x, k=k)
    return take_along_axis(x, indices, axis=-1), indices


@op
def in_top_k(targets, predictions, k):
    """Whether each target class is among the k with the largest predictions.

    Args:
        targets: integers (batch,).
        predictions: tensor (batch, classes).
        k: how many; classes as good as the k-th are among them.
    """
    targets, predictions = as_places(targets), as_value(predictions)
    column = expand_dims(targets, -1)
    classes = predictions.shape[-1]
    inside = elementwise.logical_and(
        elementwise.greater_equal(targets, constant(0, "int32")),
        elementwise.less(targets, constant(classes, "int32")),
    )
    column = elementwise.where(expand_dims(inside, -1), column, constant(0, "int32"))
    own = take_along_axis(predictions, column, axis=-1)
    better = reductions.sum(elementwise.greater(predictions, own), axis=-1)
    good = elementwise.less(better, constant(k, "int32"))
    finite = isfinite(squeeze(own, -1))
    return elementwise.logical_and(elementwise.logical_and(good, inside), finite)


def _segments_spec(data, segment_ids, num_segments=None, sorted=False):
    if len(segment_ids.shape) == 1 and not _agree(data.shape[:1], segment_ids.shape):
        raise ValueError(
            "Argument `segment_ids` and `data` should have same leading dimension. "
            f"Received: data.shape={data.shape}, segment_ids.shape={segment_ids.shape}"
        )
    if num_segments is not None:
        num_segments = static_size(num_segments, "segment", "num_segments")
    shape = (num_segments, *data.shape[1:])
    return KerasTensor(shape, data.dtype, record_history=False)


def _agree(*sizes):
    return len({d for shape in sizes for d in shape if d is not None}) < 2


def _segments(data, segment_ids, num_segments, name, reduction, blank):
    data, ids = as_value(data), as_indices(segment_ids, name)
    if len(ids.shape) != 1:
        raise ValueError(
            f"`{name}`: Argument `segment_ids` should be an 1-D vector, as long as the "
            f"first axis of `data`. Received: segment_ids.shape={ids.shape}"
        )
    if not data.shape or ids.shape[0] != data.shape[0]:
        raise ValueError(
            f"`{name}`: Argument `segment_ids` and `data` should have same leading "
            f"dimension. Received: data.shape={data.shape}, "
            f"segment_ids.shape={ids.shape}"
        )
    if num_segments is None:
        from ckeras.ops.numpy.sorting import concrete

        numbers = concrete(ids, name)
        num_segments = int(numbers.max()) + 1 if numbers.size else 0
    rows = static_size(num_segments, name, "num_segments")
    width = math.prod(data.shape[1:])
    updates = reshaped(data, (data.shape[0], width))
    ids = as_places(ids, rows)
    if reduction is None:
        result = added_rows(ids, updates, rows)
    else:
        table = Tensor(np.full((rows, width), blank(data.dtype), data.dtype))
        result = placement.scatter_rows(table, ids, updates, reduction=reduction)
    return reshaped(result, (rows, *data.shape[1:]))


def _lowest(dtype):
    if dtype == "bool":
        return False
    return -np.inf if dtypes.is_inexact(dtype) else np.iinfo(dtype).min


def _highest(dtype):
    if dtype == "bool":
        return True
    return np.inf if dtypes.is_inexact(dtype) else np.iinfo(dtype).max


@op(spec=_segments_spec)
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Sum of the rows of each segment.

    Args:
        data: a tensor of rows.
        segment_ids: the segment of each row; rows out of range are left out.
        num_segments: number of segments; None for the largest id + 1, which only
            concrete ids have.
        sorted: whether the ids ascend; nothing depends on it.
    """
    return _segments(data, segment_ids, num_segments, "segment_sum", None, None)


@op(spec=_segments_spec)
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """Largest of the rows of each segment; arguments as for `segment_sum`."""
    return _segments(data, segment_ids, num_segments, "segment_max", "max", _lowest)


@op(spec=_segments_spec)
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """Smallest of the rows of each segment; arguments as for `segment_sum`."""
    return _segments(data, segment_ids, num_segments, "segment_min", "min", _highest)


@op(spec=_segments_spec)
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """Product of the rows of each segment; arguments as for `segment_sum`."""
    return _segments(
        data, segment_ids, num_segments, "segment_prod", "mul", lambda dtype: 1
    )


@op
def extract_sequences(x, sequence_length, sequence_stride):
    """Overlapping windows along the last axis.

    Args:
        x: tensor (…, n).
        sequence_length: length of each window.
        sequence_stride: distance of their starts.

    Returns:
        Tensor (…, windows, sequence_length).
    """
    from ckeras.ops.primitives import indexing

    x = as_value(x)
    length = static_size(sequence_length, "extract_sequences", "sequence_length")
    stride = static_size(sequence_stride, "extract_sequences", "sequence_stride")
    if not stride:
        raise ValueError("`extract_sequences`: `sequence_stride` must not be 0.")
    starts = np.arange(0, x.shape[-1] - length + 1, stride)
    index = starts[:, None] + np.arange(length)
    return indexing.gather(x, index_constant(index), axis=len(x.shape) - 1)


@op
def logdet(x):
    """Logarithm of the size of the determinants of matrices."""
    from ckeras.ops.numpy.linear import slogdet

    return slogdet(x)[1]


@op
def cdist(x, y):
    """Euclidean distances between the vectors of x and those of y.

    Args:
        x: tensor (…, P, M).
        y: tensor (…, R, M).

    Returns:
        A tensor (…, P, R).
    """
    x, y = pair(x, y, "float")
    if len(x.shape) < 2 or len(y.shape) < 2:
        raise ValueError("`cdist` inputs must have rank >= 2")
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "Last dimension of inputs to `cdist` must match. "
            f"Received: x.shape={x.shape}, y.shape={y.shape}"
        )
    gap = elementwise.subtract(expand_dims(x, -2), expand_dims(y, -3))
    return elementwise.sqrt(reductions.sum(elementwise.square(gap), axis=-1))
