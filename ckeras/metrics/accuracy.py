"""How often predictions are right."""

import math

from ckeras import ops
from ckeras.engine import config
from ckeras.losses.loss import squeeze_or_expand_to_same_rank
from ckeras.metrics.reduction import MeanMetricWrapper

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def _matches(a, b):
    return ops.cast(ops.equal(a, b), config.floatx())


def accuracy(y_true, y_pred):
    """1 where predictions equal labels, else 0.

    Args:
        y_true: labels.
        y_pred: predictions of the same shape.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return _matches(*squeeze_or_expand_to_same_rank(y_true, y_pred))


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where predictions lie on the label's side of the threshold, else 0.

    Args:
        y_true: labels 0 or 1.
        y_pred: predictions of the same shape.
        threshold: predictions above it mean 1.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    threshold = ops.convert_to_tensor(threshold)
    return _matches(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype))


def categorical_accuracy(y_true, y_pred):
    """1 where the highest prediction is the label's class, else 0.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    return _matches(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the highest prediction is the class with the label's number, else 0.

    Args:
        y_true: class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: predictions, `(batch, ..., classes)`.

    Returns:
        Values of shape `(batch, ...)`.

    Example:

    >>> score = ckeras.metrics.sparse_categorical_accuracy
    >>> score([1, 0], [[0.2, 0.8], [0.1, 0.9]]).numpy()
    array([1., 0.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    shape = y_true.shape
    column = len(shape) == len(y_pred.shape) and shape[-1] == 1
    if column:
        y_true = ops.squeeze(y_true, -1)
    chosen = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    matches = _matches(y_true, chosen)
    if not column and len(matches.shape) > 1 and matches.shape[-1] == 1:
        matches = ops.squeeze(matches, -1)
    return matches


def _rows(labels, y_pred):
    """Labels as a vector and predictions as a matrix."""
    if len(y_pred.shape) > 2:
        y_pred = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    if len(labels.shape) > 1:
        labels = ops.reshape(labels, (math.prod(labels.shape),))
    return labels, y_pred


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the label's class is among the k highest predictions, else 0.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        k: number of predictions that count.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.cast(ops.argmax(y_true, axis=-1), "int32")
    rows, y_pred = _rows(labels, y_pred)
    matches = ops.cast(ops.in_top_k(rows, y_pred, k=k), config.floatx())
    return ops.reshape(matches, labels.shape)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the label is among the k highest predictions, else 0.

    Args:
        y_true: class numbers, `(batch, ...)`.
        y_pred: predictions, `(batch, ..., classes)`.
        k: number of predictions that count.
        from_sorted_ids: whether `y_pred` holds class numbers, best first.

    Returns:
        Values of the labels' shape.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = y_pred.dtype if from_sorted_ids else "int32"
    labels = ops.convert_to_tensor(y_true, dtype=dtype)
    rows, y_pred = _rows(labels, y_pred)
    if from_sorted_ids:
        same = ops.equal(ops.expand_dims(rows, axis=1), y_pred[:, :k])
        matches = ops.any(same, axis=1)
    else:
        matches = ops.in_top_k(rows, y_pred, k=k)
    return ops.reshape(ops.cast(matches, config.floatx()), labels.shape)


class Accuracy(MeanMetricWrapper):
    """Share of predictions that equal the labels.

    Args:
        name, dtype: see `Metric`.
    """

    saved = ()
    _direction = "up"

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """Share of predictions on the right side of a threshold.

    Args:
        name, dtype: see `Metric`.
        threshold: predictions above it mean 1.
    """

    saved = ("threshold",)
    _direction = "up"

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose highest prediction is the one-hot label's class.

    Args:
        name, dtype: see `Metric`.
    """

    saved = ()
    _direction = "up"

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose highest prediction is the class with the label's number.

    Args:
        name, dtype: see `Metric`.
    """

    saved = ()
    _direction = "up"

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples with the one-hot label among the k highest predictions.

    Args:
        k: number of predictions that count.
        name, dtype: see `Metric`.
    """

    saved = ("k",)
    _direction = "up"

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples with the label's number among the k highest predictions.

    Args:
        k: number of predictions that count.
        name, dtype: see `Metric`.
        from_sorted_ids: whether predictions are class numbers, best first.
    """

    saved = ("k", "from_sorted_ids")
    _direction = "up"

    def __init__(
        self,
        k=5,
        name="sparse_top_k_categorical_accuracy",
        dtype=None,
        from_sorted_ids=False,
    ):
        fn = sparse_top_k_categorical_accuracy
        super().__init__(fn, name, dtype, k=k, from_sorted_ids=from_sorted_ids)

    def get_config(self):
        config = super().get_config()
        if not self.from_sorted_ids:
            del config["from_sorted_ids"]
        return config
