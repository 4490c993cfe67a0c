"""Cross-entropies, each with its gradient as a primitive of its own.

A cross-entropy of logits gives the probabilities beside the loss, for its gradient. The
three modes are those of the kernel: of probabilities, of logits through clipped
probabilities (softmax or sigmoid followed by the loss), and of logits directly.
"""

import math

from ckeras.engine import config
from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.ops.primitives import elementwise, indexing, movement
from ckeras.ops.primitives.reductions.softmax import (
    last_sum,
    like_first,
    log_softmax,
    rows_of,
    softmax,
    softmax_gradient,
    through_formula,
)

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "log_softmax",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_categorical_crossentropy",
    "softmax_sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy",
]

PROBABILITIES, THROUGH_PROBABILITIES, LOGITS = range(3)


def _with_column(x):
    """Values for rows, as a column that broadcasts over the classes."""
    return movement.reshape(x, shape=(*x.shape, 1))


# --- what the cross-entropies share --------------------------------------------------


def _crossentropy_spec(name, labels):
    def infer(target, x, *, mode, **attrs):
        wanted = x.shape[:-1] if labels else x.shape
        wanted_type = "int32" if labels else x.dtype
        if not x.shape or target.shape != wanted or target.dtype != wanted_type:
            raise ValueError(
                f"`{name}`: expected an output with an axis of classes, and a target "
                f"of shape {wanted} and type {wanted_type}. Received: output.shape="
                f"{x.shape}, target.shape={target.shape}, target.dtype={target.dtype}"
            )
        loss = Spec(tuple(x.shape[:-1]), x.dtype)
        return loss if mode == PROBABILITIES else (loss, like_first(x))

    return infer


def _crossentropy_step(kernel, backward):
    def lower(node):
        x, attrs = node.inputs[1], node.attrs
        # The kernel's contract says where an operand may be written over.
        in_place = {}
        if backward and (kernel == "sparse_gradient" or attrs["mode"] == LOGITS):
            in_place = {0: (1,)}
        elif not backward and attrs["mode"] != PROBABILITIES:
            in_place = {1: (1,)}
        dims = (*rows_of(x), attrs["mode"])
        if kernel == "sparse":
            dims = (*dims, int(attrs["strict"]))
        return Step(
            f"crossentropy.{kernel}",
            dims,
            (attrs["epsilon"],),
            dtype=x.dtype,
            flops=20 * math.prod(x.shape),
            in_place=in_place,
        )

    return lower


def _inside(q, epsilon):
    return elementwise.clip(q, low=epsilon, high=1.0 - epsilon)


def _log_probabilities(p, epsilon):
    return elementwise.log(_inside(elementwise.divide(p, last_sum(p)), epsilon))


def _categorical_slope(target, p, d_loss, *, mode, epsilon):
    """The gradient of `categorical_crossentropy` in simpler ops."""
    if mode == LOGITS:
        share = elementwise.multiply(p, last_sum(target))
        return elementwise.multiply(
            elementwise.subtract(share, target), _with_column(d_loss)
        )
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(p)
        logs = _log_probabilities(p, epsilon)
    weight = elementwise.negative(elementwise.multiply(target, _with_column(d_loss)))
    d_p = tape.gradient(logs, p, output_gradients=weight)
    return elementwise.multiply(p, d_p) if mode == THROUGH_PROBABILITIES else d_p


def _sparse_slope(target, p, d_loss, *, mode, epsilon):
    target = indexing.one_hot(target, depth=p.shape[-1], dtype=p.dtype)
    return _categorical_slope(target, p, d_loss, mode=mode, epsilon=epsilon)


def _crossentropy_gradient(gradient_primitive, d_target):
    def gradient(node, d_outputs, needs):
        (target, x), mode = node.inputs, node.attrs["mode"]
        d_loss, loss, p = d_outputs[0], node.outputs[0], x
        d_x = None
        if mode != PROBABILITIES:
            p = node.outputs[1]
        if d_loss is not None and needs[1]:
            attrs = {"mode": mode, "epsilon": node.attrs["epsilon"]}
            d_x = gradient_primitive(target, p, d_loss, **attrs)
        if mode != PROBABILITIES and d_outputs[1] is not None and needs[1]:
            of_p = _gradient_of_probabilities(loss, p, d_outputs[1])
            d_x = of_p if d_x is None else elementwise.add(d_x, of_p)
        wanted = needs[0] and d_target is not None and d_loss is not None
        return [d_target(node, d_loss) if wanted else None, d_x]

    return gradient


def _gradient_of_probabilities(loss, p, d_p):
    if p.shape == loss.shape:  # a probability for each element
        one = elementwise.number(1, p)
        slope = elementwise.multiply(p, elementwise.subtract(one, p))
        return elementwise.multiply(d_p, slope)
    return softmax_gradient(p, d_p)


def _epsilon(value):
    return config.epsilon() if value is None else float(value)


# --- categorical ---------------------------------------------------------------------


def _d_categorical_target(node, d_loss):
    _, x = node.inputs
    mode, epsilon = node.attrs["mode"], node.attrs["epsilon"]
    if mode == LOGITS:
        logs = log_softmax(x)
    else:
        p = x if mode == PROBABILITIES else node.outputs[1]
        logs = _log_probabilities(p, epsilon)
    return elementwise.negative(elementwise.multiply(logs, _with_column(d_loss)))


categorical_crossentropy_gradient = Primitive(
    "categorical_crossentropy_gradient",
    infer=lambda target, p, d_loss, **attrs: like_first(p),
    lower=_crossentropy_step("categorical_gradient", True),
    gradient=through_formula(_categorical_slope),
)
_categorical = Primitive(
    "categorical_crossentropy",
    infer=_crossentropy_spec("categorical_crossentropy", labels=False),
    lower=_crossentropy_step("categorical", False),
    gradient=_crossentropy_gradient(
        categorical_crossentropy_gradient, _d_categorical_target
    ),
)


def categorical_crossentropy(target, output, *, from_logits, epsilon=None):
    """-Σ target · log(output) over the last axis.

    Args:
        target: true distributions.
        output: predicted ones, of the same shape and type; or logits.
        from_logits: which of the two.
        epsilon: how near to 0 and 1 a probability may come; the configured one by
            default.
    """
    if from_logits:
        return _categorical(target, output, mode=LOGITS, epsilon=_epsilon(epsilon))[0]
    return _categorical(target, output, mode=PROBABILITIES, epsilon=_epsilon(epsilon))


def softmax_categorical_crossentropy(target, logits, *, epsilon=None):
    """The loss of `softmax(logits)` as probabilities, and these: (loss, probs)."""
    mode = THROUGH_PROBABILITIES
    return _categorical(target, logits, mode=mode, epsilon=_epsilon(epsilon))


# --- sparse --------------------------------------------------------------------------


def _explain_labels(node, arrays, status):
    target, classes = arrays[0], node.inputs[1].shape[-1]
    where = f" in `{node.scope}`" if node.scope else ""
    return ValueError(
        f"`sparse_categorical_crossentropy`{where}: a label is not among the classes. "
        f"Expected labels from 0 to {classes - 1}. "
        f"Received: labels from {target.min()} to {target.max()}"
    )


sparse_categorical_crossentropy_gradient = Primitive(
    "sparse_categorical_crossentropy_gradient",
    infer=lambda target, p, d_loss, **attrs: like_first(p),
    lower=_crossentropy_step("sparse_gradient", True),
    gradient=through_formula(_sparse_slope),
)
_sparse = Primitive(
    "sparse_categorical_crossentropy",
    infer=_crossentropy_spec("sparse_categorical_crossentropy", labels=True),
    lower=_crossentropy_step("sparse", False),
    gradient=_crossentropy_gradient(sparse_categorical_crossentropy_gradient, None),
    explain=_explain_labels,
)


def sparse_categorical_crossentropy(
    target, output, *, from_logits, epsilon=None, strict=True
):
    """-log(output[target]) for each row.

    Args:
        target: class indices, int32.
        output: predicted distributions with one more axis, or logits.
        from_logits: which of the two.
        epsilon: as for `categorical_crossentropy`.
        strict: whether a label that is no class is an error; else its loss is 0.
    """
    attrs = {"epsilon": _epsilon(epsilon), "strict": strict}
    if from_logits:
        return _sparse(target, output, mode=LOGITS, **attrs)[0]
    return _sparse(target, output, mode=PROBABILITIES, **attrs)


def softmax_sparse_categorical_crossentropy(
    target, logits, *, epsilon=None, strict=True
):
    """The loss of `softmax(logits)` as probabilities, and these: (loss, probs)."""
    attrs = {"epsilon": _epsilon(epsilon), "strict": strict}
    return _sparse(target, logits, mode=THROUGH_PROBABILITIES, **attrs)


# --- binary --------------------------------------------------------------------------


def _binary_spec(target, x, *, mode, epsilon):
    if target.shape != x.shape or target.dtype != x.dtype:
        raise ValueError(
            "`binary_crossentropy`: expected a target like the output, of shape "
            f"{x.shape} and type {x.dtype}. "
            f"Received: target.shape={target.shape}, target.dtype={target.dtype}"
        )
    spec = like_first(x)
    return (spec, spec) if mode == THROUGH_PROBABILITIES else spec


def _binary_step(kernel):
    def lower(node):
        x, attrs = node.inputs[1], node.attrs
        backward = kernel == "binary_gradient"
        two = attrs["mode"] == THROUGH_PROBABILITIES and not backward
        return Step(
            f"crossentropy.{kernel}",
            (math.prod(x.shape), attrs["mode"]),
            (attrs["epsilon"],),
            dtype=x.dtype,
            flops=30 * math.prod(x.shape),
            in_place={0: (0, 1, 2)} if backward else {1: (1,)} if two else {},
        )

    return lower


def _binary_logs(q):
    missing = elementwise.subtract(elementwise.number(1, q), q)
    return elementwise.log(q), elementwise.log(missing)


def _binary_slope(target, p, d_loss, *, mode, epsilon):
    """The gradient of `binary_crossentropy` in simpler ops."""
    if mode == LOGITS:
        missed = elementwise.subtract(elementwise.sigmoid(p), target)
        return elementwise.multiply(missed, d_loss)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(p)
        hit, miss = _binary_logs(_inside(p, epsilon))
    d_hit = elementwise.negative(elementwise.multiply(target, d_loss))
    d_miss = elementwise.negative(elementwise.add(d_loss, d_hit))
    d_p = tape.gradient([hit, miss], p, output_gradients=[d_hit, d_miss])
    if mode == PROBABILITIES:
        return d_p
    slope = elementwise.multiply(p, elementwise.subtract(elementwise.number(1, p), p))
    return elementwise.multiply(d_p, slope)


def _binary_gradient(node, d_outputs, needs):
    (target, x), mode = node.inputs, node.attrs["mode"]
    d_loss, p = d_outputs[0], x
    d_target, d_x = None, None
    if mode == THROUGH_PROBABILITIES:
        p = node.outputs[1]
    if needs[1] and d_loss is not None:
        d_x = binary_crossentropy_gradient(target, p, d_loss, **node.attrs)
    if mode == THROUGH_PROBABILITIES and needs[1] and d_outputs[1] is not None:
        of_p = _gradient_of_probabilities(node.outputs[0], p, d_outputs[1])
        d_x = of_p if d_x is None else elementwise.add(d_x, of_p)
    if needs[0] and d_loss is not None:
        if mode == LOGITS:
            slope = x
        else:
            hit, miss = _binary_logs(_inside(p, node.attrs["epsilon"]))
            slope = elementwise.subtract(hit, miss)
        d_target = elementwise.negative(elementwise.multiply(slope, d_loss))
    return [d_target, d_x]


binary_crossentropy_gradient = Primitive(
    "binary_crossentropy_gradient",
    infer=lambda target, p, d_loss, **attrs: like_first(p),
    lower=_binary_step("binary_gradient"),
    gradient=through_formula(_binary_slope),
)
_binary = Primitive(
    "binary_crossentropy",
    infer=_binary_spec,
    lower=_binary_step("binary"),
    gradient=_binary_gradient,
)


def binary_crossentropy(target, output, *, from_logits, epsilon=None):
    """-target · log(output) - (1 - target) · log(1 - output), elementwise.

    Args:
        target: true probabilities.
        output: predicted ones, of the same shape and type; or logits.
        from_logits: which of the two.
        epsilon: as for `categorical_crossentropy`.
    """
    mode = LOGITS if from_logits else PROBABILITIES
    return _binary(target, output, mode=mode, epsilon=_epsilon(epsilon))


def sigmoid_binary_crossentropy(target, logits, *, epsilon=None):
    """The loss of `sigmoid(logits)` as probabilities, and these: (loss, probs)."""
    mode = THROUGH_PROBABILITIES
    return _binary(target, logits, mode=mode, epsilon=_epsilon(epsilon))
