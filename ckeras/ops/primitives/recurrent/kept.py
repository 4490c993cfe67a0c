"""Matrix products over the timesteps that a mask keeps: padding costs nothing.

Both primitives give each other's gradients, so that they can be differentiated again.
"""

import math

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import Primitive, Spec, Step

__all__ = ["outer", "product"]


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


def _product_spec(a, w, mask, *, transpose):
    width = w.shape[0] if transpose else w.shape[1]
    return Spec((*a.shape[:-1], width), a.dtype)


def _product_lower(node):
    a, w, _ = node.inputs
    transpose = node.attrs["transpose"]
    (m, k), n = _sizes(a), w.shape[0] if transpose else w.shape[1]
    return _step(node, "kept_rows", (m, n, k, int(transpose)), m, n, k, outer=False)


def _product_gradient(node, d_outputs, needs):
    (a, w, mask), (d,) = node.inputs, d_outputs
    transpose = node.attrs["transpose"]
    d_a = d_w = None
    if needs[0]:
        d_a = _product(d, w, mask, transpose=not transpose)
    if needs[1]:
        d_w = _outer(d, a, mask) if transpose else _outer(a, d, mask)
    return [d_a, d_w, None]


_product = Primitive(
    "kept_product",
    infer=_product_spec,
    lower=_product_lower,
    gradient=_product_gradient,
)


def product(a, w, mask, *, transpose=False):
    """a·w, or a·wᵀ, at the timesteps that the mask keeps, and zeros at the others.

    Args:
        a: (batch, timesteps, k).
        w: (k, n), or (n, k) to be transposed.
        mask: bool (batch, timesteps).
        transpose: whether w is transposed.
    """
    return _product(a, w, mask, transpose=transpose)


# --- a sum over timesteps ------------------------------------------------------------


def _outer_spec(a, b, mask):
    return Spec((a.shape[-1], b.shape[-1]), a.dtype)


def _outer_lower(node):
    k, m, n = _sizes(*node.inputs[:2])
    return _step(node, "kept_outer", (m, n, k), m, n, k, outer=True)


def _outer_gradient(node, d_outputs, needs):
    (a, b, mask), (d,) = node.inputs, d_outputs
    return [
        _product(b, d, mask, transpose=True) if needs[0] else None,
        _product(a, d, mask, transpose=False) if needs[1] else None,
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
