"""Primitives that reduce axes.

The kernels see three axes, (outer, reduce, inner). Axes that lie apart are reduced one
group after the other where that is the same (sums), else moved to the end first.
"""

import builtins
import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.engine.values import dtypes
from ckeras.engine.values.dtypes import HALVES
from ckeras.ops.primitives import elementwise, movement

__all__ = [
    "all",
    "any",
    "has_kernel",
    "max",
    "mean",
    "min",
    "prod",
    "sum",
    "sum_of_squares",
    "sum_to_shape",
]

# The kernels' types. Sums and products of unsigned integers have the same bits as
# those of signed ones.
_KERNEL_TYPES = {t: t for t in ("float32", "float64", "int32", "int64")}
_MODULAR_TYPES = {**_KERNEL_TYPES, "uint32": "int32", "uint64": "int64"}

_CHUNK = 1 << 15  # elements of one task where the reduced axis has to be divided
_FEW_TASKS = 16


def _reduced_shape(shape, axes, keepdims):
    if keepdims:
        return tuple([1 if i in axes else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in axes])


def _groups(shape, axes):
    """Runs of axes to reduce that lie side by side, not counting those of size 1."""
    groups, joined = [], False
    for axis, n in enumerate(shape):
        if axis in axes and joined:
            groups[-1].append(axis)
        elif axis in axes and n != 1:
            groups.append([axis])
            joined = True
        elif n != 1:
            joined = False
    return groups


def _around(shape, axes):
    """Sizes of what lies outside, on and inside the one run of axes."""
    group = (_groups(shape, axes) or [[len(shape)]])[0]
    first, last = group[0], group[-1] + 1
    outer = math.prod([n for i, n in enumerate(shape[:first]) if i not in axes])
    inner = math.prod([n for i, n in enumerate(shape[last:], last) if i not in axes])
    return outer, math.prod([shape[a] for a in group if a < len(shape)]), inner


def _chunks(outer, reduce, inner):
    """Parts of the reduced axis that several threads may work on, by shape alone."""
    if outer * -(-inner // 512) >= _FEW_TASKS:
        return 1
    wanted = outer * reduce * inner // _CHUNK
    return builtins.max(1, builtins.min(32, wanted, reduce // 64))


def _itemsize(dtype):
    return np.dtype(dtype).itemsize


def _reduce_step(kernel, x, axes, dtype):
    outer, reduce, inner = _around(x.shape, axes)
    chunks = _chunks(outer, reduce, inner)
    return Step(
        f"reduce.{kernel}",
        (outer, reduce, inner, chunks),
        dtype=dtype,
        workspace=chunks * outer * inner * _itemsize(x.dtype) if chunks > 1 else 0,
        flops=outer * reduce * inner,
    )


def _declare(name, kernel_types, gradient, evaluate):
    """Two primitives: one by the kernel for its types, one by NumPy for the others."""

    def infer(x, *, axes, keepdims):
        return Spec(_reduced_shape(x.shape, axes, keepdims), x.dtype)

    def lower(node):
        x = node.inputs[0]
        return _reduce_step(name, x, node.attrs["axes"], kernel_types[x.dtype])

    fast = Primitive(name, infer=infer, lower=lower, gradient=gradient)
    slow = Primitive(
        f"{name}_other",
        infer=infer,
        evaluate=lambda x, axes, keepdims: evaluate(x, axis=axes, keepdims=keepdims),
        gradient=gradient,
        takes_complex=True,
    )
    return lambda x: fast if has_kernel(x, kernel_types) else slow


def has_kernel(x, types):
    """Whether a kernel of these types reduces x, as it is or in float32."""
    return x.dtype in types or x.dtype in HALVES


def _axes_last(x, axes, keepdims, reduce):
    """Moves axes that lie apart to the end, reduces them there as one."""
    rank = len(x.shape)
    kept = [a for a in range(rank) if a not in axes]
    moved = movement.transpose(x, perm=(*kept, *axes))
    y = reduce(moved, axes=tuple(range(len(kept), rank)), keepdims=False)
    shape = _reduced_shape(x.shape, axes, keepdims)
    return y if y.shape == shape else movement.reshape(y, shape=shape)


def _spread(value, node):
    """What the reduction gave, or its gradient, in the shape of its input."""
    x, axes = node.inputs[0], node.attrs["axes"]
    kept = _reduced_shape(x.shape, axes, True)
    if value.shape != kept:
        value = movement.reshape(value, shape=kept)
    return movement.broadcast_to(value, shape=x.shape) if kept != x.shape else value


def _kept(value, node):
    """The same with axes of size 1, for operations that broadcast."""
    kept = _reduced_shape(node.inputs[0].shape, node.attrs["axes"], True)
    return value if value.shape == kept else movement.reshape(value, shape=kept)


# --- sums ----------------------------------------------------------------------------


def _same_type(function):
    return lambda x, **options: function(x, dtype=x.dtype, **options)


_sum = _declare(
    "sum",
    _MODULAR_TYPES,
    lambda node, d_outputs, needs: [_spread(d_outputs[0], node)],
    _same_type(np.sum),
)


def sum(x, *, axes, keepdims=False):
    """Sum over axes (sorted, not negative), in x's type."""
    groups = _groups(x.shape, axes)
    primitive = _sum(x)
    if len(groups) <= 1:
        return primitive(x, axes=tuple(axes), keepdims=keepdims)
    shape = _reduced_shape(x.shape, axes, keepdims)
    for group in reversed(groups):
        x = primitive(x, axes=tuple(group), keepdims=True)
    return x if x.shape == shape else movement.reshape(x, shape=shape)


def sum_to_shape(x, *, shape):
    """Sum over the axes along which a value of `shape` was broadcast to x's shape."""
    shape = tuple(shape)
    if x.shape == shape:
        return x
    lead = len(x.shape) - len(shape)
    wide = (1,) * lead + shape
    axes = tuple(
        [i for i, (n, m) in enumerate(zip(x.shape, wide, strict=True)) if n != m]
    )
    y = sum(x, axes=axes, keepdims=axes != tuple(range(lead)))
    return y if y.shape == shape else movement.reshape(y, shape=shape)


def _mean_gradient(node, d_outputs, needs):
    count = math.prod([node.inputs[0].shape[a] for a in node.attrs["axes"]])
    share = elementwise.number(1 / builtins.max(count, 1), d_outputs[0])
    return [_spread(elementwise.multiply(d_outputs[0], share), node)]


_mean = Primitive(
    "mean",
    infer=lambda x, *, axes, keepdims: Spec(
        _reduced_shape(x.shape, axes, keepdims), x.dtype
    ),
    lower=lambda node: _reduce_step(
        "mean", node.inputs[0], node.attrs["axes"], node.inputs[0].dtype
    ),
    gradient=_mean_gradient,
)


def mean(x, *, axes, keepdims=False):
    """Mean over axes, for float32 and float64."""
    if len(_groups(x.shape, axes)) > 1:
        return _axes_last(x, axes, keepdims, _mean)
    return _mean(x, axes=tuple(axes), keepdims=keepdims)


def _squares_step(node):
    x = node.inputs[0]
    size = math.prod(x.shape)
    chunks = builtins.max(1, builtins.min(32, size // _CHUNK))
    return Step(
        "reduce.sum_of_squares",
        (size, chunks),
        dtype=x.dtype,
        workspace=chunks * _itemsize(x.dtype) if chunks > 1 else 0,
        flops=2 * size,
    )


def _squares_gradient(node, d_outputs, needs):
    x = node.inputs[0]
    twice = elementwise.multiply(d_outputs[0], elementwise.number(2, x))
    return [elementwise.multiply(x, twice)]


# The sum of the squares of all elements, for norms.
sum_of_squares = Primitive(
    "sum_of_squares",
    infer=lambda x: Spec((), x.dtype),
    lower=_squares_step,
    gradient=_squares_gradient,
)


# --- products ------------------------------------------------------------------------


def _prod_gradient(node, d_outputs, needs):
    """The product of the other elements, where one or more may be 0.

    With no zero it is y / x; with one, that place has the product of the others; with
    more it is 0 everywhere.
    """
    (x,), (d_y,) = node.inputs, d_outputs
    axes = node.attrs["axes"]
    zero, one = elementwise.number(0, x), elementwise.number(1, x)
    is_zero = elementwise.equal(x, zero)
    others = elementwise.where(is_zero, one, x)
    product = prod(others, axes=axes, keepdims=True)
    marks = elementwise.cast(is_zero, dtype=x.dtype)
    zeros = sum(marks, axes=axes, keepdims=True)
    # How many zeros there are besides this element.
    alone = elementwise.equal(elementwise.subtract(zeros, marks), zero)
    slope = elementwise.divide(product, others)
    d_y = elementwise.multiply(_kept(d_y, node), slope)
    return [elementwise.where(alone, d_y, zero)]


_prod = _declare("prod", _MODULAR_TYPES, _prod_gradient, _same_type(np.prod))


def prod(x, *, axes, keepdims=False):
    """Product over axes, in x's type."""
    if len(_groups(x.shape, axes)) > 1:
        return _axes_last(x, axes, keepdims, _prod(x))
    return _prod(x)(x, axes=tuple(axes), keepdims=keepdims)


# --- extremes ------------------------------------------------------------------------


def _extreme_gradient(node, d_outputs, needs):
    """Equal shares for all elements that are the extreme."""
    (x,), (y,), (d_y,) = node.inputs, node.outputs, d_outputs
    hit = elementwise.equal(x, _kept(y, node))
    hit = elementwise.cast(hit, dtype=x.dtype)
    count = sum(hit, axes=node.attrs["axes"], keepdims=True)
    share = elementwise.divide(_kept(d_y, node), count)
    return [elementwise.multiply(hit, share)]


_max = _declare("max", _KERNEL_TYPES, _extreme_gradient, np.max)
_min = _declare("min", _KERNEL_TYPES, _extreme_gradient, np.min)


def _extreme(x, axes, keepdims, name, choose):
    if 0 in [x.shape[a] for a in axes] and 0 not in _reduced_shape(
        x.shape, axes, False
    ):
        raise ValueError(
            f"`{name}` of no elements. Received: x.shape={x.shape}, axes={axes}"
        )
    if len(_groups(x.shape, axes)) > 1:
        return _axes_last(x, axes, keepdims, choose(x))
    return choose(x)(x, axes=tuple(axes), keepdims=keepdims)


def max(x, *, axes, keepdims=False):
    """Largest element over axes; NaN where there is one."""
    return _extreme(x, axes, keepdims, "max", _max)


def min(x, *, axes, keepdims=False):
    """Smallest element over axes; NaN where there is one."""
    return _extreme(x, axes, keepdims, "min", _min)


# --- truth ---------------------------------------------------------------------------


def _truth_step(name, x, axes):
    outer, reduce, inner = _around(x.shape, axes)
    chunks = _chunks(outer, reduce, inner)
    bits = 8 * _itemsize(x.dtype)
    # Of floats all bits but the sign: 0 and -0 are false.
    mask = (1 << bits - 1) - 1 if dtypes.is_float(x.dtype) else -1
    dims = (outer, reduce, inner, chunks, bits // 8, mask)
    workspace = chunks * outer * inner if chunks > 1 else 0
    return Step(f"truth.{name}", dims, workspace=workspace)


def _truth(name):
    primitive = Primitive(
        name,
        infer=lambda x, *, axes, keepdims: Spec(
            _reduced_shape(x.shape, axes, keepdims), "bool"
        ),
        lower=lambda node: _truth_step(name, node.inputs[0], node.attrs["axes"]),
        gradient=NOT_DIFFERENTIABLE,
        any_type=True,
    )

    def reduce(x, *, axes, keepdims=False):
        if len(_groups(x.shape, axes)) > 1:
            return _axes_last(x, axes, keepdims, primitive)
        return primitive(x, axes=tuple(axes), keepdims=keepdims)

    return reduce


any = _truth("any")
all = _truth("all")
