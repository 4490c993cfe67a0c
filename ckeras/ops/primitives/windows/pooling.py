"""Pooling of channels-last images (batch, d, h, w, channels), and its gradients.

`windows` has for each of the three axes a pair (start, end) for each result: which
pixels it takes. Padding is what windows leave out.

Both gradients are linear in d_y and have as their own gradient what undoes the other
direction: second derivatives exist and are exact. Where the maximum changes its place,
slopes of the place are taken as zero, as is usual.
"""

import itertools
import math

from ckeras.engine.primitive import Primitive, Spec, Step

__all__ = ["average_pool", "max_pool", "pool_windows"]


def pool_windows(size, pool, stride, padding):
    """The windows of one axis: start and end of each, cut off at the borders.

    Args:
        size: pixels of the axis.
        pool, stride: pixels of a window, and from one window to the next.
        padding: `"valid"` (whole windows only) or `"same"` (a window for each step,
            the padding shared out evenly, a pixel more at the end).
    """
    if padding == "valid":
        count, before = max((size - pool) // stride + 1, 0), 0
    else:
        count = -(-size // stride)
        before = max((count - 1) * stride + pool - size, 0) // 2
    starts = [i * stride - before for i in range(count)]
    return tuple([(max(s, 0), min(s + pool, size)) for s in starts])


def _results(windows):
    return tuple([len(axis) for axis in windows])


def _work(x_shape, windows):
    """How many pixels all windows of all images and channels take together."""
    taken = [sum(end - start for start, end in axis) for axis in windows]
    return x_shape[0] * x_shape[-1] * math.prod(taken)


def _step(kernel, x_shape, dtype, windows, flops):
    batch, *sizes, channels = x_shape
    flat = [place for axis in windows for pair in axis for place in pair]
    disjoint = covering = True
    for size, axis in zip(sizes, windows, strict=True):
        disjoint &= all(a[1] <= b[0] for a, b in itertools.pairwise(axis))
        covering &= sum(end - start for start, end in axis) == size
    dims = (batch, channels, *sizes, *_results(windows))
    dims += (int(disjoint), int(disjoint and covering), *flat)
    return Step(f"pooling.{kernel}", dims, dtype=dtype, flops=flops)


def _forward(name, kernel, gradient):
    """x, and for `pick` z of the same shape, to results."""

    def infer(x, *others, windows):
        return Spec((x.shape[0], *_results(windows), x.shape[-1]), x.dtype)

    def lower(node):
        x, windows = node.inputs[0], node.attrs["windows"]
        return _step(kernel, x.shape, x.dtype, windows, _work(x.shape, windows))

    return Primitive(name, infer=infer, lower=lower, gradient=gradient)


# --- maximum -------------------------------------------------------------------------

_pick = _forward(
    "max_pool_pick",
    "pick",
    lambda node, d_outputs, needs: [
        None,
        _max_pool_gradient(node.inputs[0], d_outputs[0], **node.attrs)
        if needs[1]
        else None,
    ],
)
_max_pool_gradient = Primitive(
    "max_pool_gradient",
    infer=lambda x, d_y, *, windows: Spec(x.shape, x.dtype),
    lower=lambda node: _step(
        "maximum_gradient",
        node.inputs[0].shape,
        node.inputs[0].dtype,
        node.attrs["windows"],
        2 * _work(node.inputs[0].shape, node.attrs["windows"]),
    ),
    gradient=lambda node, d_outputs, needs: [
        None,
        _pick(node.inputs[0], d_outputs[0], **node.attrs) if needs[1] else None,
    ],
)
# The largest pixel of each window; NaN where there is one. The gradient goes to the
# first of equal ones.
max_pool = _forward(
    "max_pool",
    "maximum",
    lambda node, d_outputs, needs: [
        _max_pool_gradient(node.inputs[0], d_outputs[0], **node.attrs)
    ],
)


# --- mean ----------------------------------------------------------------------------

_average_pool_gradient = Primitive(
    "average_pool_gradient",
    infer=lambda d_y, *, windows, sizes: Spec(
        (d_y.shape[0], *sizes, d_y.shape[-1]), d_y.dtype
    ),
    lower=lambda node: _step(
        "mean_gradient",
        node.outputs[0].shape,
        node.outputs[0].dtype,
        node.attrs["windows"],
        _work(node.outputs[0].shape, node.attrs["windows"]),
    ),
    gradient=lambda node, d_outputs, needs: [
        average_pool(d_outputs[0], windows=node.attrs["windows"])
    ],
)
# The mean of each window's pixels.
average_pool = _forward(
    "average_pool",
    "mean",
    lambda node, d_outputs, needs: [
        _average_pool_gradient(
            d_outputs[0], **node.attrs, sizes=tuple(node.inputs[0].shape[1:-1])
        )
    ],
)
