"""Convolution of channels-last images with one to three spatial axes.

Three primitives, each of which has the other two for its gradient: a convolution is
linear in its input and in its kernel.
"""

import math

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.ops.primitives import linear, movement

__all__ = ["conv", "conv_transpose", "output_size"]

FORWARD, INPUT, KERNEL = "forward", "input_gradient", "kernel_gradient"


def output_size(size, kernel, stride, dilation, pads):
    """Results along one axis; pads are the zeros before and after."""
    reach = (kernel - 1) * dilation + 1
    return (size + sum(pads) - reach) // stride + 1


def _results(x, w, attrs):
    """The spatial shape of a convolution's results."""
    axes = attrs["strides"], attrs["dilations"], attrs["pads"]
    sizes = zip(x.shape[1:-1], w.shape[: len(x.shape) - 2], *axes, strict=True)
    return tuple([output_size(*values) for values in sizes])


def kernel_dims(x, w, y, attrs, *more):
    """The kernels' integers: everything as three axes."""
    spatial = len(x.shape) - 2
    missing = (1,) * (3 - spatial)
    zeros = (0,) * (3 - spatial)
    return (
        *(x.shape[0], *missing, *x.shape[1:]),
        *(*missing, *_results(x, w, attrs), y.shape[-1]),
        *(*missing, *w.shape[:spatial]),
        *(*missing, *attrs["strides"]),
        *(*missing, *attrs["dilations"]),
        *(*zeros, *[before for before, _ in attrs["pads"]]),
        *(attrs["groups"], config.most_threads(), *more),
    )


# Winograd's way is faster for 3x3 kernels with so many channels and filters at least,
# as long as their transforms stay in cache, and there are enough tiles of 2x2 results
# to pay for the kernel's transform. What does not stay in cache is the sum of a kernel
# gradient's products (16 for each pair) or, with far more pairs, the transforms.
WINOGRAD_CHANNELS = 16
WINOGRAD_PAIRS = {FORWARD: 1 << 18, INPUT: 1 << 18, KERNEL: 1 << 16}
WINOGRAD_TILES = 100


def _is_winograd(which, x, w, attrs):
    """Whether Winograd's kernels compute it, and pay."""
    results = x.shape[1:-1] if which == INPUT else _results(x, w, attrs)
    tiles = math.prod([-(-n // 2) for n in results])
    return (
        tuple(w.shape[:-2]) == (3, 3)
        and all(s == 1 for s in (*attrs["strides"], *attrs["dilations"]))
        and attrs["groups"] == 1
        and min(w.shape[-2:]) >= WINOGRAD_CHANNELS
        and w.shape[-2] * w.shape[-1] <= WINOGRAD_PAIRS[which]
        and x.shape[0] * tiles >= WINOGRAD_TILES
    )


def _step(which, x, w, y, attrs, *more, entry=None, in_place=None):
    """The kernel call for one of the three: the first candidate that fits."""
    dims, size = kernel_dims(x, w, y, attrs, *more), itemsize(x.dtype)
    module = "winograd" if _is_winograd(which, x, w, attrs) else "conv"
    if which == KERNEL:
        module += "_kernel"
        space = kernels.module(module).workspace_bytes(dims, size)
    else:
        space = kernels.module(module).workspace_bytes(dims, size, which == INPUT)
    return Step(
        f"{module}.{entry or which}",
        dims,
        dtype=x.dtype,
        workspace=space,
        flops=2 * x.shape[0] * math.prod(_results(x, w, attrs)) * math.prod(w.shape),
        in_place=in_place or {},
    )


def itemsize(dtype):
    return 4 if dtype == "float32" else 8


# --- forward -------------------------------------------------------------------------


def _conv_spec(x, w, *, strides, dilations, pads, groups):
    axes = {"strides": strides, "dilations": dilations, "pads": pads}
    spatial = _results(x, w, axes)
    if x.shape[-1] != w.shape[-2] * groups or w.shape[-1] % groups:
        raise ValueError(
            f"`conv`: a kernel of shape {tuple(w.shape)} in {groups} group(s) does not "
            f"fit an input of shape {tuple(x.shape)}: expected the input's channels to "
            f"be {w.shape[-2] * groups} and the kernel's last axis to be a multiple "
            "of the groups."
        )
    if min(spatial) < 0 or (min(spatial) == 0 and math.prod(x.shape)):
        raise ValueError(
            f"`conv`: a kernel of shape {tuple(w.shape)} with dilations {dilations} is "
            f"larger than the padded input of shape {tuple(x.shape)}."
        )
    if x.dtype != w.dtype:
        raise ValueError(f"`conv`: expected one type, got {x.dtype} and {w.dtype}.")
    return Spec((x.shape[0], *spatial, w.shape[-1]), x.dtype)


def _conv_lower(node):
    x, w = node.inputs
    return _step(FORWARD, x, w, node.outputs[0], node.attrs, 0, 0)


def geometry(attrs):
    return {k: attrs[k] for k in ("strides", "dilations", "pads", "groups")}


def _conv_gradient(node, d_outputs, needs):
    x, w = node.inputs
    (d,) = d_outputs
    attrs = geometry(node.attrs)
    size, kernel = tuple(x.shape[1:-1]), tuple(w.shape[:-2])
    return [
        conv_input_gradient(d, w, size=size, **attrs) if needs[0] else None,
        conv_kernel_gradient(x, d, size=kernel, **attrs) if needs[1] else None,
    ]


_conv = Primitive("conv", infer=_conv_spec, lower=_conv_lower, gradient=_conv_gradient)


def _finished_spec(x, w, bias, scale, residual, *, pooled, activation, **attrs):
    batch, *sizes, filters = _conv_spec(x, w, **attrs).shape
    sizes = [n // 2 for n in sizes] if pooled else sizes
    return Spec((batch, *sizes, filters), x.dtype)


def _finished_lower(node):
    x, w, _, _, residual = node.inputs
    y, attrs = node.outputs[0], node.attrs
    return _step(
        FORWARD,
        x,
        w,
        y,
        attrs,
        linear.ACTIVATIONS.index(attrs["activation"]),
        int(attrs["pooled"]),
        entry="forward_finished",
        in_place=None if residual is None else {0: (4,)},
    )


# A convolution and what follows it, activation(conv · scale + bias + residual), where
# nothing else needs the sums. If `pooled`, of two spatial axes, the maximum of each
# window of 2x2 results. The passes `convolutions` and `pooled_convolutions` make it.
conv_finished = Primitive(
    "conv_finished",
    infer=_finished_spec,
    lower=_finished_lower,
    gradient=NOT_DIFFERENTIABLE,
)


# --- gradients -----------------------------------------------------------------------


def _input_gradient_spec(d_y, w, *, size, strides, dilations, pads, groups):
    return Spec((d_y.shape[0], *size, w.shape[-2] * groups), d_y.dtype)


def _input_gradient_lower(node):
    d_y, w = node.inputs
    return _step(INPUT, node.outputs[0], w, d_y, node.attrs)


def _input_gradient_gradient(node, d_outputs, needs):
    d_y, w = node.inputs
    (d,) = d_outputs
    attrs, kernel = geometry(node.attrs), tuple(w.shape[:-2])
    return [
        _conv(d, w, **attrs) if needs[0] else None,
        conv_kernel_gradient(d, d_y, size=kernel, **attrs) if needs[1] else None,
    ]


# What reaches the input of spatial shape `size`; also the transposed convolution.
conv_input_gradient = Primitive(
    "conv_input_gradient",
    infer=_input_gradient_spec,
    lower=_input_gradient_lower,
    gradient=_input_gradient_gradient,
)


def _kernel_gradient_spec(x, d_y, *, size, strides, dilations, pads, groups):
    return Spec((*size, x.shape[-1] // groups, d_y.shape[-1]), x.dtype)


def _kernel_gradient_lower(node):
    x, d_y = node.inputs
    return _step(KERNEL, x, node.outputs[0], d_y, node.attrs)


def _kernel_gradient_gradient(node, d_outputs, needs):
    x, d_y = node.inputs
    (d,) = d_outputs
    attrs, size = geometry(node.attrs), tuple(x.shape[1:-1])
    return [
        conv_input_gradient(d_y, d, size=size, **attrs) if needs[0] else None,
        _conv(x, d, **attrs) if needs[1] else None,
    ]


# What reaches a kernel of spatial shape `size`.
conv_kernel_gradient = Primitive(
    "conv_kernel_gradient",
    infer=_kernel_gradient_spec,
    lower=_kernel_gradient_lower,
    gradient=_kernel_gradient_gradient,
)


# --- what ops call -------------------------------------------------------------------


def conv(x, w, *, strides, dilations, pads, groups=1):
    """The convolution of x with the kernel w.

    Args:
        x: (batch, *spatial, channels).
        w: (*kernel, channels / groups, filters).
        strides, dilations: a number for each spatial axis.
        pads: zeros before and after, for each spatial axis.
        groups: into how many groups the channels are divided.

    Returns:
        (batch, *results, filters).
    """
    if _is_pointwise(w, strides, pads, groups):
        return linear.matmul(x, movement.reshape(w, shape=tuple(w.shape[-2:])))
    w, dilations = without_both(w, strides, dilations)
    return _conv(x, w, strides=strides, dilations=dilations, pads=pads, groups=groups)


def _is_pointwise(w, strides, pads, groups):
    """Whether every result comes from one pixel: a matrix product."""
    return (
        groups == 1
        and all(k == 1 for k in w.shape[:-2])
        and all(s == 1 for s in strides)
        and all(p == (0, 0) for p in pads)
    )


def without_both(w, strides, dilations):
    """The kernel with its gaps filled with zeros on axes with stride and dilation.

    Returns:
        The kernel, and the dilations that are left.
    """
    if all(s == 1 or d == 1 for s, d in zip(strides, dilations, strict=True)):
        return w, tuple(dilations)
    shape, left = list(w.shape), list(dilations)
    for axis, (s, d) in enumerate(zip(strides, dilations, strict=True)):
        if s > 1 and d > 1:
            # After each tap d - 1 zeros, and the last ones cut off again.
            spread = [*shape[: axis + 1], 1, *shape[axis + 1 :]]
            gaps = [(0, 0)] * len(spread)
            gaps[axis + 1] = (0, d - 1)
            w = movement.pad(
                movement.reshape(w, shape=tuple(spread)), pads=tuple(gaps), value=0.0
            )
            shape[axis] *= d
            w = movement.reshape(w, shape=tuple(shape))
            shape[axis] -= d - 1
            w = movement.slice(
                w,
                start=(0,) * len(shape),
                shape=tuple(shape),
                strides=(1,) * len(shape),
            )
            left[axis] = 1
    return w, tuple(left)


def conv_transpose(x, w, *, size, strides, dilations, pads):
    """The transposed convolution of x with the kernel w.

    Args:
        x: (batch, *spatial, channels).
        w: (*kernel, filters, channels).
        size: results on each axis.
        strides, dilations: a number for each spatial axis.
        pads: what is cut off before and after; less than nothing adds results.

    Returns:
        (batch, *size, filters).
    """
    w, dilations = without_both(w, strides, dilations)
    attrs = {"strides": strides, "dilations": dilations, "pads": pads, "groups": 1}
    return conv_input_gradient(x, w, size=size, **attrs)
