"""Loss for sequences of labels whose places in time are not known."""

from ckeras import ops
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = ["CTC", "ctc"]

_BLANK = 0


def ctc(y_true, y_pred):
    """Connectionist temporal classification: -log of the labels' probability.

    All timesteps count; see `ops.ctc_loss` for sequences of several lengths.

    Args:
        y_true: integers (batch, max_length): the labels, from 1 on; 0 is the blank and
            fills rows up at their end.
        y_pred: logits (batch, timesteps, classes), not yet normalized.

    Returns:
        A tensor (batch,).

    Raises:
        ValueError: if the ranks differ from these.
    """
    if len(y_true.shape) != 2:
        raise ValueError(
            "Targets `y_true` are expected to be a tensor of shape `(batch_size, "
            f"max_length)` in integer format. Received: y_true.shape={y_true.shape}"
        )
    if len(y_pred.shape) != 3:
        raise ValueError(
            "Logits `y_pred` are expected to be a tensor of shape `(batch_size, "
            f"max_length, num_classes)`. Received: y_pred.shape={y_pred.shape}"
        )
    labels = ops.count_nonzero(ops.not_equal(y_true, _BLANK), axis=-1)
    timesteps = ops.full((y_pred.shape[0],), y_pred.shape[1], dtype="int32")
    return ops.ctc_loss(y_true, y_pred, labels, timesteps, mask_index=_BLANK)


class CTC(LossFunctionWrapper):
    """Connectionist temporal classification; see `ctc`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)
