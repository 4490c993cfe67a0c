"""Primitives that run or search along one axis."""

import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.ops.primitives.reductions.reduction import (
    _KERNEL_TYPES,
    _MODULAR_TYPES,
    _reduced_shape,
    has_kernel,
)

__all__ = ["argmax", "argmin", "cumsum"]


# --- places of extremes --------------------------------------------------------------


def _place(name, evaluate):
    def infer(x, *, axis):
        if not x.shape[axis]:
            raise ValueError(f"`{name}` of no elements. Received: x.shape={x.shape}")
        if x.shape[axis] > 1 << 31:
            raise ValueError(
                f"`{name}`: places along an axis of size {x.shape[axis]} do not fit "
                "into the result's type, int32. Reshape x into several axes."
            )
        return Spec(_reduced_shape(x.shape, (axis,), False), "int32")

    def lower(node):
        x, axis = node.inputs[0], node.attrs["axis"]
        outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
        return Step(f"scan.{name}", (outer, x.shape[axis], inner), dtype=x.dtype)

    fast = Primitive(name, infer=infer, lower=lower, gradient=NOT_DIFFERENTIABLE)
    slow = Primitive(
        f"{name}_other",
        infer=infer,
        evaluate=lambda x, axis: evaluate(x, axis=axis),
        gradient=NOT_DIFFERENTIABLE,
    )

    def place(x, *, axis):
        return (fast if has_kernel(x, _KERNEL_TYPES) else slow)(x, axis=axis)

    place.__doc__ = f"Index of the first {name[3:]}imum along an axis, or of NaN."
    return place


argmax = _place("argmax", np.argmax)
argmin = _place("argmin", np.argmin)


# --- running sums --------------------------------------------------------------------


def _cumsum_step(node):
    x, axis = node.inputs[0], node.attrs["axis"]
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    return Step(
        "scan.cumsum",
        (outer, x.shape[axis], inner, int(node.attrs["reverse"])),
        dtype=_MODULAR_TYPES[x.dtype],
        in_place={0: (0,)},
    )


def _cumsum_gradient(node, d_outputs, needs):
    axis, reverse = node.attrs["axis"], node.attrs["reverse"]
    return [cumsum(d_outputs[0], axis=axis, reverse=not reverse)]


def _cumsum_by_numpy(x, axis, reverse):
    if reverse:
        return np.flip(np.cumsum(np.flip(x, axis), axis, dtype=x.dtype), axis)
    return np.cumsum(x, axis, dtype=x.dtype)


_cumsum = Primitive(
    "cumsum",
    infer=lambda x, *, axis, reverse: Spec(x.shape, x.dtype),
    lower=_cumsum_step,
    gradient=_cumsum_gradient,
)
_cumsum_other = Primitive(
    "cumsum_other",
    infer=lambda x, *, axis, reverse: Spec(x.shape, x.dtype),
    evaluate=_cumsum_by_numpy,
    takes_complex=True,
    gradient=_cumsum_gradient,
)


def cumsum(x, *, axis, reverse=False):
    """Sums up to and with each element along an axis, from its end if `reverse`."""
    primitive = _cumsum if has_kernel(x, _MODULAR_TYPES) else _cumsum_other
    return primitive(x, axis=axis, reverse=reverse)
