"""Losses by name or configuration."""

from ckeras.losses import (
    alignment,
    crossentropy,
    margin,
    probabilistic,
    regression,
    segmentation,
)
from ckeras.losses.loss import Loss
from ckeras.losses.wrapper import LossFunctionWrapper
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]

_MODULES = (
    regression,
    crossentropy,
    probabilistic,
    margin,
    segmentation,
    alignment,
)
_TABLE = {name: getattr(m, name) for m in _MODULES for name in m.__all__}
_TABLE.update({"Loss": Loss, "LossFunctionWrapper": LossFunctionWrapper})
_SHORT = {
    "bce": crossentropy.binary_crossentropy,
    "kld": crossentropy.kl_divergence,
    "mae": regression.mean_absolute_error,
    "mape": regression.mean_absolute_percentage_error,
    "mse": regression.mean_squared_error,
    "msle": regression.mean_squared_logarithmic_error,
}
_TABLE.update(_SHORT)
_TABLE.update({name.upper(): fn for name, fn in _SHORT.items()})


def serialize(loss):
    """The configuration of a loss or loss function."""
    return serialize_keras_object(loss)


def deserialize(name, custom_objects=None):
    """The loss or loss function that a configuration describes."""
    return configured.read(name, _TABLE, custom_objects)


def get(identifier):
    """The loss that an argument such as `"mse"` stands for.

    Args:
        identifier: None, a name, a configuration, a class, or a function of
            `(y_true, y_pred)`.

    Returns:
        A function for a function's name, an object for a class's.

    Raises:
        ValueError: if it stands for no loss.

    Example:

    >>> ckeras.losses.get("mse").__name__
    'mean_squared_error'
    """
    return configured.find(identifier, _TABLE, "loss")
