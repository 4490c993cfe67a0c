"""Memory read as another type."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec

__all__ = ["bitcast"]


def _infer(x, *, dtype):
    old, new = np.dtype(x.dtype).itemsize, np.dtype(dtype).itemsize
    if old == new:
        return Spec(x.shape, dtype)
    if not x.shape or x.shape[-1] * old % new:
        raise ValueError(
            f"`view`: the last axis does not hold a whole number of {dtype}. "
            f"Received: x.shape={x.shape}, x.dtype={x.dtype}"
        )
    return Spec((*x.shape[:-1], x.shape[-1] * old // new), dtype)


bitcast = Primitive(
    "bitcast",
    infer=_infer,
    evaluate=lambda x, dtype: x.view(dtype),
    any_type=True,
    takes_complex=True,
    gradient=NOT_DIFFERENTIABLE,
)
