"""Configurations of layers, from the signatures of their constructors."""

from ckeras import activations, constraints, initializers, regularizers
from ckeras.engine.symbolic.operation import constructor_signature

__all__ = ["constructor_config", "refuse_quantization"]

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
