"""Optimizers by name or configuration."""

from ckeras.optimizers.adafactor import Adafactor
from ckeras.optimizers.adam import Adam, AdamW
from ckeras.optimizers.adaptive import Adadelta, Adagrad, Adamax, Nadam
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.ftrl import Ftrl
from ckeras.optimizers.lamb import Lamb
from ckeras.optimizers.lion import Lion
from ckeras.optimizers.loss_scale import LossScaleOptimizer
from ckeras.optimizers.muon import Muon
from ckeras.optimizers.rmsprop import RMSprop
from ckeras.optimizers.schedule_free import ScheduleFreeAdamW
from ckeras.optimizers.sgd import SGD
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]

_CLASSES = (
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lamb,
    Lion,
    LossScaleOptimizer,
    Muon,
    Nadam,
    Optimizer,
    RMSprop,
    SGD,
    ScheduleFreeAdamW,
)
_TABLE = {cls.__name__.lower(): cls for cls in _CLASSES}


def serialize(optimizer):
    """The configuration of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer that a configuration describes; names may be in any case."""
    name = config["class_name"].lower()
    if name in _TABLE:
        config = {**config, "class_name": name}
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The optimizer that an argument such as `"adam"` stands for.

    Args:
        identifier: None, a name in any case, a configuration, or an optimizer.

    Raises:
        ValueError: if it stands for no optimizer.

    Example:

    >>> ckeras.optimizers.get("sgd").momentum
    0.0
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = deserialize({"class_name": identifier, "config": {}})
    if not isinstance(found, Optimizer):
        hint = f" Expected one of {sorted(_TABLE)}, a configuration or an optimizer."
        raise ValueError(
            f"Could not interpret optimizer identifier: {identifier}.{hint}"
        )
    return found
