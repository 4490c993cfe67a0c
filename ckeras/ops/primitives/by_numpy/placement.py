"""Rows of a table combined with others at indices; NumPy computes them."""

import numpy as np

from ckeras.engine.primitive import Primitive, Spec
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, indexing

__all__ = ["scatter_rows"]

_COMBINE = {
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
}


def _infer(table, indices, updates, *, reduction):
    expected = (*indices.shape, *table.shape[1:])
    if updates.shape != expected:
        raise ValueError(
            "`scatter`: updates do not fit the indices and the value. "
            f"Expected shape {expected}. Received: {updates.shape}"
        )
    return Spec(table.shape, table.dtype)


def _evaluate(table, indices, updates, *, reduction):
    result = table.copy()
    # Indices out of range change nothing, as in XLA.
    inside = (indices >= 0) & (indices < len(table))
    indices, updates = indices[inside], updates[inside]
    _COMBINE[reduction].at(result, indices, updates)
    return result


def _gradient(node, d_outputs, needs):
    table, indices, updates = node.inputs
    (y,), (d_y,) = node.outputs, d_outputs
    reduction = node.attrs["reduction"]
    picked = indexing.gather(d_y, indices, axis=0)
    zero = Tensor(np.zeros((), d_y.dtype))
    if reduction == "mul":
        # y = x · Π u: exact but for zeros among the factors.
        share = elementwise.multiply(d_y, y)
        d_table = elementwise.divide(share, table)
        d_updates = elementwise.divide(indexing.gather(share, indices, axis=0), updates)
        return [d_table, None, d_updates]
    kept = elementwise.equal(table, y)
    chosen = elementwise.equal(updates, indexing.gather(y, indices, axis=0))
    return [
        elementwise.where(kept, d_y, zero),
        None,
        elementwise.where(chosen, picked, zero),
    ]


scatter_rows = Primitive(
    "scatter_rows",
    infer=_infer,
    evaluate=_evaluate,
    gradient=_gradient,
    takes_complex=True,
)
