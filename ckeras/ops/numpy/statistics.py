"""Order statistics, reductions that skip NaN, histograms and correlation."""

import math

import numpy as np

from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.comparison import isnan
from ckeras.ops.numpy.linear import multiplied
from ckeras.ops.numpy.manipulation import permuted, reshaped, sliced
from ckeras.ops.numpy.sorting import sort, take_along_axis
from ckeras.ops.primitives import elementwise, indexing
from ckeras.ops.primitives.by_numpy.complex_numbers import conj
from ckeras.ops.promotion import (
    as_axes,
    as_axis,
    as_float,
    as_places,
    as_real,
    as_value,
    constant,
    join,
    static_size,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "corrcoef",
    "correlate",
    "diff",
    "median",
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "percentile",
    "quantile",
]

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _joined_last(x, axis, name):
    """x with the axes to reduce joined as its last one, and the shape kept for 1s."""
    axes = as_axes(axis, len(x.shape), name)
    rest = [a for a in range(len(x.shape)) if a not in axes]
    kept = [1 if a in axes else d for a, d in enumerate(x.shape)]
    moved = permuted(x, [*rest, *axes])
    n = math.prod([x.shape[a] for a in axes])
    return reshaped(moved, [*[x.shape[a] for a in rest], n]), kept


def _mixed(low, high, share, method):
    """What lies `share` of the way between two neighbours."""
    if method == "lower":
        return low
    if method == "higher":
        return high
    if method == "midpoint":
        return elementwise.multiply(
            elementwise.add(low, high), constant(0.5, low.dtype)
        )
    rest = elementwise.subtract(constant(1, share.dtype), share)
    first, second = elementwise.multiply(low, rest), elementwise.multiply(high, share)
    # A neighbour that has no share does not count, be it infinite.
    zero = constant(0, share.dtype)
    whole = elementwise.equal(share, zero)
    return elementwise.where(whole, low, elementwise.add(first, second))


def _quantile(x, q, axis, method, keepdims, name, skip_nan):
    if method not in _METHODS:
        raise ValueError(f"`{name}`: unknown method {method!r}. Expected {_METHODS}")
    x = as_real(as_float(x), name)
    q = with_type(q, x.dtype)
    rows, kept = _joined_last(x, axis, name)
    if not rows.shape[-1]:
        raise ValueError(f"`{name}` of no elements. Received: x.shape={x.shape}")
    if not q.is_symbolic and ((q.numpy() < 0) | (q.numpy() > 1)).any():
        raise ValueError(f"`{name}`: `q` must lie between 0 and 1. Received: q={q}")
    ordered = sort(rows, -1)
    n = rows.shape[-1]
    missing = isnan(rows)
    # Places are exact in their type, whatever that of x is.
    exact = join(x.dtype, "float32" if n < 1 << 24 else "float64")
    wanted = with_type(q, exact)
    wanted = reshaped(wanted, (math.prod(q.shape),) + (1,) * (len(rows.shape) - 1))
    if skip_nan:
        count = reductions.sum(elementwise.logical_not(missing), axis=-1)
        last = elementwise.subtract(with_type(count, exact), constant(1, exact))
        last = elementwise.maximum(last, constant(0, exact))
    else:
        last = constant(n - 1, exact)
    place = elementwise.multiply(wanted, last)
    if method == "nearest":
        place = elementwise.round(place)
    low, high = elementwise.floor(place), elementwise.ceil(place)
    shape = (math.prod(q.shape), *rows.shape[:-1])
    picked = [
        _picked(ordered, with_type(index, as_places(0, n).dtype), shape)
        for index in (low, high)
    ]
    part = with_type(elementwise.subtract(place, low), x.dtype)
    y = _mixed(*picked, part, method)
    if not skip_nan:
        broken = reductions.any(missing, axis=-1)
        y = elementwise.where(broken, constant(math.nan, x.dtype), y)
    rest = kept if keepdims else rows.shape[:-1]
    return reshaped(y, (*q.shape, *rest))


def _picked(ordered, index, shape):
    """For each quantile and each row the element at an index of the row."""
    from ckeras.ops.numpy.manipulation import broadcast_to, moveaxis

    index = broadcast_to(index, shape)
    columns = moveaxis(index, 0, -1)
    taken = take_along_axis(ordered, columns, axis=-1)
    return moveaxis(taken, -1, 0) if len(shape) > 1 else taken


@op
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """Quantiles of the elements over axes.

    Args:
        x: a tensor.
        q: which, numbers from 0 to 1; their axes lead in the result.
        axis: axis or axes; None for all.
        method: what to take between two elements: `"linear"`, `"lower"`, `"higher"`,
            `"midpoint"` or `"nearest"`.
        keepdims: whether the axes stay, with size 1.

    Example:
        >>> import ckeras
        >>> float(ckeras.ops.quantile([1.0, 2.0, 3.0], 0.25))
        1.5
    """
    return _quantile(x, q, axis, method, keepdims, "quantile", False)


@op
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of the elements that are not NaN."""
    return _quantile(x, q, axis, method, keepdims, "nanquantile", True)


def _percent(x, q):
    x = as_float(x)
    return elementwise.multiply(with_type(q, x.dtype), constant(0.01, x.dtype))


@op
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` for q from 0 to 100."""
    return quantile(x, _percent(x, q), axis, method, keepdims)


@op
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`nanquantile` for q from 0 to 100."""
    return nanquantile(x, _percent(x, q), axis, method, keepdims)


@op
def median(x, axis=None, keepdims=False):
    """The middle element over axes, or the mean of the middle two."""
    return _quantile(x, 0.5, axis, "linear", keepdims, "median", False)


@op
def nanmedian(x, axis=None, keepdims=False):
    """`median` of the elements that are not NaN."""
    return _quantile(x, 0.5, axis, "linear", keepdims, "nanmedian", True)


def _filled(x, value):
    """x with NaN replaced, and where there is none."""
    x = as_value(x)
    missing = isnan(x)
    if not x.dtype.startswith("float"):
        return x, elementwise.logical_not(missing)
    y = elementwise.where(missing, constant(value, x.dtype), x)
    return y, elementwise.logical_not(missing)


@op
def nansum(x, axis=None, keepdims=False):
    """Sum over axes of the elements that are not NaN."""
    return reductions.sum(_filled(x, 0)[0], axis, keepdims)


@op
def nanprod(x, axis=None, keepdims=False):
    """Product over axes of the elements that are not NaN."""
    return reductions.prod(_filled(x, 1)[0], axis, keepdims)


@op
def nancumsum(x, axis=None, dtype=None):
    """`cumsum` with NaN counted as 0."""
    return reductions.cumsum(_filled(x, 0)[0], axis, dtype)


@op
def nancumprod(x, axis=None, dtype=None):
    """`cumprod` with NaN counted as 1."""
    return reductions.cumprod(_filled(x, 1)[0], axis, dtype)


@op
def nanmean(x, axis=None, keepdims=False):
    """Mean over axes of the elements that are not NaN."""
    x, found = _filled(as_float(x), 0)
    count = reductions.sum(with_type(found, x.dtype), axis, keepdims)
    return elementwise.divide(reductions.sum(x, axis, keepdims), count)


@op
def nanvar(x, axis=None, keepdims=False):
    """Variance over axes of the elements that are not NaN."""
    x, found = _filled(as_float(x), 0)
    count = with_type(found, x.dtype)
    mean = elementwise.divide(
        reductions.sum(x, axis, keepdims=True),
        reductions.sum(count, axis, keepdims=True),
    )
    # Blanked before they are squared, so that a gradient does not meet their NaN.
    deviation = elementwise.subtract(x, mean)
    deviation = elementwise.where(found, deviation, constant(0, x.dtype))
    total = reductions.sum(reductions.squared_size(deviation), axis, keepdims)
    count = reductions.sum(with_type(count, total.dtype), axis, keepdims)
    return elementwise.divide(total, count)


@op
def nanstd(x, axis=None, keepdims=False):
    """Standard deviation over axes of the elements that are not NaN."""
    return elementwise.sqrt(nanvar(x, axis, keepdims))


def _nan_extreme(x, axis, keepdims, blank, reduce):
    x, found = _filled(x, blank)
    y = reduce(x, axis, keepdims)
    if not x.dtype.startswith("float"):
        return y
    some = reductions.any(found, axis, keepdims)
    return elementwise.where(some, y, constant(math.nan, y.dtype))


@op
def nanmax(x, axis=None, keepdims=False):
    """Largest element over axes that is not NaN."""
    return _nan_extreme(x, axis, keepdims, -math.inf, reductions.max)


@op
def nanmin(x, axis=None, keepdims=False):
    """Smallest element over axes that is not NaN."""
    return _nan_extreme(x, axis, keepdims, math.inf, reductions.min)


def _nan_arg(x, axis, keepdims, blank, reduce):
    x, found = _filled(x, blank)
    y = reduce(x, axis, keepdims)
    some = reductions.any(found, axis, keepdims)
    return elementwise.where(some, y, constant(-1, "int32"))


@op
def nanargmax(x, axis=None, keepdims=False):
    """Index of the largest element that is not NaN; -1 if all are."""
    return _nan_arg(x, axis, keepdims, -math.inf, reductions.argmax)


@op
def nanargmin(x, axis=None, keepdims=False):
    """Index of the smallest element that is not NaN; -1 if all are."""
    return _nan_arg(x, axis, keepdims, math.inf, reductions.argmin)


@op
def diff(a, n=1, axis=-1):
    """Each element minus the one before it along an axis, `n` times over."""
    x = as_value(a)
    axis = as_axis(axis, len(x.shape), "diff")
    for _ in range(static_size(n, "diff", "n")):
        size = x.shape[axis]
        late, early = sliced(x, axis, 1, size), sliced(x, axis, 0, size - 1)
        if x.dtype == "bool":
            x = elementwise.logical_xor(late, early)
        else:
            x = elementwise.subtract(late, early)
    return x


@op
def correlate(x1, x2, mode="valid"):
    """Σ x1[n + k] · x2[n] for each shift k of two vectors; x2 conjugated if complex.

    Args:
        x1, x2: vectors.
        mode: `"valid"` for shifts with full overlap, `"same"` for as many as the
            longer vector is long, `"full"` for all.
    """
    from ckeras.ops.numpy.joining import pad
    from ckeras.ops.promotion import pair

    x1, x2 = pair(x1, x2, "float")
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ValueError(
            "`correlate`: `x1` and `x2` must be vectors. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"`correlate`: unknown mode {mode!r}.")
    n, m = x1.shape[0], x2.shape[0]
    longer, shorter = max(n, m), min(n, m)
    wide = pad(x1, (m - 1, m - 1))
    index = np.arange(n + m - 1)[:, None] + np.arange(m)
    windows = indexing.gather(wide, constant(index, "int32"), axis=0)
    y = reshaped(multiplied(windows, reshaped(conj(x2), (m, 1))), (n + m - 1,))
    if mode == "full":
        return y
    size = longer - shorter + 1 if mode == "valid" else longer
    start = shorter - 1 if mode == "valid" else (n + m - 1 - longer) // 2
    if mode == "same" and m > n:
        start = (n + m - longer) // 2
    return sliced(y, 0, start, start + size)


@op
def corrcoef(x):
    """Pearson correlations between the rows of a matrix."""
    x = as_float(x)
    if len(x.shape) < 2:
        x = reshaped(x, (1, math.prod(x.shape)))
    deviation = elementwise.subtract(x, reductions.mean(x, axis=-1, keepdims=True))
    covariance = multiplied(deviation, permuted(deviation, (1, 0)))
    spread = elementwise.sqrt(
        reductions.sum(elementwise.square(deviation), axis=-1, keepdims=True)
    )
    scale = elementwise.multiply(spread, permuted(spread, (1, 0)))
    y = elementwise.clip(elementwise.divide(covariance, scale), low=-1.0, high=1.0)
    return reshaped(y, ()) if x.shape[0] == 1 else y
