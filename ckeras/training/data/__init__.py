"""Adapters from what users pass as data to batches of arrays."""

from ckeras.training.data.adapter import get_data
from ckeras.training.data.convert import as_arrays, cast_array
from ckeras.training.data.split import train_validation_split

__all__ = ["as_arrays", "cast_array", "get_data", "train_validation_split"]
