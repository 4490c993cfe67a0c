"""Sorting and searching; NumPy computes them.

NumPy sorts numbers an order of magnitude faster than it finds a stable order of them.
So where values and their places fit into 64 bits, both are sorted as one number: equal
values then stay in order by themselves.
"""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, indexing

__all__ = [
    "argpartition",
    "argsort",
    "bincount",
    "searchsorted",
    "sort",
    "top_k_indices",
    "unique",
    "unique_elements",
]

# Shorter rows are sorted so soon that making the keys would take longer.
_LEAST_KEYS = 64
# So many largest elements are found by looking for the largest again and again.
_FEW = 8


def _check_places(name, size):
    """Raises if places along an axis of a size are more than int32 counts."""
    if size > 1 << 31:
        raise ValueError(
            f"`{name}`: places along an axis of size {size} do not fit into the "
            "result's type, int32. Reshape x into several axes."
        )


def _places_like(name):
    """The shape rule of an op that returns a place for each element."""

    def infer(x, *, axis, **attrs):
        _check_places(name, x.shape[axis])
        return Spec(x.shape, "int32")

    return infer


# Fresh memory costs more than computing: arrays are changed in place where they can be.


def _ranks(x):
    """Unsigned integers of 32 bits in the order of `x`; NaN comes last."""
    if x.dtype != np.float32:
        return x.view(np.uint32) ^ np.uint32(1 << 31)
    ranks = (x + np.float32(0)).view(np.int32)  # the sum makes a 0 of every -0
    # Negative numbers: all bits inverted; others: above them.
    flips = ranks >> 31
    flips |= np.int32(-(1 << 31))
    ranks ^= flips
    ranks = ranks.view(np.uint32)
    nans = np.isnan(x)
    if nans.any():
        ranks[nans] = np.uint32(0xFFFFFFFF)
    return ranks


def _keys(ranks):
    """Ranks of the last axis with their places behind them."""
    keys = ranks.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.arange(ranks.shape[-1], dtype=np.uint64)
    return keys


def _places(keys):
    return keys.astype(np.uint32).view(np.int32)


def _has_keys(x):
    small = x.dtype == np.float32 or x.dtype == np.int32
    return small and _LEAST_KEYS <= x.shape[-1] < 1 << 31


def _argsort(x, axis):
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    if not _has_keys(rows):
        return np.argsort(x, axis=axis, kind="stable")
    keys = _keys(_ranks(rows))
    keys.sort(axis=-1)
    return np.moveaxis(_places(keys), -1, axis)


argsort = Primitive(
    "argsort",
    infer=_places_like("argsort"),
    evaluate=_argsort,
    takes_complex=True,
    gradient=NOT_DIFFERENTIABLE,
)


def _sort_gradient(node, d_outputs, needs):
    # Each element's gradient is at the place that it was sorted to.
    (x,), (d_y,), axis = node.inputs, d_outputs, node.attrs["axis"]
    target = argsort(argsort(x, axis=axis), axis=axis)
    return [indexing.take_along_axis(d_y, target, axis=axis)]


sort = Primitive(
    "sort",
    infer=lambda x, axis: Spec(x.shape, x.dtype),
    evaluate=lambda x, axis: np.sort(x, axis=axis),
    gradient=_sort_gradient,
    takes_complex=True,
)
argpartition = Primitive(
    "argpartition",
    infer=_places_like("argpartition"),
    evaluate=lambda x, kth, axis: np.argpartition(x, kth, axis=axis),
    gradient=NOT_DIFFERENTIABLE,
)


def _few_largest(x, k):
    """The places of the k largest, found one after the other; None if they cannot be.

    Each one found is replaced by the least number there is, so a row that runs out of
    larger ones cannot be told from one whose places are all taken.
    """
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    rest = x.reshape(-1, x.shape[-1]).copy()
    rows = np.arange(len(rest))
    found = np.empty((len(rest), k), np.int32)
    for i in range(k):
        place = rest.argmax(axis=1)
        if (rest[rows, place] == least).any():
            return None
        rest[rows, place] = least
        found[:, i] = place
    return found.reshape(*x.shape[:-1], k)


def _top_k(x, k):
    # NaN counts as largest, and equal values keep their order, as in XLA.
    n = x.shape[-1]
    if 0 < k <= _FEW and n >= _LEAST_KEYS and x.dtype.kind in "fi":
        found = _few_largest(x, k)
        if found is not None:
            return found
    if not _has_keys(x):
        # Reversing the row twice makes the ascending stable sort a descending one.
        order = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
        return n - 1 - order[..., :k]
    keys = _keys(~_ranks(x))
    if 0 < k < n // 4:
        keys = np.partition(keys, k - 1, axis=-1)
    keys = keys[..., :k] if k < n // 4 else keys
    return _places(np.sort(keys, axis=-1)[..., :k])


def _top_k_infer(x, *, k):
    _check_places("top_k", x.shape[-1])
    return Spec((*x.shape[:-1], k), "int32")


def _searchsorted_infer(sequence, values, *, side):
    _check_places("searchsorted", sequence.shape[0])
    return Spec(values.shape, "int32")


top_k_indices = Primitive(
    "top_k_indices",
    infer=_top_k_infer,
    evaluate=_top_k,
    gradient=NOT_DIFFERENTIABLE,
)
searchsorted = Primitive(
    "searchsorted",
    infer=_searchsorted_infer,
    evaluate=lambda sequence, values, side: np.searchsorted(sequence, values, side),
    takes_complex=True,
    gradient=NOT_DIFFERENTIABLE,
)


def _bincount(x, weights, length):
    if not x.size:
        return np.zeros((*x.shape[:-1], length), "int32")
    rows = x.reshape(-1, x.shape[-1])
    weights = None if weights is None else weights.reshape(rows.shape)
    counts = [
        np.bincount(
            np.clip(row, 0, None)[row < length],
            None if weights is None else weights[i][row < length],
            minlength=length,
        )
        for i, row in enumerate(rows)
    ]
    return np.asarray(counts).reshape(*x.shape[:-1], length)


def _bincount_gradient(node, d_outputs, needs):
    # Each weight went into the count of its integer, or nowhere if that is too large.
    (x, _), (d_y,), length = node.inputs, d_outputs, node.attrs["length"]
    if not needs[1] or not length:
        return [None, None]
    held = elementwise.clip(x, low=0, high=length - 1)
    taken = indexing.take_along_axis(d_y, held, axis=len(x.shape) - 1)
    counted = elementwise.less(x, Tensor(np.asarray(length, x.dtype)))
    return [None, elementwise.where(counted, taken, Tensor(np.zeros((), d_y.dtype)))]


bincount = Primitive(
    "bincount",
    infer=lambda x, weights, length: Spec(
        (*x.shape[:-1], length), "int32" if weights is None else weights.dtype
    ),
    evaluate=_bincount,
    gradient=_bincount_gradient,
)


def unique_elements(array, axis):
    """The elements or slices, where each was first, each one's number, the counts."""
    values, first, inverse, counts = np.unique(
        array, True, True, True, axis=axis, equal_nan=False
    )
    inverse = inverse.reshape(array.shape if axis is None else (-1,))
    return values, *[part.astype("int32") for part in (first, inverse, counts)]


def _sized_unique(x, axis, size, fill_value):
    values, first, inverse, counts = unique_elements(x, axis)
    place = axis or 0
    found = values.shape[place]
    values = np.take(values, np.arange(min(size, found)), place)
    missing = size - values.shape[place]
    if missing > 0:
        if fill_value is None and not found:
            raise ValueError(
                "`unique`: there is no element to fill the result up with. Give "
                f"`fill_value`. Received: x.shape={x.shape}, size={size}"
            )
        border = [(0, missing if a == place else 0) for a in range(values.ndim)]
        filler = values.min() if fill_value is None else fill_value
        if axis is None or fill_value is not None:
            values = np.pad(values, border, constant_values=filler)
        else:
            rows = np.repeat(np.take(values, [0], place), missing, place)
            values = np.concatenate([values, rows], place)
    first = np.append(first[:size], np.full(max(missing, 0), first[0] if found else 0))
    counts = np.append(counts[:size], np.zeros(max(missing, 0), "int32"))
    return values, first, inverse, counts


def _unique_infer(x, *, axis, size, fill_value):
    shape = [size]
    if axis is not None:
        shape = [*x.shape]
        shape[axis] = size
    inverse = x.shape if axis is None else (x.shape[axis],)
    return (
        Spec(tuple(shape), x.dtype),
        Spec((size,), "int32"),
        Spec(inverse, "int32"),
        Spec((size,), "int32"),
    )


unique = Primitive(
    "unique",
    infer=_unique_infer,
    evaluate=_sized_unique,
    gradient=NOT_DIFFERENTIABLE,
)
