"""Losses that want a margin between right and wrong."""

from ckeras import ops
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = [
    "CategoricalHinge",
    "Hinge",
    "SquaredHinge",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
]


def _pair(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred


def _signed(y_true):
    """Labels in {-1, 1}: labels that are all 0 or 1 are mapped to them."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true, y_pred):
    """`mean(max(1 - y_true * y_pred, 0))` over the last axis.

    Args:
        y_true: labels -1 or 1 (or 0 or 1), `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true, y_pred):
    """`mean(max(1 - y_true * y_pred, 0)²)` over the last axis.

    Args:
        y_true: labels -1 or 1 (or 0 or 1), `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    margin = ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0)
    return ops.mean(ops.square(margin), axis=-1)


def categorical_hinge(y_true, y_pred):
    """`max(1 + highest wrong score - right score, 0)` over the last axis.

    Args:
        y_true: one-hot labels, `(batch, ..., classes)`.
        y_pred: scores of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


class Hinge(LossFunctionWrapper):
    """Hinge loss; see `hinge`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """Squared hinge loss; see `squared_hinge`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None
    ):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """Hinge loss for one of several classes; see `categorical_hinge`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None
    ):
        super().__init__(categorical_hinge, reduction, name, dtype)
