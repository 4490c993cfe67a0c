"""Convolution of every channel on its own: three primitives, like `convolution`."""

import math

from ckeras import kernels
from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.ops.primitives import linear
from ckeras.ops.primitives.windows.convolution import (
    itemsize,
    kernel_dims,
    output_size,
    without_both,
)

__all__ = ["depthwise"]


def _step(entry, which, x, w, y, attrs, *more):
    dims = kernel_dims(x, w, y, {**attrs, "groups": 1}, *more)
    size = kernels.module("depthwise").workspace_bytes(dims, itemsize(x.dtype), which)
    return Step(
        f"depthwise.{entry}",
        dims,
        dtype=x.dtype,
        workspace=size,
        flops=2 * math.prod(y.shape) * math.prod(w.shape[:-1]),
    )


def _geometry(attrs):
    return {k: attrs[k] for k in ("strides", "dilations", "pads")}


# --- forward -------------------------------------------------------------------------


def _spec(x, w, *, strides, dilations, pads):
    sizes = zip(x.shape[1:-1], w.shape[:-1], strides, dilations, pads, strict=True)
    spatial = [output_size(*values) for values in sizes]
    if x.shape[-1] != w.shape[-1] or x.dtype != w.dtype:
        raise ValueError(
            f"`depthwise`: a kernel of shape {tuple(w.shape)} and type {w.dtype} does "
            f"not fit an input of shape {tuple(x.shape)} and type {x.dtype}."
        )
    return Spec((x.shape[0], *spatial, x.shape[-1]), x.dtype)


def _gradient(node, d_outputs, needs):
    x, w = node.inputs
    (d,) = d_outputs
    attrs, sizes = _geometry(node.attrs), (tuple(x.shape[1:-1]), tuple(w.shape[:-1]))
    return [
        _input_gradient(d, w, size=sizes[0], **attrs) if needs[0] else None,
        _kernel_gradient(x, d, size=sizes[1], **attrs) if needs[1] else None,
    ]


def _lower(node):
    x, w = node.inputs
    return _step("forward", 0, x, w, node.outputs[0], node.attrs)


_depthwise = Primitive(
    "depthwise",
    infer=_spec,
    lower=_lower,
    gradient=_gradient,
)


def _finished_spec(x, w, bias, scale, residual, *, activation, **attrs):
    return _spec(x, w, **attrs)


def _finished_lower(node):
    x, w, *_ = node.inputs
    activation = linear.ACTIVATIONS.index(node.attrs["activation"])
    y = node.outputs[0]
    return _step("forward_finished", 0, x, w, y, node.attrs, activation)


# As `conv_finished`; the pass `convolutions` makes it.
_finished = Primitive(
    "depthwise_finished",
    infer=_finished_spec,
    lower=_finished_lower,
    gradient=NOT_DIFFERENTIABLE,
)


# --- gradients -----------------------------------------------------------------------


def _input_gradient_gradient(node, d_outputs, needs):
    d_y, w = node.inputs
    (d,) = d_outputs
    attrs, size = _geometry(node.attrs), tuple(w.shape[:-1])
    return [
        _depthwise(d, w, **attrs) if needs[0] else None,
        _kernel_gradient(d, d_y, size=size, **attrs) if needs[1] else None,
    ]


_input_gradient = Primitive(
    "depthwise_input_gradient",
    infer=lambda d_y, w, *, size, **attrs: Spec(
        (d_y.shape[0], *size, d_y.shape[-1]), d_y.dtype
    ),
    lower=lambda node: _step(
        "input_gradient", 1, node.outputs[0], node.inputs[1], node.inputs[0], node.attrs
    ),
    gradient=_input_gradient_gradient,
)


def _kernel_gradient_gradient(node, d_outputs, needs):
    x, d_y = node.inputs
    (d,) = d_outputs
    attrs, size = _geometry(node.attrs), tuple(x.shape[1:-1])
    return [
        _input_gradient(d_y, d, size=size, **attrs) if needs[0] else None,
        _depthwise(x, d, **attrs) if needs[1] else None,
    ]


_kernel_gradient = Primitive(
    "depthwise_kernel_gradient",
    infer=lambda x, d_y, *, size, **attrs: Spec((*size, x.shape[-1]), x.dtype),
    lower=lambda node: _step(
        "kernel_gradient",
        2,
        node.inputs[0],
        node.outputs[0],
        node.inputs[1],
        node.attrs,
    ),
    gradient=_kernel_gradient_gradient,
)


def depthwise(x, w, *, strides, dilations, pads):
    """The convolution of every channel of x with its own kernel.

    Args:
        x: (batch, *spatial, channels).
        w: (*kernel, channels).
        strides, dilations: a number for each spatial axis.
        pads: zeros before and after, for each spatial axis.

    Returns:
        (batch, *results, channels).
    """
    w, dilations = without_both(w, strides, dilations)
    return _depthwise(x, w, strides=strides, dilations=dilations, pads=pads)
