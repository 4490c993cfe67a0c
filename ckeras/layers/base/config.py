"""Configurations of layers, and layers from configurations."""

from ckeras import activations, constraints, initializers, regularizers
from ckeras.engine.symbolic.operation import constructor_signature
from ckeras.layers.base.layer import Layer
from ckeras.saving.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)

__all__ = ["constructor_config", "deserialize", "refuse_quantization", "serialize"]

_SERIALIZERS = {
    "activation": activations.serialize,
    "initializer": initializers.serialize,
    "regularizer": regularizers.serialize,
    "constraint": constraints.serialize,
}


def constructor_config(layer, cls, skip=()):
    """The arguments of `cls.__init__`, read from the attributes of those names.

    Args:
        layer: an instance of `cls`.
        cls: the class that lists the arguments; those of its base class come from
            `super().get_config()`.
        skip: arguments that are left out.
    """
    config = {}
    for name, parameter in constructor_signature(cls).parameters.items():
        known = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if known or name == "self" or name in skip:
            continue
        value = getattr(layer, name)
        serialize = _SERIALIZERS.get(name.rpartition("_")[2])
        config[name] = value if serialize is None else serialize(value)
    return config


def refuse_quantization(cls_name, **arguments):
    """Raises for arguments of Keras's quantization that were given a value."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` of layer {cls_name} is not supported by ckeras. "
                f"Expected None. Received: {name}={value}"
            )


def serialize(layer):
    """The configuration of a layer, with its class."""
    return serialize_keras_object(layer)


def deserialize(config, custom_objects=None):
    """The layer that a configuration describes.

    Raises:
        ValueError: if it describes something else.
    """
    layer = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(
            "`keras.layers.deserialize` was passed a `config` object that is not a "
            f"`keras.layers.Layer`. Received: {config}"
        )
    return layer
