"""Softmax over the last axis, and what the cross-entropies share with it."""

import math

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.reductions import reduction

__all__ = [
    "last_sum",
    "like_first",
    "log_softmax",
    "rows_of",
    "softmax",
    "softmax_gradient",
    "through_formula",
]


def rows_of(x):
    """Rows and their length."""
    return math.prod(x.shape[:-1]), x.shape[-1]


def last_sum(x):
    return reduction.sum(x, axes=(len(x.shape) - 1,), keepdims=True)


def like_first(x, *others):
    return Spec(tuple(x.shape), x.dtype)


def through_formula(formula):
    """The gradient rule of a gradient primitive: that of its formula in simpler ops."""

    def gradient(node, d_outputs, needs):
        sources = [x for x, need in zip(node.inputs, needs, strict=True) if need]
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            value = formula(*node.inputs, **node.attrs)
        found = iter(tape.gradient(value, sources, output_gradients=d_outputs[0]))
        return [next(found) if need else None for need in needs]

    return gradient


def _softmax_step(kernel, in_place, flops):
    def lower(node):
        x = node.inputs[0]
        return Step(
            f"softmax.{kernel}",
            rows_of(x),
            dtype=x.dtype,
            flops=flops * math.prod(x.shape),
            in_place={0: in_place},
        )

    return lower


def _softmax_spec(x, *others):
    if not x.shape:
        raise ValueError("`softmax` needs an axis. Received: a 0-d value")
    return like_first(x)


def _softmax_slope(y, d_y):
    return elementwise.multiply(
        y, elementwise.subtract(d_y, last_sum(elementwise.multiply(y, d_y)))
    )


def _log_softmax_slope(y, d_y):
    return elementwise.subtract(
        d_y, elementwise.multiply(elementwise.exp(y), last_sum(d_y))
    )


softmax_gradient = Primitive(
    "softmax_gradient",
    infer=like_first,
    lower=_softmax_step("softmax_gradient", (0, 1), 4),
    gradient=through_formula(_softmax_slope),
)
log_softmax_gradient = Primitive(
    "log_softmax_gradient",
    infer=like_first,
    lower=_softmax_step("log_softmax_gradient", (0, 1), 16),
    gradient=through_formula(_log_softmax_slope),
)
# Over the last axis.
softmax = Primitive(
    "softmax",
    infer=_softmax_spec,
    lower=_softmax_step("softmax", (0,), 18),
    gradient=lambda node, d, needs: [softmax_gradient(node.outputs[0], d[0])],
)
log_softmax = Primitive(
    "log_softmax",
    infer=_softmax_spec,
    lower=_softmax_step("log_softmax", (0,), 18),
    gradient=lambda node, d, needs: [log_softmax_gradient(node.outputs[0], d[0])],
)
