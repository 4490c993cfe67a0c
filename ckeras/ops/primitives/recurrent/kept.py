"""Products and sums over the timesteps that a mask keeps: padding costs nothing.

The primitives give each other's gradients, so that they can be differentiated again.
"""

import math

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.elementwise_rules import number
from ckeras.ops.primitives.reductions import reduction

__all__ = ["outer", "product", "sum"]


def _sizes(*arrays):
    """How many timesteps of all rows there are, and the features of each array."""
    return math.prod(arrays[0].shape[:-1]), *[a.shape[-1] for a in arrays]


def _step(node, kernel, dims, *sizes, outer):
    a = node.inputs[0]
    itemsize = 4 if a.dtype == "float32" else 8
    slots = config.most_threads()
    return Step(
        f"gemm.{kernel}",
        (*dims, slots),
        dtype=a.dtype,
        workspace=kernels.module("gemm").kept_workspace_bytes(
            *sizes, itemsize, slots, outer
        ),
        flops=2 * math.prod(sizes),
    )


# --- a product for each timestep -----------------------------------------------------


def _product_spec(a, w, mask, bias, *, transpose, fills):
    width = w.shape[0] if transpose else w.shape[1]
    return Spec((*a.shape[:-1], width), a.dtype)


def _product_lower(node):
    a, w, *_ = node.inputs
    transpose, fills = node.attrs["transpose"], node.attrs["fills"]
    (m, k), n = _sizes(a), w.shape[0] if transpose else w.shape[1]
    dims = (m, n, k, int(transpose), int(fills))
    return _step(node, "kept_rows", dims, m, n, k, outer=False)


def _product_gradient(node, d_outputs, needs):
    (a, w, mask, _), (d,) = node.inputs, d_outputs
    transpose = node.attrs["transpose"]
    d_a = d_w = None
    if needs[0]:
        d_a = product(d, w, mask, transpose=not transpose)
    if needs[1]:
        d_w = _outer(d, a, mask) if transpose else _outer(a, d, mask)
    return [d_a, d_w, None, _sum(d, mask) if needs[3] else None]


_product = Primitive(
    "kept_product",
    infer=_product_spec,
    lower=_product_lower,
    gradient=_product_gradient,
)


def product(a, w, mask, bias=None, *, transpose=False, fills=True):
    """a·w, or a·wᵀ, plus bias at the timesteps that the mask keeps.

    Args:
        a: (batch, timesteps, k).
        w: (k, n), or (n, k) to be transposed.
        mask: bool (batch, timesteps).
        bias: (n,) or None.
        transpose: whether w is transposed.
        fills: whether the other timesteps are zeros; else nobody may read them.
    """
    return _product(a, w, mask, bias, transpose=transpose, fills=fills)


# --- sums over timesteps -------------------------------------------------------------


def _outer_spec(a, b, mask):
    return Spec((a.shape[-1], b.shape[-1]), a.dtype)


def _outer_lower(node):
    k, m, n = _sizes(*node.inputs[:2])
    return _step(node, "kept_outer", (m, n, k), m, n, k, outer=True)


def _outer_gradient(node, d_outputs, needs):
    (a, b, mask), (d,) = node.inputs, d_outputs
    return [
        product(b, d, mask, transpose=True) if needs[0] else None,
        product(a, d, mask) if needs[1] else None,
        None,
    ]


_outer = Primitive(
    "kept_outer", infer=_outer_spec, lower=_outer_lower, gradient=_outer_gradient
)


def outer(a, b, mask):
    """The sum over the timesteps that the mask keeps of aᵀ·b, (m, n).

    Args:
        a: (batch, timesteps, m).
        b: (batch, timesteps, n).
        mask: bool (batch, timesteps).
    """
    return _outer(a, b, mask)


def _sum_spec(a, mask):
    return Spec((a.shape[-1],), a.dtype)


def _sum_lower(node):
    a = node.inputs[0]
    rows, width = _sizes(a)
    chunks = reduction._chunks(1, rows, width)
    itemsize = 4 if a.dtype == "float32" else 8
    return Step(
        "reduce.kept_sum",
        (rows, width, chunks),
        dtype=a.dtype,
        workspace=chunks * width * itemsize if chunks > 1 else 0,
        flops=rows * width,
    )


def _sum_gradient(node, d_outputs, needs):
    mask, (d,) = node.inputs[1], d_outputs
    kept = movement.reshape(mask, shape=(*mask.shape, 1))
    return [elementwise.where(kept, d, number(0, d)), None]


_sum = Primitive("kept_sum", infer=_sum_spec, lower=_sum_lower, gradient=_sum_gradient)


def sum(a, mask):
    """The sum of the timesteps that the mask keeps of a (batch, timesteps, n): (n,)."""
    return _sum(a, mask)
