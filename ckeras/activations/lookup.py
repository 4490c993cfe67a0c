"""Activation functions by name or configuration."""

import types

from ckeras.activations import functions
from ckeras.saving import configured
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]

_TABLE = {name: getattr(functions, name) for name in functions.__all__}
_TABLE["swish"] = functions.silu
_TABLE["hard_swish"] = functions.hard_silu


def serialize(activation):
    """The name of a built-in activation, the configuration of any other.

    Raises:
        ValueError: if it is nothing that can be described.
    """
    config = serialize_keras_object(activation)
    if not isinstance(config, dict) or "config" not in config:
        raise ValueError(
            f"Unknown activation function '{activation}' cannot be serialized due to "
            "invalid function name. Use a built-in activation's name, or register "
            "your own with `@keras.saving.register_keras_serializable()`. "
            f"config={config}"
        )
    if not isinstance(activation, types.FunctionType):
        return config
    name = config["config"]
    return name if isinstance(name, str) and name in _TABLE else config


def deserialize(config, custom_objects=None):
    """The activation function that a name or configuration stands for."""
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The activation function that an argument such as `"relu"` stands for.

    Args:
        identifier: None for `linear`, a name, a function or layer, or its
            configuration.

    Raises:
        ValueError: if it stands for no activation.

    Example:

    >>> ckeras.activations.get("tanh").__name__
    'tanh'
    """
    if identifier is None:
        return functions.linear
    if isinstance(identifier, dict):
        # Not only of what the table has: a layer may be an activation, too.
        identifier = deserialize_keras_object(identifier)
    return configured.find(identifier, _TABLE, "activation function")
