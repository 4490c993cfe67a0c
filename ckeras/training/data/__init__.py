"""Adapters from what users pass as data to batches of arrays."""

from ckeras.training.data.adapter import get_data
from ckeras.training.data.convert import cast_array
from ckeras.training.data.packing import (
    pack_x_y_sample_weight,
    unpack_x_y_sample_weight,
)
from ckeras.training.data.py_dataset import PyDataset
from ckeras.training.data.split import train_validation_split

__all__ = [
    "PyDataset",
    "cast_array",
    "get_data",
    "pack_x_y_sample_weight",
    "train_validation_split",
    "unpack_x_y_sample_weight",
]
