"""Losses that compare regions, and one that compares embeddings."""

from ckeras import ops
from ckeras.engine import config
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = ["Circle", "Dice", "Tversky", "circle", "dice", "tversky"]


def _pair(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred


def dice(y_true, y_pred, axis=None):
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred))`.

    Args:
        y_true: true shares, 0 to 1.
        y_pred: predicted ones of the same shape.
        axis: axes to sum over; None for all.

    Returns:
        Values without the axes summed over.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    total = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1.0 - 2.0 * both / (total + config.epsilon())


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """One minus the overlap over overlap, misses and false alarms.

    Args:
        y_true: true shares, 0 to 1.
        y_pred: predicted ones of the same shape.
        alpha: weight of what is true but not predicted.
        beta: weight of what is predicted but not true.
        axis: axes to sum over; None for all.

    Returns:
        Values without the axes summed over.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    only_true = ops.sum((1.0 - y_pred) * y_true, axis=axis)
    only_pred = ops.sum(y_pred * (1.0 - y_true), axis=axis)
    rest = only_true * alpha + only_pred * beta
    return 1.0 - both / (both + rest + config.epsilon())


def circle(
    y_true,
    y_pred,
    ref_labels=None,
    ref_embeddings=None,
    remove_diagonal=True,
    gamma=80,
    margin=0.4,
):
    """Circle loss: embeddings of one class together, those of others apart.

    Args:
        y_true: class of each embedding, `(batch,)`.
        y_pred: embeddings of length 1, `(batch, size)`.
        ref_labels, ref_embeddings: what to compare with; by default the batch.
        remove_diagonal: whether no embedding is compared with itself.
        gamma: scale.
        margin: how clear the distinction has to be.

    Returns:
        A value for each embedding.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, "int32")
    refs = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    labels = y_true if ref_labels is None else ops.cast(ref_labels, "int32")
    distance = ops.maximum(1.0 - ops.matmul(y_pred, ops.transpose(refs)), 0.0)
    rows, columns = ops.reshape(y_true, (-1, 1)), ops.reshape(labels, (1, -1))
    same = ops.equal(rows, columns)
    other = ops.logical_not(same)
    if remove_diagonal:
        diagonal = ops.eye(rows.shape[0], columns.shape[1], dtype="bool")
        same = ops.logical_and(same, ops.logical_not(diagonal))
    pull = ops.maximum((margin + distance) * ops.cast(same, distance.dtype), 0.0)
    push = (1 + margin - distance) * ops.cast(other, distance.dtype)
    push = ops.maximum(push, 0.0)
    pull = -gamma * pull * (margin - distance)
    push = gamma * push * (1 - margin - distance)
    pull = ops.logsumexp(ops.where(same, pull, float("-inf")), axis=1)
    push = ops.logsumexp(ops.where(other, push, float("-inf")), axis=1)
    loss = ops.softplus(pull + push)
    loss._keras_mask = ops.greater(loss, 0.0)
    return loss


class Dice(LossFunctionWrapper):
    """Dice loss; see `dice`.

    Args:
        reduction, name, dtype: see `Loss`.
        axis: axes to sum over; None for all.
    """

    saved = ("axis",)

    def __init__(
        self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None
    ):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """Tversky loss; see `tversky`.

    Args:
        alpha, beta: weights of misses and of false alarms.
        reduction, name, dtype: see `Loss`.
        axis: axes to sum over; None for all.
    """

    saved = ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha=0.5,
        beta=0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        options = {"alpha": alpha, "beta": beta, "axis": axis}
        super().__init__(tversky, reduction, name, dtype, **options)


class Circle(LossFunctionWrapper):
    """Circle loss; see `circle`.

    Args:
        gamma: scale.
        margin: how clear the distinction has to be.
        remove_diagonal: whether no embedding is compared with itself.
        reduction, name, dtype: see `Loss`.
    """

    saved = ("gamma", "margin", "remove_diagonal")

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        options = {"gamma": gamma, "margin": margin, "remove_diagonal": remove_diagonal}
        super().__init__(circle, reduction, name, dtype, **options)
