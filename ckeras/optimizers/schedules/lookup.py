"""Schedules by configuration."""

from ckeras.optimizers.schedules import cosine, decays
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = ["deserialize", "serialize"]

_TABLE = {name: getattr(m, name) for m in (cosine, decays) for name in m.__all__}


def serialize(learning_rate_schedule):
    """The configuration of a schedule."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """The schedule that a configuration describes."""
    return configured.read(config, _TABLE, custom_objects)
