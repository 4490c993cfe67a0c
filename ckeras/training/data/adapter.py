"""Choosing the adapter for the data that were passed."""

from ckeras.training.data.arrays import ArrayData
from ckeras.training.data.batches import BatchData, iter_is_self
from ckeras.training.data.convert import can_convert
from ckeras.utils.py_dataset import PyDataset

__all__ = ["get_data"]


def get_data(
    x,
    y=None,
    sample_weight=None,
    batch_size=None,
    steps=None,
    shuffle=False,
    class_weight=None,
):
    """The adapter for `x`: `ArrayData` or `BatchData`.

    Args:
        x: (structures of) array-likes, or an iterable of batches.
        y, sample_weight, batch_size: only for array-likes.
        steps: number of batches wanted, or None.
        shuffle: whether to shuffle each epoch anew.
        class_weight: dict from class number to weight.

    Raises:
        ValueError: for data of no known kind, and for arguments that don't go with
            them.
    """
    if x is None:
        raise ValueError(
            "Argument `x` must be given. Expected arrays or an iterable of batches. "
            "Received: x=None"
        )
    if all(can_convert(value) for value in (x, y, sample_weight)):
        return ArrayData(x, y, sample_weight, batch_size, steps, shuffle, class_weight)
    iterable = hasattr(x, "__iter__") or isinstance(x, PyDataset)
    if isinstance(x, (list, tuple, dict, str, bytes)) or not iterable:
        raise ValueError(f"Unrecognized data type: x={x} (of type {type(x)})")
    kind = _kind(x)
    if y is not None:
        _refuse("y", "the targets", kind)
    if sample_weight is not None:
        _refuse("sample_weight", "the sample weights", kind)
    if class_weight is not None and iter_is_self(x):
        raise ValueError(
            "Argument `class_weight` is not supported for Python generator inputs. "
            f"Received: class_weight={class_weight}"
        )
    return BatchData(x, shuffle and isinstance(x, PyDataset), class_weight)


def _kind(x):
    """What an iterable of batches is called in errors."""
    if isinstance(x, PyDataset):
        return "PyDataset"
    name = type(x).__name__
    if type(x).__module__.startswith("torch."):
        return f"torch {name}"
    if type(x).__module__.startswith("tensorflow."):
        return "tf.data.Dataset"
    return name


def _refuse(name, description, kind):
    raise ValueError(
        f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, "
        f"{description} should be included as part of the {kind}."
    )
