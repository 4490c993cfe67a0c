"""Setting the last part of the training data aside for validation."""

import math

from ckeras.engine import tree
from ckeras.training.data.convert import as_arrays, can_convert

__all__ = ["train_validation_split"]


def train_validation_split(arrays, validation_split):
    """Split arrays into a first part for training and a last part for validation.

    Args:
        arrays: tuple `(x, y, sample_weight)` of structures of array-likes or None.
        validation_split: the share of the samples, between 0 and 1, that goes to
            validation.

    Returns:
        Two structures like `arrays`; no rows are copied.

    Raises:
        ValueError: if the data are no arrays, or one part would be empty.
    """
    if not 0 <= validation_split < 1:
        raise ValueError(
            "Argument `validation_split` must be at least 0 and below 1. "
            f"Received: validation_split={validation_split}"
        )
    if not can_convert(arrays):
        raise ValueError(
            "Argument `validation_split` is only supported for tensors or NumPy "
            f"arrays. Received: x of type {type(arrays[0]).__name__}"
        )
    names = ("x", "y", "sample_weight")
    arrays = tuple(as_arrays(a, n) for a, n in zip(arrays, names, strict=True))
    sizes = [a.shape[0] for a in tree.flatten(arrays) if a is not None]
    count = sizes[0] if sizes else 0
    split_at = math.floor(count * (1.0 - validation_split))
    if split_at in (0, count):
        raise ValueError(
            f"Training data contains {count} samples, which is not sufficient to "
            "split it into a validation and training set as specified by "
            f"`validation_split={validation_split}`. Either provide more data, or a "
            "different value for the `validation_split` argument."
        )
    # Arrays of another length keep the difference, for the check that follows.
    first = tree.map_structure(lambda a: None if a is None else a[:split_at], arrays)
    last = tree.map_structure(lambda a: None if a is None else a[split_at:], arrays)
    return first, last
