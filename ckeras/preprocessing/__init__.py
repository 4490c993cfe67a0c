"""`keras.preprocessing`: images, sequences, texts, and datasets made of them."""

from ckeras.preprocessing import image, sequence, text
from ckeras.utils import image_dataset_from_directory, timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "timeseries_dataset_from_array",
]
