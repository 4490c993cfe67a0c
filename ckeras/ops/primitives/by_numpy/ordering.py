"""Sorting and searching; NumPy computes them."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec

__all__ = ["argpartition", "argsort", "bincount", "searchsorted", "top_k_indices"]


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
