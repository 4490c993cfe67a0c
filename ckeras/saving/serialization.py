"""Objects to configuration dictionaries, in Keras 3's file format, and back."""

import types
import warnings

import numpy as np

from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_numpy, is_tensor
from ckeras.saving import lambdas, registry
from ckeras.saving.builtins import class_config, entry
from ckeras.saving.deserialization import deserialize_keras_object
from ckeras.saving.scopes import (
    ObjectSharingScope,
    SafeModeScope,
    enable_unsafe_deserialization,
    in_safe_mode,
    state,
)

__all__ = [
    "ObjectSharingScope",
    "SafeModeScope",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "in_safe_mode",
    "serialize_dict",
    "serialize_keras_object",
]

_PLAIN = (str, int, float, bool)


def serialize_keras_object(obj):
    """The configuration of an object.

    Args:
        obj: a number, string, array, tensor, function, an object with `get_config`,
            or a nested list, tuple or dictionary of these.

    Returns:
        Data that JSON can hold; for objects a dictionary with `module`,
        `class_name`, `config` and `registered_name`.

    Raises:
        TypeError: if an object has no `get_config`.

    Example:

    >>> config = serialize_keras_object(ckeras.losses.MeanSquaredError())
    >>> config["module"], config["class_name"]
    ('keras.losses', 'MeanSquaredError')
    """
    if obj is None or isinstance(obj, _PLAIN):
        return obj.item() if isinstance(obj, np.generic) else obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return serialize_dict(obj)
    special = _serialize_value(obj)
    return special if special is not None else _serialize_object(obj)


def serialize_dict(obj):
    """The configurations of a dictionary's values."""
    return {key: serialize_keras_object(value) for key, value in obj.items()}


def _serialize_value(obj):
    """Values that have no `get_config`; None for everything else."""
    if isinstance(obj, bytes):
        return _value("__bytes__", value=obj.decode("utf-8"))
    if isinstance(obj, slice):
        ends = {k: serialize_keras_object(getattr(obj, k)) for k in _SLICE}
        return _value("__slice__", **ends)
    if obj is Ellipsis:
        return _value("__ellipsis__")
    if hasattr(obj, "record_history") or type(obj).__name__ == "KerasTensor":
        history = getattr(obj, "_keras_history", None)
        if history:
            history = [history[0].name, *history[1:]]
        return _value(
            "__keras_tensor__",
            shape=obj.shape,
            dtype=obj.dtype,
            keras_history=history,
        )
    if is_tensor(obj):
        values = convert_to_numpy(obj).tolist()
        return _value("__tensor__", value=values, dtype=obj.dtype)
    if isinstance(obj, np.ndarray) and obj.ndim:
        dtype = dtypes.standardize_dtype(obj.dtype)
        return _value("__numpy__", value=obj.tolist(), dtype=dtype)
    if isinstance(obj, (np.ndarray, np.generic)):
        return obj.item()
    if isinstance(obj, np.dtype):
        return obj.name
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        warnings.warn(
            "The object being serialized includes a `lambda`. To load it again you "
            "will have to pass `safe_mode=False`, which runs code from the file. "
            "Use a named, registered function instead.",
            stacklevel=4,
        )
        return _value("__lambda__", value=lambdas.dump(obj))
    return None


_SLICE = ("start", "stop", "step")


def _value(class_name, **config):
    return {"class_name": class_name, "config": config}


def _serialize_object(obj):
    is_function = isinstance(obj, types.FunctionType)
    inner = _inner_config(obj, is_function)
    if is_function or isinstance(obj, type):
        kind = "function" if is_function else type(obj).__name__
        config = entry("builtins", kind, inner, kind)
    else:
        config = class_config(type(obj), inner)
    for key in ("build_config", "compile_config"):
        getter = getattr(obj, f"get_{key}", None)
        extra = getter() if getter is not None else None
        if extra is not None:
            config[key] = serialize_dict(extra)
    _note_shared(obj, config)
    return config


def _inner_config(obj, is_function):
    if not is_function and hasattr(obj, "get_config"):
        config = obj.get_config()
        if not isinstance(config, dict):
            raise TypeError(
                f"The `get_config()` method of {obj} should return a dict. "
                f"It returned: {config}"
            )
        return serialize_dict(config)
    if hasattr(obj, "__name__"):
        return registry.get_registered_name(obj)
    raise TypeError(
        f"Cannot serialize object {obj} of type {type(obj)}. To be serializable, a "
        "class must implement the `get_config()` method."
    )


def _note_shared(obj, config):
    if config["module"] == "__main__":
        config["module"] = None
    if state.configs is None:
        return
    number = id(obj)
    first = state.configs.setdefault(number, config)
    if first is not config:
        first["shared_object_id"] = config["shared_object_id"] = number
