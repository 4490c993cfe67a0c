"""Primitives that move elements without computing: shapes, slices, borders, joins."""

import math
from functools import lru_cache, partial

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.ops.primitives.reductions import reduction
from ckeras.ops.primitives.strided import (
    StridedCopy,
    first_element,
    is_one_run,
    itemsize,
    padding_step,
    steps_of,
)

__all__ = [
    "broadcast_to",
    "concatenate",
    "identity",
    "pack",
    "pad",
    "reshape",
    "reverse",
    "slice",
    "slicing",
    "transpose",
    "unslice",
]

_MAX_JOINED = 60  # arrays in one call of a kernel
_moving = partial(Primitive, any_type=True, takes_complex=True)


# --- reshape -------------------------------------------------------------------------


def _reshape_spec(x, *, shape):
    if math.prod(x.shape) != math.prod(shape):
        raise ValueError(
            f"`reshape`: cannot reshape a value of shape {x.shape} into shape {shape}."
        )
    return Spec(tuple(shape), x.dtype)


def _reshape_gradient(node, d_outputs, needs):
    return [reshape(d_outputs[0], shape=node.inputs[0].shape)]


reshape = _moving(
    "reshape", infer=_reshape_spec, view=lambda node: 0, gradient=_reshape_gradient
)


# --- identity ------------------------------------------------------------------------


def _same(x, **attrs):
    return Spec(x.shape, x.dtype)


def _size(x):
    return math.prod(x.shape)


def _identity_step(node):
    x = node.inputs[0]
    return StridedCopy((_size(x),), (1,), (1,)).step(x.dtype)


identity = _moving(
    "identity",
    infer=_same,
    lower=_identity_step,
    gradient=lambda node, d_outputs, needs: [d_outputs[0]],
)


# --- transpose -----------------------------------------------------------------------


def _transpose_spec(x, *, perm):
    if sorted(perm) != list(range(len(x.shape))):
        raise ValueError(
            f"`transpose`: `perm` must name each of the {len(x.shape)} axes once. "
            f"Received: perm={perm}, x.shape={x.shape}"
        )
    return Spec(tuple([x.shape[p] for p in perm]), x.dtype)


def _transpose_step(node):
    (x,), (y,), perm = node.inputs, node.outputs, node.attrs["perm"]
    steps = steps_of(x.shape)
    return StridedCopy(y.shape, [steps[p] for p in perm], steps_of(y.shape)).step(
        x.dtype
    )


def _transpose_gradient(node, d_outputs, needs):
    perm = node.attrs["perm"]
    inverse = tuple(sorted(range(len(perm)), key=perm.__getitem__))
    return [transpose(d_outputs[0], perm=inverse)]


transpose = _moving(
    "transpose",
    infer=_transpose_spec,
    lower=_transpose_step,
    gradient=_transpose_gradient,
)


# --- broadcast_to --------------------------------------------------------------------


def _broadcast_spec(x, *, shape):
    fits = len(x.shape) <= len(shape) and all(
        d in (1, s) for d, s in zip(x.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ValueError(
            f"`broadcast_to`: shape {x.shape} does not broadcast to {shape}."
        )
    return Spec(tuple(shape), x.dtype)


def _broadcast_step(node):
    (x,), (y,) = node.inputs, node.outputs
    shape = (1,) * (len(y.shape) - len(x.shape)) + tuple(x.shape)
    steps = [
        0 if n == 1 else step for n, step in zip(shape, steps_of(shape), strict=True)
    ]
    return StridedCopy(y.shape, steps, steps_of(y.shape)).step(x.dtype)


def _broadcast_gradient(node, d_outputs, needs):
    return [reduction.sum_to_shape(d_outputs[0], shape=node.inputs[0].shape)]


broadcast_to = _moving(
    "broadcast_to",
    infer=_broadcast_spec,
    lower=_broadcast_step,
    gradient=_broadcast_gradient,
)


# --- slice and reverse ---------------------------------------------------------------


def _slice_spec(x, *, start, shape, strides, after=None):
    if not len(x.shape) == len(start) == len(shape) == len(strides):
        raise ValueError(
            "`slice`: start, shape and strides must have an entry for each axis. "
            f"Received: x.shape={x.shape}, start={start}, shape={shape}, "
            f"strides={strides}"
        )
    for size, first, n, step in zip(x.shape, start, shape, strides, strict=True):
        if n and not (0 <= first < size and 0 <= first + (n - 1) * step < size):
            raise ValueError(
                f"`slice`: the block lies outside x. Received: x.shape={x.shape}, "
                f"start={start}, shape={shape}, strides={strides}"
            )
    return Spec(tuple(shape if after is None else after), x.dtype)


def _slice_start(node):
    shape = node.attrs["shape"]
    return first_element(node.inputs[0].shape, node.attrs["start"], shape)


def _slice_step(node):
    (x,), shape = node.inputs, node.attrs["shape"]
    strides = zip(node.attrs["strides"], steps_of(x.shape), strict=True)
    source = [stride * step for stride, step in strides]
    return StridedCopy(shape, source, steps_of(shape), _slice_start(node)).step(x.dtype)


def _slice_gradient(node, d_outputs, needs):
    (d_y,), attrs = d_outputs, {**node.attrs, "shape": node.inputs[0].shape}
    if attrs.pop("after", None) is not None:
        d_y = reshape(d_y, shape=node.attrs["shape"])
    return [unslice(d_y, **attrs)]


_slice_view = _moving(
    "slice_view", infer=_slice_spec, view=_slice_start, gradient=_slice_gradient
)
_slice_copy = _moving(
    "slice", infer=_slice_spec, lower=_slice_step, gradient=_slice_gradient
)


@lru_cache(maxsize=4096)
def slicing(x_shape, start, shape, strides, after=None):
    """The primitive that takes a block out of a value, and its attributes, all tuples.

    Args:
        x_shape: the value's shape.
        start: the block's first index on each axis, not negative.
        shape: the block's size on each axis.
        strides: the step on each axis; may be negative.
        after: the shape of the result if it is not the block's.
    """
    attrs = {"start": start, "shape": shape, "strides": strides}
    if after is not None and after != shape:
        attrs["after"] = after
    # No copy where the block is one run.
    one_run = is_one_run(x_shape, shape, strides)
    return _slice_view if one_run else _slice_copy, attrs


def slice(x, *, start, shape, strides):
    """The block of x that begins at `start`; arguments as for `slicing`."""
    primitive, attrs = slicing(x.shape, tuple(start), tuple(shape), tuple(strides))
    return primitive(x, **attrs)


def _reverse_step(node):
    (x,), axes = node.inputs, node.attrs["axes"]
    steps = steps_of(x.shape)
    source = [-step if a in axes else step for a, step in enumerate(steps)]
    start = sum((x.shape[a] - 1) * steps[a] for a in axes)
    return StridedCopy(x.shape, source, steps, start).step(x.dtype)


reverse = _moving(
    "reverse",
    infer=_same,
    lower=_reverse_step,
    gradient=lambda node, d_outputs, needs: [
        reverse(d_outputs[0], axes=node.attrs["axes"])
    ],
)


# --- unslice -------------------------------------------------------------------------


def _unslice_spec(x, *, start, shape, strides):
    _slice_spec(Spec(shape, x.dtype), start=start, shape=x.shape, strides=strides)
    return Spec(tuple(shape), x.dtype)


def _unslice_step(node):
    (x,), (y,), attrs = node.inputs, node.outputs, node.attrs
    axes = list(zip(x.shape, y.shape, attrs["start"], attrs["strides"], strict=True))
    if all(stride == 1 or n == 1 for n, _, _, stride in axes) and _size(x):
        pads = tuple([(first, out - n - first) for n, out, first, _ in axes])
        return padding_step(x, pads, 0)
    steps = steps_of(y.shape)
    start = sum(a[2] * step for a, step in zip(axes, steps, strict=True))
    target = [a[3] * step for a, step in zip(axes, steps, strict=True)]
    copy = StridedCopy(x.shape, steps_of(x.shape), target, at=start if _size(x) else 0)
    nbytes = _size(y) * itemsize(y.dtype)
    return Step("movement.copy_into_zeros", (nbytes, *copy.dims(x.dtype)))


def _unslice_gradient(node, d_outputs, needs):
    return [slice(d_outputs[0], **{**node.attrs, "shape": node.inputs[0].shape})]


# Zeros with x as the block that `slice` would read: the gradient of `slice`.
unslice = _moving(
    "unslice", infer=_unslice_spec, lower=_unslice_step, gradient=_unslice_gradient
)


# --- pad -----------------------------------------------------------------------------


def _pad_spec(x, *, pads, value):
    if len(pads) != len(x.shape) or any(n < 0 for pair in pads for n in pair):
        raise ValueError(
            "`pad`: `pads` must be a pair (before, after) for each axis, not negative. "
            f"Received: x.shape={x.shape}, pads={pads}"
        )
    padded = [b + n + a for n, (b, a) in zip(x.shape, pads, strict=True)]
    return Spec(tuple(padded), x.dtype)


def _pad_gradient(node, d_outputs, needs):
    shape, pads = node.inputs[0].shape, node.attrs["pads"]
    start, ones = tuple([before for before, _ in pads]), (1,) * len(shape)
    return [slice(d_outputs[0], start=start, shape=shape, strides=ones)]


# A border of one value; `value` is a Python number.
pad = Primitive(
    "pad",
    any_type=True,
    infer=_pad_spec,
    lower=lambda node: padding_step(
        node.inputs[0], node.attrs["pads"], node.attrs["value"]
    ),
    gradient=_pad_gradient,
)


# --- concatenate and pack ------------------------------------------------------------


@lru_cache(maxsize=1024)
def _joined_shape(shapes, axis):
    first = shapes[0]
    before, after = first[:axis], first[axis + 1 :]
    for shape in shapes:
        same_rank = len(shape) == len(first)
        if not same_rank or shape[:axis] != before or shape[axis + 1 :] != after:
            raise ValueError(
                "`concatenate`: all shapes must match, except along the axis to join. "
                f"Received: axis={axis}, shapes={list(shapes)}"
            )
    return (*before, sum(shape[axis] for shape in shapes), *after)


def _concatenate_spec(*xs, axis):
    return Spec(_joined_shape(tuple([x.shape for x in xs]), axis), xs[0].dtype)


def _concatenate_step(node):
    axis = node.attrs["axis"]
    outer = math.prod(node.outputs[0].shape[:axis])
    item = itemsize(node.outputs[0].dtype)
    rows = [math.prod(x.shape[axis:]) * item for x in node.inputs]
    return Step("movement.concatenate", (len(rows), outer, *rows))


def _concatenate_gradient(node, d_outputs, needs):
    axis, at, gradients = node.attrs["axis"], 0, []
    ones = (1,) * len(node.outputs[0].shape)
    for x, need in zip(node.inputs, needs, strict=True):
        start = tuple([at if i == axis else 0 for i in range(len(ones))])
        at += x.shape[axis]
        gradients.append(
            slice(d_outputs[0], start=start, shape=x.shape, strides=ones)
            if need
            else None
        )
    return gradients


_concatenate = _moving(
    "concatenate",
    infer=_concatenate_spec,
    lower=_concatenate_step,
    gradient=_concatenate_gradient,
)


def concatenate(*xs, axis):
    """Values one after the other along an axis (not negative).

    Where only one row is joined it is a `pack`, into which the plan may compute the
    parts directly.
    """
    shape = _joined_shape(tuple([x.shape for x in xs]), axis)
    if len(xs) > _MAX_JOINED:
        groups = [xs[i : i + _MAX_JOINED] for i in range(0, len(xs), _MAX_JOINED)]
        return concatenate(*[concatenate(*g, axis=axis) for g in groups], axis=axis)
    if axis and math.prod(shape[:axis]) != 1:
        return _concatenate(*xs, axis=axis)
    return _pack(*xs, shape=shape)


def _pack_spec(*xs, shape=None):
    return Spec(shape or (sum(_size(x) for x in xs),), xs[0].dtype)


def _pack_step(node):
    rows = [_size(x) * itemsize(x.dtype) for x in node.inputs]
    return Step("movement.concatenate", (len(rows), 1, *rows))


def _pack_gradient(node, d_outputs, needs):
    at, gradients = 0, []
    (d_y,) = d_outputs
    if len(d_y.shape) != 1:
        d_y = reshape(d_y, shape=(_size(d_y),))
    for x, need in zip(node.inputs, needs, strict=True):
        size = _size(x)
        part = None
        if need:
            part = slice(d_y, start=(at,), shape=(size,), strides=(1,))
            part = reshape(part, shape=x.shape)
        gradients.append(part)
        at += size
    return gradients


# `shape` is the result's where that is no vector.
_pack = _moving("pack", infer=_pack_spec, lower=_pack_step, gradient=_pack_gradient)


def pack(*xs):
    """All elements of all values, one after the other, as one vector."""
    if len(xs) > _MAX_JOINED:
        groups = [xs[i : i + _MAX_JOINED] for i in range(0, len(xs), _MAX_JOINED)]
        return pack(*[_pack(*group) for group in groups])
    return _pack(*xs)
