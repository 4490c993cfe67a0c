"""Configuration dictionaries to objects, in Keras 3's file format.

A configuration is data: classes are found in the table of built-ins or among the
registered objects, and code in a file (a lambda) is only run if the caller asked so.
"""

import types

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.saving import builtins, lambdas, registry, scopes

__all__ = ["deserialize_keras_object"]

_PLAIN = (str, int, float, bool)
_SLICE = ("start", "stop", "step")


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, **kwargs):
    """The object that a configuration describes.

    Args:
        config: what `serialize_keras_object` gave.
        custom_objects: your own classes and functions by name.
        safe_mode: whether code in the configuration (a lambda) is refused.
        module_objects: built-in objects by short name; then `config` may be a name.

    Returns:
        The object; lists and dictionaries are gone through.

    Raises:
        TypeError: if a class or function cannot be found or rebuilt.
        ValueError: for a lambda in safe mode.

    Example:

    >>> config = ckeras.regularizers.serialize(ckeras.regularizers.L2(0.1))
    >>> ckeras.saving.deserialize_keras_object(config).l2
    0.1
    """
    module_objects = kwargs.pop("module_objects", None)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {list(kwargs)}")
    if scopes.state.safe_mode is not None:
        safe_mode = scopes.state.safe_mode
    custom = {
        **(custom_objects or {}),
        **registry.scope_objects(),
        **registry.get_custom_objects(),
    }
    return _Reader(custom, safe_mode).read(config, module_objects)


class _Reader:
    """Deserialization with given custom objects and `safe_mode`."""

    def __init__(self, custom_objects, safe_mode):
        self.custom = custom_objects
        self.safe_mode = safe_mode

    def read(self, config, module_objects=None):
        if config is None:
            return None
        if isinstance(config, str) and self.custom.get(config) is not None:
            return self.custom[config]
        if isinstance(config, (list, tuple)):
            return [self.read(item) for item in config]
        if module_objects is not None:
            found, config = self._short_form(config, module_objects)
            if found:
                return config
        if isinstance(config, _PLAIN):
            return config
        if not isinstance(config, dict):
            raise TypeError(f"Could not parse config: {config}")
        if "class_name" not in config or "config" not in config:
            return {key: self.read(value) for key, value in config.items()}
        if config["class_name"] in _SPECIAL:
            return _SPECIAL[config["class_name"]](self, config["config"] or {})
        if config["class_name"] == "function":
            return self._function(config)
        return self._object(config)

    def _short_form(self, config, module_objects):
        """Resolves names such as "l2" or {"class_name": "L2", "config": {}}.

        Returns (True, object), or (False, configuration to read further).
        """
        inner = None
        if isinstance(config, dict):
            if "class_name" not in config:
                raise ValueError(f"Unknown `config` as a `dict`, config={config}")
            inner = config.get("config")
            names = (config["class_name"], config.get("registered_name"), inner)
            if any(isinstance(n, str) and n in self.custom for n in names):
                return False, config
            if config["class_name"] == "function":
                builtin = config.get("module") == "builtins"
                name = inner if builtin else config["registered_name"]
            elif config.get("module", "_") is None:
                raise TypeError(
                    f"Cannot deserialize object of type `{config['class_name']}`. "
                    f"If `{config['class_name']}` is a custom class, please register "
                    "it using the `@keras.saving.register_keras_serializable()` "
                    "decorator."
                )
            else:
                name = config["class_name"]
        else:
            name = config
        if not isinstance(name, str) or name not in module_objects:
            return True, name
        target = module_objects[name]
        if isinstance(target, type):
            return False, builtins.class_config(target, inner)
        return True, target

    def _function(self, config):
        name = config["config"]
        if not isinstance(name, str):
            raise TypeError(
                "Expected 'config' to be a non-null str for a function classname,\n"
                f"instead got {type(name)}\nFull config: {config}"
            )
        if self.custom.get(name) is not None:
            return self.custom[name]
        module, found = config.get("module"), None
        if module == "builtins":
            found = builtins.find_function(name)
        elif module:
            found = builtins.find_builtin(module, name)
        if found is not None:
            _check_builtin(config, module, name)
            return found
        found = self._by_last_part(name) if module == "builtins" else None
        if found is None:
            raise _not_found("function", name, config)
        return found

    def _by_last_part(self, name):
        """Keras up to 3.6 wrote a registered function's name without its package."""
        if ">" in name:
            return None
        ends = (v for k, v in self.custom.items() if k.endswith(f">{name}"))
        return next(ends, None)

    def _object(self, config):
        name, inner = config["class_name"], config["config"]
        inner = {} if inner is None else inner
        if not isinstance(inner, dict):
            raise TypeError(
                f"Expected 'config' to be a dict for {name},\n"
                f"instead got {type(inner)}\nFull config: {config}"
            )
        shared = config.get("shared_object_id")
        if (
            shared is not None
            and scopes.state.objects
            and shared in scopes.state.objects
        ):
            return scopes.state.objects[shared]
        cls = self._class(config, name)
        if isinstance(cls, types.FunctionType):
            return cls
        if not hasattr(cls, "from_config"):
            raise TypeError(
                f"Unable to reconstruct an instance of '{name}' because the class is "
                f"missing a `from_config()` method. Full object config: {config}"
            )
        with (
            registry.CustomObjectScope(self.custom),
            scopes.SafeModeScope(self.safe_mode),
        ):
            instance = _build(cls, inner, config)
        if shared is not None and scopes.state.objects is not None:
            scopes.state.objects[shared] = instance
        return instance

    def _class(self, config, name):
        registered = config.get("registered_name", name)
        for key in (registered,):
            if isinstance(key, str) and key in self.custom:
                return self.custom[key]
        module = config.get("module")
        found = None
        if isinstance(module, str):
            found = builtins.find_builtin(module, name)
        if found is None:
            raise _not_found("class", name, config)
        _check_builtin(config, module, name)
        return found


def _check_builtin(config, module, name):
    """Raises if what is built in is said to be registered under another name."""
    registered = config.get("registered_name")
    if registered not in (None, "", name, config["class_name"]):
        raise ValueError(
            f"`registered_name={registered!r}` was provided in the config, but "
            f"'{module}.{name}' resolved to a Keras built-in, which has no registered "
            f"name. Remove `registered_name` from the config. Full config: {config}"
        )


def _build(cls, inner, config):
    try:
        instance = cls.from_config(inner)
    except TypeError as error:
        raise TypeError(
            f"{cls} could not be deserialized properly. Please ensure that objects "
            "(layers, models and so on) returned by `get_config()` are explicitly "
            "deserialized in the class's `from_config()` method."
            f"\n\nconfig={config}.\n\nException encountered: {error}"
        ) from error
    if config.get("build_config") and not instance.built:
        instance.build_from_config(config["build_config"])
        instance.built = True
    if config.get("compile_config"):
        instance.compile_from_config(config["compile_config"])
        instance.compiled = True
    return instance


def _not_found(kind, name, config):
    return TypeError(
        f"Could not locate {kind} '{name}'. Make sure custom classes and functions "
        "are decorated with `@keras.saving.register_keras_serializable()`, and "
        "imported before they are loaded, or pass them in `custom_objects`. "
        f"Full object config: {config}"
    )


def _read_keras_tensor(reader, config):
    from ckeras.engine.symbolic.keras_tensor import KerasTensor

    tensor = KerasTensor(config["shape"], dtype=config["dtype"])
    tensor._pre_serialization_keras_history = config["keras_history"]
    return tensor


def _read_lambda(reader, config):
    if reader.safe_mode:
        raise ValueError(
            "Requested the deserialization of a Python lambda, such as a `Lambda` "
            "layer's function. Loading it carries a risk of arbitrary code execution, "
            "so it is disallowed by default. If you trust the source, pass "
            "`safe_mode=False` to the loading function, or call "
            "`keras.config.enable_unsafe_deserialization()`."
        )
    return lambdas.load(config["value"])


def _read_numpy(reader, config):
    return np.array(config["value"], dtype=dtypes.standardize_dtype(config["dtype"]))


_SPECIAL = {
    "__keras_tensor__": _read_keras_tensor,
    "__tensor__": lambda r, c: convert_to_tensor(c["value"], dtype=c["dtype"]),
    "__numpy__": _read_numpy,
    "__bytes__": lambda r, c: c["value"].encode("utf-8"),
    "__ellipsis__": lambda r, c: Ellipsis,
    "__slice__": lambda r, c: slice(*[r.read(c[k]) for k in _SLICE]),
    "__lambda__": _read_lambda,
}
