"""Sorting and searching; NumPy computes them."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec

__all__ = [
    "argpartition",
    "argsort",
    "bincount",
    "searchsorted",
    "top_k_indices",
    "unique",
    "unique_elements",
]


def _indices_like(x, **attrs):
    return Spec(x.shape, "int32")


argsort = Primitive(
    "argsort",
    infer=_indices_like,
    evaluate=lambda x, axis: np.argsort(x, axis=axis, kind="stable"),
    gradient=NOT_DIFFERENTIABLE,
)
argpartition = Primitive(
    "argpartition",
    infer=_indices_like,
    evaluate=lambda x, kth, axis: np.argpartition(x, kth, axis=axis),
    gradient=NOT_DIFFERENTIABLE,
)


def _top_k(x, k):
    # NaN counts as largest, and equal values keep their order, as in XLA. Reversing
    # the row twice makes the ascending stable sort a descending stable one.
    n = x.shape[-1]
    order = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return n - 1 - order[..., :k]


top_k_indices = Primitive(
    "top_k_indices",
    infer=lambda x, k: Spec((*x.shape[:-1], k), "int32"),
    evaluate=_top_k,
    gradient=NOT_DIFFERENTIABLE,
)
searchsorted = Primitive(
    "searchsorted",
    infer=lambda sequence, values, side: Spec(values.shape, "int32"),
    evaluate=lambda sequence, values, side: np.searchsorted(sequence, values, side),
    gradient=NOT_DIFFERENTIABLE,
)


def _bincount(x, weights, length):
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


bincount = Primitive(
    "bincount",
    infer=lambda x, weights, length: Spec(
        (*x.shape[:-1], length), "int32" if weights is None else weights.dtype
    ),
    evaluate=_bincount,
    gradient=NOT_DIFFERENTIABLE,
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
