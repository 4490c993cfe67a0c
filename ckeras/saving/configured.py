"""What all objects with a configuration share: it follows from their constructor."""

import inspect

from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["Configured", "find", "read", "signature_config"]


def _names(cls):
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(cls.__init__).parameters.values()
    return [p.name for p in parameters if p.kind in kinds and p.name != "self"]


def signature_config(obj):
    """The constructor's arguments by name, read from attributes of the same names."""
    names = (n for n in _names(type(obj)) if hasattr(obj, n))
    return {n: serialize_keras_object(getattr(obj, n)) for n in names}


class Configured:
    """Mixin: `get_config` and `from_config` out of the constructor's signature.

    A constructor keeps each argument as an attribute of the same name.
    """

    def get_config(self):
        """The arguments that make an equal object, as data."""
        return signature_config(self)

    @classmethod
    def from_config(cls, config):
        """A new object from what `get_config` gave."""
        return cls(**config)


def read(config, table, custom_objects=None):
    """The object that a configuration or short name stands for; see `find`."""
    return deserialize_keras_object(
        config, module_objects=table, custom_objects=custom_objects
    )


def find(identifier, table, kind):
    """The object that a user's argument stands for.

    Args:
        identifier: None, an object's name, configuration or class, or the object.
        table: built-in classes and functions by name.
        kind: what is looked for, for the error: `"initializer"`.

    Raises:
        ValueError: if it stands for nothing that can be called.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = read(identifier, table)
    elif isinstance(identifier, str):
        found = read(identifier, table)
        found = table.get(found) if isinstance(found, str) else found
        if found is None:
            names = sorted(n for n in table if n == n.lower()) or sorted(table)
            raise ValueError(
                f"Could not interpret {kind} identifier: {identifier}. "
                f"Expected one of {names}, a configuration, or a callable."
            )
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ValueError(f"Could not interpret {kind} identifier: {identifier}")
    return found
