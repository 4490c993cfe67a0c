"""True and false positives and negatives, for one or many thresholds."""

import numpy as np

from ckeras import ops
from ckeras.engine import config
from ckeras.losses.loss import squeeze_or_expand_to_same_rank

__all__ = ["Counter", "as_thresholds", "even_thresholds"]

# Below every threshold.
_NEVER = -1e10
KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def as_thresholds(thresholds, default):
    """Thresholds as a list.

    Args:
        thresholds: a number, several, or None for `default`.
        default: a number.

    Raises:
        ValueError: if one is not between 0 and 1.
    """
    if thresholds is None:
        return [default]
    single = not isinstance(thresholds, (list, tuple, np.ndarray))
    listed = [thresholds] if single else list(thresholds)
    invalid = [t for t in listed if t is None or t < 0 or t > 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid}")
    return listed


def even_thresholds(count):
    """The inner ones of `count` thresholds at equal distances from 0 to 1."""
    return [(i + 1) / (count - 1) for i in range(count - 2)]


def _are_even(thresholds):
    count = len(thresholds)
    if count < 3:
        return False
    even = np.arange(count, dtype="float32") / (count - 1)
    return np.allclose(thresholds, even, atol=config.epsilon())


class Counter:
    """Counts predictions above each threshold among positive and negative labels.

    Args:
        thresholds: numbers; a prediction is positive if it is greater.
        top_k: only that many highest predictions of a sample may be positive.
        class_id: the only class that counts.
        multi_label: whether the last axis is kept, for one count per label.
    """

    def __init__(self, thresholds, top_k=None, class_id=None, multi_label=False):
        self.thresholds = np.asarray(thresholds, "float64")
        self.even = _are_even(self.thresholds)
        # Ends moved outwards mean that the first threshold is below every prediction.
        self.open_ends = self.thresholds[0] < 0.0 or self.thresholds[-1] > 1.0
        self.top_k = top_k
        self.class_id = class_id
        self.multi_label = multi_label

    def update(self, variables, y_true, y_pred, sample_weight=None, label_weights=None):
        """Adds a batch to variables.

        Args:
            variables: variables by kind, such as `"true_positives"`.
            y_true: labels 0 or 1.
            y_pred: predictions of the same shape.
            sample_weight, label_weights: factors along the first and the last axis.
        """
        dtype = next(iter(variables.values())).dtype
        labels, y_pred, weight = self._prepared(
            ops.cast(y_true, dtype), ops.cast(y_pred, dtype), sample_weight
        )
        if label_weights is not None:
            row = ops.broadcast_to(ops.expand_dims(label_weights, 0), y_pred.shape)
            weight = row if weight is None else weight * row
        if not self.multi_label:
            labels, y_pred = ops.reshape(labels, (-1,)), ops.reshape(y_pred, (-1,))
            weight = None if weight is None else ops.reshape(weight, (-1,))
        counts = self._count(labels, y_pred, weight)
        for kind, variable in variables.items():
            variable.assign(variable.value + counts[kind])

    def _prepared(self, y_true, y_pred, weight):
        y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
        if weight is not None:
            weight = ops.expand_dims(ops.cast(weight, y_pred.dtype), -1)
            _, weight = squeeze_or_expand_to_same_rank(
                y_true, weight, expand_rank_1=False
            )
        if self.top_k is not None:
            y_pred = self._only_top(y_pred)
        if self.class_id is not None:
            if len(y_pred.shape) == 1:
                raise ValueError(
                    "When class_id is provided, y_pred must be a 2D array with shape "
                    f"(num_samples, num_classes), found shape: {y_pred.shape}"
                )
            y_true = y_true[..., self.class_id, None]
            y_pred = y_pred[..., self.class_id, None]
        if weight is not None:
            weight = ops.broadcast_to(weight, y_pred.shape)
        return ops.cast(ops.not_equal(y_true, 0), y_pred.dtype), y_pred, weight

    def _only_top(self, y_pred):
        _, best = ops.top_k(y_pred, self.top_k)
        chosen = ops.sum(ops.one_hot(best, y_pred.shape[-1]), axis=-2)
        chosen = ops.cast(chosen, y_pred.dtype)
        return y_pred * chosen + _NEVER * (1.0 - chosen)

    def _positive(self, y_pred):
        """1 where predictions are above thresholds, which get the first axis."""
        count = len(self.thresholds)
        column = (count,) + (1,) * len(y_pred.shape)
        if not self.even:
            limits = self.thresholds.astype(y_pred.dtype).reshape(column)
            return ops.cast(
                ops.greater(ops.expand_dims(y_pred, 0), limits), y_pred.dtype
            )
        # The number of thresholds below a prediction, rounded as Keras does.
        below = ops.ceil(ops.clip(y_pred, 0.0, 1.0) * (count - 1.0)) - 1.0
        if self.open_ends:
            below = ops.relu(below)
        index = np.arange(count, dtype=y_pred.dtype).reshape(column)
        found = ops.greater_equal(ops.expand_dims(below, 0), index)
        return ops.cast(found, y_pred.dtype)

    def _count(self, labels, y_pred, weight):
        true, false = labels, 1.0 - labels
        if weight is not None:
            true, false = true * weight, false * weight
        positive = self._positive(y_pred)
        hits = ops.sum(positive * true, axis=1)
        alarms = ops.sum(positive * false, axis=1)
        return {
            "true_positives": hits,
            "false_positives": alarms,
            "true_negatives": ops.sum(false, axis=0) - alarms,
            "false_negatives": ops.sum(true, axis=0) - hits,
        }
