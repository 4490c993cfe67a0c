"""Class indices as vectors, and the losses between distributions."""

from ckeras.engine import config
from ckeras.engine.values import dtypes
from ckeras.ops.nn.activations import log_softmax
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.manipulation import moveaxis, reshaped
from ckeras.ops.primitives import elementwise, indexing, losses
from ckeras.ops.promotion import (
    as_axis,
    as_float,
    as_places,
    as_value,
    constant,
    pair,
    static_size,
    widened,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "multi_hot",
    "one_hot",
    "sparse_categorical_crossentropy",
]


def _dense_only(sparse, name):
    if sparse:
        raise ValueError(f"`{name}`: tensors are dense here. Received: sparse=True")


@op
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """For each class index a vector with a 1 in its place and zeros elsewhere.

    Args:
        x: integers; one out of range gives zeros.
        num_classes: length of the vectors.
        axis: their place in the result.
        dtype: type of the result, `floatx` by default.
        sparse: for compatibility; there are only dense tensors.

    Example:
        >>> import ckeras
        >>> ckeras.ops.one_hot([1], 3).numpy().tolist()
        [[0.0, 1.0, 0.0]]
    """
    _dense_only(sparse, "one_hot")
    dtype = dtypes.standardize_dtype(dtype)
    x = _classes(x)
    classes = static_size(num_classes, "one_hot", "num_classes")
    axis = as_axis(axis, len(x.shape) + 1, "one_hot")
    hot = with_type(
        indexing.one_hot(x, depth=classes, dtype=dtypes.real_type(dtype)), dtype
    )
    return hot if axis == len(x.shape) else moveaxis(hot, -1, axis)


def _classes(x):
    """Class indices as int32; a float that is no whole number is no class."""
    x = as_value(x)
    whole = as_places(x)
    if not dtypes.is_inexact(x.dtype):
        return whole
    same = elementwise.equal(with_type(whole, x.dtype), x)
    return elementwise.where(same, whole, constant(-1, "int32"))


@op
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """For each row of class indices a vector with ones in their places.

    Args:
        inputs: integers, a vector or a batch of them; those out of range do not count.
        num_classes: length of the result's vectors.
        axis: place of the classes.
        dtype: type of the result, `floatx` by default.
        sparse: for compatibility; there are only dense tensors.
    """
    _dense_only(sparse, "multi_hot")
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)
    if num_classes is None:
        raise ValueError("Argument `num_classes` must be specified.")
    x = as_places(inputs)
    hot = one_hot(x, num_classes, axis=axis, dtype=dtype)
    return reductions.max(hot, axis=1 if len(x.shape) > 1 else 0)


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return log_softmax(output, axis)
    total = reductions.sum(output, axis, keepdims=True)
    return elementwise.log(_kept_inside(elementwise.divide(output, total)))


def _kept_inside(probability):
    """A probability held away from 0 and 1, so that its logarithms are finite."""
    epsilon = config.epsilon()
    return elementwise.clip(probability, low=epsilon, high=1.0 - epsilon)


def _last(x):
    return len(x.shape) - 1


def _same_shapes(target, output):
    if target.shape != output.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )


def _need_axis(target, output):
    if not output.shape:
        raise ValueError(
            "Arguments `target` and `output` must be at least rank 1. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )


@op
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-Σ target · log(output), the sum over the classes.

    Args:
        target: true distributions.
        output: predicted distributions, of the same shape.
        from_logits: whether `output` is to be put through softmax first.
        axis: the classes' axis.

    Raises:
        ValueError: if the shapes differ or have no axis.
    """
    target, output = pair(target, output, "float")
    _same_shapes(target, output)
    _need_axis(target, output)
    axis = as_axis(axis, len(output.shape), "categorical_crossentropy")
    if axis == _last(output) and output.shape[-1]:
        return losses.categorical_crossentropy(
            target, output, from_logits=bool(from_logits)
        )
    logs = _log_probabilities(output, from_logits, axis)
    total = reductions.sum(elementwise.multiply(target, logs), axis)
    return elementwise.negative(total)


@op
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log(output[target]): the cross-entropy for class indices.

    Args:
        target: true classes, integers of the output's shape without its last axis
            (or with 1 there). In a compiled function one that is no class has no
            probability to learn: its loss is 0.
        output: predicted distributions.
        from_logits: whether `output` is to be put through softmax first.
        axis: the classes' axis.

    Raises:
        ValueError: if the shapes do not fit, and for concrete targets that are no
            classes.
    """
    # Losses of half precision are float32, as in Keras on JAX.
    target, output = as_places(target), widened(as_float(output))
    if not output.shape:
        raise ValueError(
            "Argument `output` must be at least rank 1. "
            f"Received: output.shape={output.shape}"
        )
    if len(target.shape) == len(output.shape) and target.shape[-1] == 1:
        target = reshaped(target, target.shape[:-1])
    if target.shape != output.shape[:-1]:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the "
            f"last dimension: target.shape={target.shape}, output.shape={output.shape}"
        )
    axis = as_axis(axis, len(output.shape), "sparse_categorical_crossentropy")
    if axis != _last(output):
        output = moveaxis(output, axis, -1)
    strict = not (target.is_symbolic or output.is_symbolic)
    return losses.sparse_categorical_crossentropy(
        target, output, from_logits=bool(from_logits), strict=strict
    )


@op
def binary_crossentropy(target, output, from_logits=False):
    """-target · log(output) - (1 - target) · log(1 - output), elementwise.

    Args:
        target: true probabilities.
        output: predicted probabilities, of the same shape.
        from_logits: whether `output` is to be put through sigmoid first.

    Raises:
        ValueError: if the shapes differ.
    """
    target, output = pair(target, output, "float")
    _same_shapes(target, output)
    return losses.binary_crossentropy(target, output, from_logits=bool(from_logits))
