"""Losses for predicted probabilities, as functions."""

import warnings

from ckeras import ops
from ckeras.engine import config

__all__ = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "kl_divergence",
    "poisson",
    "sparse_categorical_crossentropy",
]


def _pair(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred


def _check_classes(loss, y_pred, axis):
    if isinstance(axis, bool):
        raise ValueError(
            f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}"
        )
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {loss}, expected y_pred.shape to be (batch_size, num_classes) "
            f"with num_classes > 1. Received: y_pred.shape={y_pred.shape}. Consider "
            "using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )


def _smoothed(y_true, label_smoothing, classes):
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing / classes


def kl_divergence(y_true, y_pred):
    """`sum(y_true * log(y_true / y_pred))` over the last axis.

    Args:
        y_true: true probabilities, `(batch, ..., n)`.
        y_pred: predicted ones of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true, y_pred):
    """`mean(y_pred - y_true * log(y_pred))` over the last axis.

    Args:
        y_true: true counts, `(batch, ..., n)`.
        y_pred: predicted rates of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    log_rate = ops.log(y_pred + config.epsilon())
    return ops.mean(y_pred - y_true * log_rate, axis=-1)


def categorical_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """`-sum(y_true * log(y_pred))` over the classes.

    Args:
        y_true: one-hot labels or probabilities, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        from_logits: whether predictions are scores before a softmax.
        label_smoothing: share of the labels that is spread over all classes.
        axis: axis of the classes.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    _check_classes("categorical_crossentropy", y_pred, axis)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[-1])
    return ops.categorical_crossentropy(
        y_true, y_pred, from_logits=from_logits, axis=axis
    )


def categorical_focal_crossentropy(
    y_true,
    y_pred,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """Categorical crossentropy in which sure predictions count less.

    `-sum(alpha * (1 - y_pred)^gamma * y_true * log(y_pred))` over the classes.

    Args:
        y_true: one-hot labels or probabilities, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        alpha: weight, one for all or one for each class.
        gamma: how much less sure predictions count.
        from_logits: whether predictions are scores before a softmax.
        label_smoothing: share of the labels that is spread over all classes.
        axis: axis of the classes.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    _check_classes("categorical_focal_crossentropy", y_pred, axis)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[-1])
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    share = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    share = ops.clip(share, config.epsilon(), 1.0 - config.epsilon())
    weight = ops.power(1.0 - share, gamma) * ops.cast(alpha, y_pred.dtype)
    return ops.sum(weight * (-y_true * ops.log(share)), axis=axis)


def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """Minus the logarithm of the true class's probability.

    Args:
        y_true: class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: predictions, `(batch, ..., classes)`.
        from_logits: whether predictions are scores before a softmax.
        ignore_class: label of the places that do not count.
        axis: axis of the classes.

    Returns:
        Values of shape `(batch, ...)`.

    Example:

    >>> loss = ckeras.losses.sparse_categorical_crossentropy
    >>> loss([1], [[0.5, 0.5]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=from_logits, axis=axis
        )
    valid = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
    y_true = ops.where(valid, y_true, ops.zeros_like(y_true))
    wide = ops.expand_dims(valid, axis)
    values = ops.sparse_categorical_crossentropy(
        y_true,
        ops.where(wide, y_pred, ops.zeros_like(y_pred)),
        from_logits=from_logits,
        axis=axis,
    )
    valid = ops.reshape(valid, values.shape)
    values = ops.where(valid, values, ops.zeros_like(values))
    values._keras_mask = valid
    return values


def binary_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """`mean(-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred))` over `axis`.

    Args:
        y_true: labels 0 or 1, `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        from_logits: whether predictions are scores before a sigmoid.
        label_smoothing: how far labels are moved towards one half, 0 to 1.
        axis: axis of the mean.

    Returns:
        Values without `axis`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2.0)
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    return ops.mean(values, axis=axis)


def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """Binary crossentropy in which sure predictions count less.

    Args:
        y_true: labels 0 or 1, `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        apply_class_balancing: whether to weigh the classes by `alpha`.
        alpha: weight of class 1; class 0 has the rest.
        gamma: how much less sure predictions count.
        from_logits: whether predictions are scores before a sigmoid.
        label_smoothing: how far labels are moved towards one half, 0 to 1.
        axis: axis of the mean.

    Returns:
        Values without `axis`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2.0)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = ops.power(1.0 - right, gamma) * values
    if apply_class_balancing:
        values = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * values
    return ops.mean(values, axis=axis)


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """`(1 - p^q) / q` for the probability p of the true class.

    Between the crossentropy (q near 0) and the absolute error (q = 1), which wrong
    labels harm less.

    Args:
        y_true: class numbers, `(batch,)`.
        y_pred: predicted probabilities, `(batch, classes)`.
        q: between 0 and 1.

    Returns:
        Values of shape `(batch,)`.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    chosen = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1])
    p = ops.sum(y_pred * ops.cast(chosen, y_pred.dtype), axis=-1)
    return (1.0 - ops.power(p, q)) / q
