"""Configurations of the older `.h5` format, from Keras 2 and 3, in today's form.

The older form names classes without their module, and calls an input's shape
`batch_input_shape`.
"""

from ckeras.saving import registry
from ckeras.saving.builtins import find_builtin, module_of

__all__ = ["from_legacy_metric", "from_legacy_object", "model_from_legacy"]

_MODELS = {
    "Functional": "keras.src.models.functional",
    "Model": "keras.src.models.functional",
    "Sequential": "keras",
}
# Arguments that Keras 2 wrote and that no longer mean anything.
_DROPPED = {
    "Embedding": ("input_length",),
    "GRU": ("implementation", "time_major"),
    "LSTM": ("implementation", "time_major"),
    "RNN": ("time_major",),
    "SimpleRNN": ("implementation", "time_major"),
}
_DROPPED_OF_OPTIMIZERS = ("decay", "is_legacy_optimizer", "jit_compile")


def model_from_legacy(config, custom_objects=None):
    """The configuration of a model, for `deserialize_keras_object`.

    Args:
        config: dict with `class_name` and `config`, as the file has it.
        custom_objects: your own classes by name, which need no module.

    Raises:
        ValueError: if it is no such dict.
    """
    custom = {**(custom_objects or {}), **registry.get_custom_objects()}
    return _layer({**config}, custom)


def _layer(config, custom):
    if isinstance(config, dict) and config.get("module"):
        return config
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        # Keras 1 wrote the list of layers itself.
        if isinstance(config, dict) and isinstance(config.get("config"), list):
            inner = {"layers": config["config"]}
        else:
            raise ValueError(
                "Expected a dictionary containing a 'config' key. "
                f"Received: {str(config)[:200]} as the configuration of a layer"
            )
    else:
        inner = dict(config["config"])
    name = config.get("class_name")
    if not isinstance(name, str):
        raise ValueError(f"Expected 'class_name' to be a string. Received: {name}")
    result = {"class_name": name, "registered_name": None}
    if name in custom:
        result.update(module=None, registered_name=name)
    elif name in _MODELS:
        result["module"] = _MODELS[name]
        if name == "Model":
            result["class_name"] = "Functional"
        inner = _model(inner, custom)
    else:
        result["module"] = _module_of(name, inner)
    if inner.get("time_major") and name not in custom:
        raise ValueError(
            f"Layer '{inner.get('name')}' reads sequences with their timesteps first "
            "(time_major=True), which no layer of Keras 3 does."
        )
    for argument in _DROPPED.get(name, ()):
        inner.pop(argument, None)
    _rename_shape(name, inner)
    for wrapped in ("layer", "forward_layer", "backward_layer", "cell"):
        if isinstance(inner.get(wrapped), dict) and "module" not in inner[wrapped]:
            inner[wrapped] = _layer(inner[wrapped], custom)
    return {**result, "config": inner}


def _module_of(name, inner):
    """The module of a layer, or of an operation such as those that make masks.

    An operation may be called like a layer, but only layers have weights to train.
    """
    from ckeras.models.functional_config import register_op_classes

    if "trainable" in inner and find_builtin("keras.layers", name) is not None:
        return "keras.layers"
    register_op_classes()
    return module_of(name) or "keras.layers"


def _rename_shape(name, inner):
    shape = inner.pop("batch_input_shape", None)
    if shape is not None:
        inner["batch_shape" if name == "InputLayer" else "input_shape"] = (
            shape if name == "InputLayer" else list(shape)[1:]
        )
    axis = inner.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        inner["axis"] = int(axis[0])


def _model(inner, custom):
    layers = inner.get("layers")
    if not isinstance(layers, list):
        raise ValueError(
            f"Expected a model's 'layers' to be a list. Received: {str(layers)[:200]}"
        )
    shape = inner.get("build_input_shape")
    converted = []
    for layer in layers:
        new = _layer(layer, custom)
        if "name" in layer:
            new["name"] = layer["name"]
        if "inbound_nodes" in layer:
            new["inbound_nodes"] = layer["inbound_nodes"]
        converted.append(new)
    result = {**inner, "layers": converted}
    if shape is not None:
        result["build_input_shape"] = shape
    return result


def from_legacy_object(config, module):
    """A loss or optimizer configuration of the older form, with its module.

    Args:
        config: a name, or a dict with `class_name` and `config`; or lists and dicts
            of these.
        module: such as `"keras.losses"`.
    """
    if isinstance(config, (list, tuple)):
        return [from_legacy_object(item, module) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: from_legacy_object(v, module) for key, v in config.items()}
    if config.get("module"):
        return config
    inner = config.get("config")
    if isinstance(inner, dict):
        inner = dict(inner)
        if inner.get("reduction") == "auto":
            inner["reduction"] = "sum_over_batch_size"
        inner.pop("fn", None)  # the class stands for its function
        if module == "keras.optimizers":
            for argument in _DROPPED_OF_OPTIMIZERS:
                inner.pop(argument, None)
    name = config["class_name"]
    custom = registry.get_registered_object(name) is not None
    return {
        "module": None if custom else module,
        "class_name": name,
        "config": inner,
        "registered_name": name if custom else None,
    }


def from_legacy_metric(config):
    """Metrics of the older form; names such as `"accuracy"` stay as they are.

    Keras 2 wrapped a metric function in `MeanMetricWrapper`: it stands for the
    function's name.
    """
    if isinstance(config, (list, tuple)):
        return [from_legacy_metric(item) for item in config]
    if isinstance(config, dict) and config.get("class_name") == "MeanMetricWrapper":
        inner = config.get("config") or {}
        function = inner.get("fn")
        if isinstance(function, str):
            is_accuracy = function.endswith("_accuracy")
            return "accuracy" if is_accuracy else function
    return from_legacy_object(config, "keras.metrics")
