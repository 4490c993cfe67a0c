"""Models: what layers are put together to, with training and saving."""

from ckeras.models.cloning import clone_model
from ckeras.models.functional import Functional as Functional
from ckeras.models.model import Model, model_from_json
from ckeras.models.sequential import Sequential
from ckeras.saving.saving_api import load_model, save_model

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]
