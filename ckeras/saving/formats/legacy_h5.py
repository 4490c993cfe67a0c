"""The older `.h5` format: configuration in attributes, weights layer by layer."""

import json
import os
import warnings

import h5py
import numpy as np

from ckeras.saving import registry
from ckeras.saving.formats import h5_safe, legacy_config
from ckeras.saving.formats.files import atomic_path
from ckeras.saving.formats.keras_format import FORMAT_VERSION
from ckeras.saving.formats.legacy_weights import (
    load_weights,
    load_weights_by_name,
    save_variables,
    save_weights,
)
from ckeras.saving.formats.limits import variable_budget
from ckeras.saving.scopes import SafeModeScope
from ckeras.saving.serialization import deserialize_keras_object

__all__ = ["load_h5", "load_h5_weights", "save_h5"]


def save_h5(model, path, include_optimizer=True):
    """Writes a whole model as one `.h5` file.

    Args:
        model: a built model.
        path: the file's name.
        include_optimizer: whether to write how it is compiled, and the optimizer's
            state.
    """
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Try building the "
            "model first by calling it on some data or by using `build()`."
        )
    name = registry.get_registered_name(type(model))
    config = {"class_name": name, "config": _to_legacy(model.get_config())}
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["keras_version"] = FORMAT_VERSION
        file.attrs["backend"] = "ckeras"
        file.attrs["model_config"] = json.dumps(config)
        save_weights(file.create_group("model_weights"), model)
        optimizer = getattr(model, "optimizer", None)
        if include_optimizer and optimizer is not None and model.compiled:
            file.attrs["training_config"] = json.dumps(_training_config(model))
            if optimizer.variables:
                group = file.create_group("optimizer_weights")
                save_variables(group, optimizer.variables)


def _training_config(model):
    config = model.get_compile_config()
    optimizer = config.pop("optimizer")
    config["optimizer_config"] = {
        "class_name": optimizer["registered_name"] or optimizer["class_name"],
        "config": optimizer["config"],
    }
    return config


def _to_legacy(config):
    """The configuration with layers named as the older form does."""
    if not isinstance(config, dict) or "layers" not in config:
        return config
    layers = []
    for layer in config["layers"]:
        old = {
            "class_name": layer.get("registered_name") or layer["class_name"],
            "config": _to_legacy(layer["config"]),
        }
        for key in ("name", "inbound_nodes"):
            if key in layer:
                old[key] = layer[key]
        layers.append(old)
    return {**config, "layers": layers}


def load_h5(path, custom_objects=None, compile=True, safe_mode=True):
    """Reads a whole model from an `.h5` file of Keras 2 or 3.

    Args:
        path: the file's name.
        custom_objects: your own classes and functions by name.
        compile: whether to compile the model as it was.
        safe_mode: whether lambdas, which hold code, are refused.

    Raises:
        ValueError: if the file has no configuration, or does not hold the weights
            that go with it.
    """
    size = os.path.getsize(path)
    with _open(path) as file:
        config = _read_json(file, "model_config")
        if config is None:
            raise ValueError(f"No model config found in the file at {path}.")
        config = legacy_config.model_from_legacy(config, custom_objects)
        with SafeModeScope(safe_mode), variable_budget(size, path):
            model = deserialize_keras_object(
                config, custom_objects=custom_objects, safe_mode=safe_mode
            )
            load_weights(h5_safe.get_group(file, "model_weights"), model)
            if compile:
                _compile(model, file, custom_objects)
    return model


def _open(path):
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(
            f"The file is no HDF5 file. Received: filepath={path} ({error})"
        ) from None


def _read_json(file, name):
    text = file.attrs.get(name)
    if text is None:
        return None
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        config = json.loads(text)
    except (TypeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"Attribute '{name}' is not valid JSON: {error}") from None
    if not isinstance(config, dict):
        raise ValueError(f"Expected attribute '{name}' to hold a JSON object.")
    return config


def _compile(model, file, custom_objects):
    config = _read_json(file, "training_config")
    if config is None:
        warnings.warn(
            "No training configuration found in the save file, so the model was *not* "
            "compiled. Compile it manually.",
            stacklevel=5,
        )
        return
    with registry.CustomObjectScope(
        {**registry.scope_objects(), **(custom_objects or {})}
    ):
        model.compile(**_compile_arguments(config))
    model.optimizer.build(model.trainable_variables)
    if "optimizer_weights" in file:
        _load_optimizer(model.optimizer, file)


def _compile_arguments(config):
    from_object = legacy_config.from_legacy_object
    optimizer = from_object(config["optimizer_config"], "keras.optimizers")
    metrics = legacy_config.from_legacy_metric(config.get("metrics"))
    weighted = legacy_config.from_legacy_metric(config.get("weighted_metrics"))
    loss = from_object(config.get("loss"), "keras.losses")
    return {
        "optimizer": deserialize_keras_object(optimizer),
        "loss": deserialize_keras_object(loss),
        "metrics": deserialize_keras_object(_unwrap(metrics)),
        "weighted_metrics": deserialize_keras_object(_unwrap(weighted)),
        "loss_weights": config.get("loss_weights"),
    }


def _unwrap(metrics):
    """Keras 2 put the metrics of a single output in a list of their own."""
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        return metrics[0]
    return metrics


def _load_optimizer(optimizer, file):
    group = h5_safe.get_group(file, "optimizer_weights")
    names = h5_safe.read_strings(group, "weight_names")
    variables = optimizer.variables
    shapes = [h5_safe.get_dataset(group, name).shape for name in names]
    fewer = len(shapes) < len(variables) and shapes[:1] == [()]
    if fewer and h5_safe.read_dataset(group, names[0]) == 0:
        return  # it had not been built, so there is nothing to restore
    if shapes != [tuple(v.shape) for v in variables]:
        warnings.warn(
            "Error in loading the saved optimizer state. As a result, your model is "
            "starting with a freshly initialized optimizer.",
            stacklevel=6,
        )
        return
    for variable, name in zip(variables, names, strict=True):
        variable.assign(np.asarray(h5_safe.read_dataset(group, name)))


def load_h5_weights(model, path, skip_mismatch=False, by_name=False):
    """Reads the weights of an `.h5` file into a built model.

    Args:
        model: a built model.
        path: a file of weights, or of a whole model.
        skip_mismatch: whether layers that don't fit are left out with a warning.
        by_name: whether layers are found by name instead of by order.
    """
    with _open(path) as file:
        group = file
        if "layer_names" not in file.attrs and "model_weights" in file:
            group = h5_safe.get_group(file, "model_weights")
        load = load_weights_by_name if by_name else load_weights
        load(group, model, skip_mismatch)
