"""Helpers around models and data: `ckeras.utils`."""

from ckeras.saving.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from ckeras.utils.image.arrays import (
    array_to_img,
    img_to_array,
    load_img,
    save_img,
)
from ckeras.utils.image.dataset import image_dataset_from_directory
from ckeras.utils.io_utils import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from ckeras.utils.numerical import normalize, to_categorical
from ckeras.utils.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from ckeras.utils.progbar import Progbar
from ckeras.utils.py_dataset import PyDataset
from ckeras.utils.rng import set_random_seed
from ckeras.utils.sequences import pad_sequences
from ckeras.utils.session import clear_session
from ckeras.utils.sources import get_source_inputs
from ckeras.utils.timeseries import timeseries_dataset_from_array

# Keras's name for the same class.
Sequence = PyDataset

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "load_img",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "register_keras_serializable",
    "save_img",
    "set_random_seed",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
