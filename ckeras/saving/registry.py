"""Names under which users register their own classes and functions."""

import inspect
import threading

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "scope_objects",
]

_objects: dict = {}
_names: dict = {}


class _State(threading.local):
    def __init__(self):
        self.scope = {}


_state = _State()


def scope_objects():
    """The objects of the innermost open `CustomObjectScope`."""
    return _state.scope


class CustomObjectScope:
    """Lets configurations mention your own objects: `with CustomObjectScope({...}):`.

    Args:
        custom_objects: objects by the name that configurations have for them.

    Example:

    >>> def shift(x):
    ...     return x + 1.0
    >>> with ckeras.saving.CustomObjectScope({"shift": shift}):
    ...     ckeras.activations.get("shift") is shift
    True
    """

    def __init__(self, custom_objects):
        self.custom_objects = dict(custom_objects or {})
        self._outer = []

    def __enter__(self):
        self._outer.append(_state.scope)
        _state.scope = self.custom_objects
        return self

    def __exit__(self, *exc):
        _state.scope = self._outer.pop()


custom_object_scope = CustomObjectScope


def get_custom_objects():
    """The dictionary of all registered objects itself, not a copy."""
    return _objects


def register_keras_serializable(package="Custom", name=None):
    """Makes a class or function known to loading, as `package>name`.

    Args:
        package: first part of the key.
        name: second part; the object's own name by default.

    Returns:
        A decorator that returns what it decorates.

    Raises:
        ValueError: if a class has no `get_config` method.

    Example:

    >>> @ckeras.saving.register_keras_serializable("mine")
    ... def shifted(x):
    ...     return x + 1.0
    >>> ckeras.saving.get_registered_name(shifted)
    'mine>shifted'
    """

    def register(obj):
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. "
                f"Received: {obj}"
            )
        key = f"{package}>{obj.__name__ if name is None else name}"
        _objects[key] = obj
        _names[obj] = key
        return obj

    return register


def get_registered_name(obj):
    """The key under which `obj` is registered, or else its own name."""
    try:
        return _names.get(obj) or obj.__name__
    except TypeError:  # not hashable
        return obj.__name__


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The object that is registered as `name`.

    Args:
        name: the name to look up.
        custom_objects, module_objects: further dictionaries to look it up in.

    Returns:
        The object, or None if there is none of this name.
    """
    for table in (_state.scope, _objects, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None
