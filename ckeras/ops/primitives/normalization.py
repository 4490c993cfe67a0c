"""Moments, and the normalizations that are made of them.

Batch and group normalization take three steps: `moments` reads x once, `standardize`
is elementwise and so joins what follows it, and the gradient needs one more pass for
two sums (`centred_sums`) before it is elementwise too. Layer normalization and the
like, over neighbours, are one kernel in each direction.
"""

import functools
import math

import numpy as np

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.program import Instruction, Operand, Program
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.elementwise_rules import broadcast_shape, with_program
from ckeras.ops.primitives.reductions import reduction

__all__ = ["layer_norm", "moments", "rms_norm", "standardize"]

_FEWEST_ROWS = 64  # of one part of the gradient with respect to gamma
_MOST_PARTS = 32


def _size(shape):
    return math.prod(shape)


def _bytes(dtype):
    return np.dtype(dtype).itemsize


# --- moments -------------------------------------------------------------------------


def _kept(shape, axes):
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def _run_step(kernel, x, axes, flops):
    """The step of a kernel that reduces one run of axes to two results."""
    outer, reduce, inner = reduction._around(x.shape, axes)
    chunks = reduction._chunks(outer, reduce, inner)
    work = 2 * chunks * outer * inner * _bytes(x.dtype)
    return Step(
        f"moments.{kernel}",
        (outer, reduce, inner, chunks),
        dtype=x.dtype,
        workspace=work if chunks > 1 else 0,
        flops=flops * outer * reduce * inner,
    )


def _longest(shape, groups):
    """The run of axes whose reduction leaves the least."""
    return max(groups, key=lambda axes: _size([shape[a] for a in axes]), default=[])


def _moments_infer(x, *, axes):
    spec = Spec(_kept(x.shape, axes), x.dtype)
    return spec, spec


def _moments_gradient(node, d_outputs, needs):
    """(d_mean + 2 (x - mean) d_variance) / count."""
    (x,), (mean, _), (d_mean, d_variance) = node.inputs, node.outputs, d_outputs
    count = max(_size([x.shape[a] for a in node.attrs["axes"]]), 1)
    if d_mean is not None:
        d_mean = elementwise.multiply(d_mean, elementwise.number(1 / count, x))
    if d_variance is None:
        return [movement.broadcast_to(d_mean, shape=tuple(x.shape))]
    slope = elementwise.multiply(d_variance, elementwise.number(2 / count, x))
    d_x = elementwise.multiply(elementwise.subtract(x, mean), slope)
    return [d_x if d_mean is None else elementwise.add(d_x, d_mean)]


_moments = Primitive(
    "moments",
    infer=_moments_infer,
    lower=lambda node: _run_step("moments", node.inputs[0], node.attrs["axes"], 4),
    gradient=_moments_gradient,
)


def moments(x, *, axes):
    """Mean and variance over axes, which stay with size 1; for float32 and float64."""
    groups = reduction._groups(x.shape, axes)
    if len(groups) <= 1:
        return _moments(x, axes=tuple(groups[0]) if groups else tuple(axes))
    # The sets of one run of axes have the same size: the variance of all is the mean of
    # theirs and the variance of their means.
    run = _longest(x.shape, groups)
    others = tuple([axis for group in groups if group != run for axis in group])
    means, variances = _moments(x, axes=tuple(run))
    mean, between = moments(means, axes=others)
    within = reduction.mean(variances, axes=others, keepdims=True)
    return mean, elementwise.add(within, between)


# --- scaling and shifting ------------------------------------------------------------


def _sums_infer(d_y, x, mean):
    spec = Spec(tuple(mean.shape), x.dtype)
    return spec, spec


def _reduced_axes(x, mean):
    return tuple([i for i, n in enumerate(x.shape) if mean.shape[i] != n])


def _sums_gradient(node, d_outputs, needs):
    (d_y, x, mean), (total, _), (d_total, d_product) = (
        node.inputs,
        node.outputs,
        d_outputs,
    )
    if d_product is None:
        return [movement.broadcast_to(d_total, shape=tuple(x.shape)), None, None]
    d_d_y = elementwise.multiply(elementwise.subtract(x, mean), d_product)
    if d_total is not None:
        d_d_y = elementwise.add(d_d_y, d_total)
    d_mean = elementwise.negative(elementwise.multiply(d_product, total))
    return [d_d_y, elementwise.multiply(d_y, d_product), d_mean]


# Σ d_y and Σ d_y (x - mean) over the axes of which `mean` has one.
centred_sums = Primitive(
    "centred_sums",
    infer=_sums_infer,
    lower=lambda node: _run_step(
        "centred_sums",
        node.inputs[1],
        _reduced_axes(node.inputs[1], node.inputs[2]),
        4,
    ),
    gradient=_sums_gradient,
)


def _summed(d_y, x, mean):
    """Σ d_y and Σ d_y (x - mean) in the shape of `mean`, of x's rank."""
    groups = reduction._groups(x.shape, _reduced_axes(x, mean))
    # One run of axes is summed by the kernel, the others in what that leaves.
    shape = _kept(x.shape, _longest(x.shape, groups))
    of_runs = mean
    if shape != mean.shape:
        of_runs = movement.broadcast_to(mean, shape=shape)
    sums = centred_sums(d_y, x, of_runs)
    return [reduction.sum_to_shape(s, shape=tuple(mean.shape)) for s in sums]


def _standardize_infer(x, mean, factor, offset):
    fits = (
        len(mean.shape) == len(x.shape) and mean.shape == factor.shape == offset.shape
    )
    if not fits or broadcast_shape("standardize", x.shape, mean.shape) != x.shape:
        raise ValueError(
            "`standardize`: expected a mean, a factor and an offset of one shape that "
            f"is broadcast to x's. Received: x.shape={x.shape}, mean.shape="
            f"{mean.shape}, factor.shape={factor.shape}, offset.shape={offset.shape}"
        )
    return Spec(tuple(x.shape), x.dtype)


def _standardize_program(node):
    x, mean, factor, offset = [Operand("input", i) for i in range(4)]
    first, second, result = [Operand("result", i) for i in range(3)]
    code = (
        Instruction("subtract", (x, mean)),
        Instruction("multiply", (first, factor)),
        Instruction("add", (second, offset)),
    )
    return Program.of(node, code, result)


def _standardize_gradient(node, d_outputs, needs):
    (x, mean, factor, _), (d_y,) = node.inputs, d_outputs
    d_mean, product, total = None, None, None
    # The sums come first: nothing is joined to d_y that they would have to wait for.
    if any(needs[1:]):
        total, product = _summed(d_y, x, mean)
        d_mean = elementwise.negative(elementwise.multiply(factor, total))
    d_x = elementwise.multiply(d_y, factor) if needs[0] else None
    return [d_x, d_mean, product, total]


# (x - mean) · factor + offset, elementwise; the last three have one shape, of x's rank.
standardize = with_program(
    "standardize",
    _standardize_program,
    infer=_standardize_infer,
    gradient=_standardize_gradient,
)


# --- rows ----------------------------------------------------------------------------


def _rows(x):
    return _size(x.shape[:-1]), x.shape[-1]


def _check_weights(name, x, *weights):
    for weight in weights:
        if not x.shape or weight.shape != (x.shape[-1],):
            raise ValueError(
                f"`{name}`: expected weights with the size of the last axis. Received: "
                f"x.shape={x.shape}, weight.shape={weight.shape}"
            )


def _row_infer(name, n_statistics):
    def infer(x, *weights, epsilon):
        _check_weights(name, x, *weights)
        statistic = Spec(tuple(x.shape[:-1]), x.dtype)
        return (Spec(tuple(x.shape), x.dtype), *[statistic] * n_statistics)

    return infer


def _row_step(kernel):
    def lower(node):
        x = node.inputs[0]
        return Step(
            f"rows.{kernel}",
            _rows(x),
            (node.attrs["epsilon"],),
            dtype=x.dtype,
            flops=8 * _size(x.shape),
            in_place={0: (0,)},
        )

    return lower


def _row_gradient_step(kernel, n_weights, d_y):
    def lower(node):
        x = node.inputs[0]
        rows, n = _rows(x)
        parts = max(1, min(rows // _FEWEST_ROWS, _MOST_PARTS))
        return Step(
            f"rows.{kernel}",
            (rows, n, parts),
            dtype=x.dtype,
            workspace=n_weights * parts * n * _bytes(x.dtype),
            flops=14 * _size(x.shape),
            in_place={0: (0, d_y)},
        )

    return lower


@functools.lru_cache(maxsize=64)
def _filled(n, value, dtype):
    return Tensor(np.full(n, value, dtype))


def _weight(weight, x, value):
    return _filled(x.shape[-1], value, x.dtype) if weight is None else weight


def _last_mean(x):
    return reduction.mean(x, axes=(len(x.shape) - 1,), keepdims=True)


def _rows_sum(x):
    return reduction.sum(x, axes=tuple(range(len(x.shape) - 1)), keepdims=False)


def _formula(x, gamma, d_y, epsilon, centred):
    """The gradients of x, gamma and beta in simpler ops, from x anew."""
    epsilon = elementwise.number(epsilon, x)
    deviation = elementwise.subtract(x, _last_mean(x)) if centred else x
    power = _last_mean(elementwise.square(deviation))
    inverse = elementwise.rsqrt(elementwise.add(power, epsilon))
    y = elementwise.multiply(deviation, inverse)
    g = elementwise.multiply(d_y, gamma)
    along = elementwise.multiply(y, _last_mean(elementwise.multiply(g, y)))
    d_x = elementwise.subtract(g, along)
    if centred:
        d_x = elementwise.subtract(d_x, _last_mean(g))
    d_x = elementwise.multiply(d_x, inverse)
    d_gamma = _rows_sum(elementwise.multiply(d_y, y))
    return (d_x, d_gamma, _rows_sum(d_y)) if centred else (d_x, d_gamma)


def _second_gradient(centred):
    """The rule of a gradient primitive: that of the formula.

    The statistics among its inputs are functions of x, and the formula has them so:
    x gets the whole gradient, they get none.
    """

    def gradient(node, d_outputs, needs):
        from ckeras.engine.tracing.gradient import GradientTape

        x, gamma, d_y = node.inputs[0], node.inputs[1], node.inputs[-1]
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([x, gamma, d_y])
            values = _formula(x, gamma, d_y, node.attrs["epsilon"], centred)
        given = [
            (v, d) for v, d in zip(values, d_outputs, strict=True) if d is not None
        ]
        targets, seeds = [v for v, _ in given], [d for _, d in given]
        found = tape.gradient(targets, [x, gamma, d_y], output_gradients=seeds)
        unused = [None] * (len(node.inputs) - 3)
        return [found[0], found[1], *unused, found[2]]

    return gradient


def _row_gradient_infer(n_weights):
    def infer(x, gamma, *others, epsilon):
        weight = Spec(tuple(gamma.shape), x.dtype)
        return (Spec(tuple(x.shape), x.dtype), *[weight] * n_weights)

    return infer


layer_norm_gradient = Primitive(
    "layer_norm_gradient",
    infer=_row_gradient_infer(2),
    lower=_row_gradient_step("layer_norm_gradient", 2, 4),
    gradient=_second_gradient(centred=True),
)
rms_norm_gradient = Primitive(
    "rms_norm_gradient",
    infer=_row_gradient_infer(1),
    lower=_row_gradient_step("rms_norm_gradient", 1, 3),
    gradient=_second_gradient(centred=False),
)


def _layer_norm_rule(node, d_outputs, needs):
    (x, gamma, _), (_, mean, inverse) = node.inputs, node.outputs
    return list(
        layer_norm_gradient(x, gamma, mean, inverse, d_outputs[0], **node.attrs)
    )


def _rms_norm_rule(node, d_outputs, needs):
    (x, gamma), (_, inverse) = node.inputs, node.outputs
    return list(rms_norm_gradient(x, gamma, inverse, d_outputs[0], **node.attrs))


_layer_norm = Primitive(
    "layer_norm",
    infer=_row_infer("layer_norm", 2),
    lower=_row_step("layer_norm"),
    gradient=_layer_norm_rule,
)
_rms_norm = Primitive(
    "rms_norm",
    infer=_row_infer("rms_norm", 1),
    lower=_row_step("rms_norm"),
    gradient=_rms_norm_rule,
)


def layer_norm(x, gamma=None, beta=None, *, epsilon):
    """(x - mean) / √(variance + epsilon) · gamma + beta over the last axis.

    Args:
        x: float32 or float64.
        gamma, beta: vectors of the same type and of the last axis's size; None for 1
            and 0.
        epsilon: a number.
    """
    gamma, beta = _weight(gamma, x, 1), _weight(beta, x, 0)
    return _layer_norm(x, gamma, beta, epsilon=float(epsilon))[0]


def rms_norm(x, gamma=None, *, epsilon):
    """x / √(mean(x²) + epsilon) · gamma over the last axis; arguments as above."""
    return _rms_norm(x, _weight(gamma, x, 1), epsilon=float(epsilon))[0]
