"""Weights of the older `.h5` format: a group for each layer, found by order or name."""

import warnings

import numpy as np

from ckeras.saving.formats import h5_safe
from ckeras.saving.formats.keras_format import FORMAT_VERSION

__all__ = [
    "load_weights",
    "load_weights_by_name",
    "save_variables",
    "save_weights",
]

# HDF5 keeps an attribute's array in an object header of limited size.
_ATTRIBUTE_LIMIT = 64512
_TOP = "top_level_model_weights"


def _weights(layer):
    """A layer's weights in this format's order: trainable ones first."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _top_weights(model):
    own = [*model._trainable_variables, *model._non_trainable_variables]
    listed = {id(w) for w in model.weights}
    return [v for v in own if id(v) in listed]


def save_weights(group, model):
    """Writes the weights of a model's layers.

    Args:
        group: an empty HDF5 group.
        model: a built model.
    """
    _write_strings(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = "ckeras"
    group.attrs["keras_version"] = FORMAT_VERSION
    # Sorted, so that no layer's group lies inside that of another by its prefix.
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        save_variables(group.create_group(layer.name), _weights(layer))
    save_variables(group.create_group(_TOP), _top_weights(model))


def save_variables(group, variables):
    """Writes variables under their paths, and the list of the paths."""
    names = [str(v.path) for v in variables]
    _write_strings(group, "weight_names", names)
    for name, variable in zip(names, variables, strict=True):
        group.create_dataset(name, data=variable.numpy())


def _write_strings(group, name, strings):
    data = [s.encode("utf-8") for s in strings]
    too_long = [s for s in data if len(s) > _ATTRIBUTE_LIMIT]
    if too_long:
        raise RuntimeError(
            "The following attributes cannot be saved to an HDF5 file because they "
            f"are longer than {_ATTRIBUTE_LIMIT} bytes: {too_long}"
        )
    array = np.asarray(data)
    if array.nbytes <= _ATTRIBUTE_LIMIT:
        group.attrs[name] = array
        return
    parts = -(-array.nbytes // _ATTRIBUTE_LIMIT)
    while max(p.nbytes for p in np.array_split(array, parts)) > _ATTRIBUTE_LIMIT:
        parts += 1
    for i, part in enumerate(np.array_split(array, parts)):
        group.attrs[f"{name}{i}"] = part


def load_weights(group, model, skip_mismatch=False):
    """Sets a model's weights, layer by layer in order.

    Args:
        group: an HDF5 group, which need not be trusted.
        model: a built model.
        skip_mismatch: whether weights of another shape are left out with a warning.

    Raises:
        ValueError: if layers or weights differ in number, or a shape differs; then
            nothing has been set.
    """
    layers = [layer for layer in model.layers if _weights(layer)]
    stored = []
    for name in h5_safe.read_strings(group, "layer_names"):
        names = _weight_names(group, name)
        if names:
            stored.append((name, names))
    if len(stored) != len(layers):
        raise ValueError(
            "Layer count mismatch when loading weights from file. Model expected "
            f"{len(layers)} layers, found {len(stored)} saved layers."
        )
    planned = []
    for k, ((name, names), layer) in enumerate(zip(stored, layers, strict=True)):
        weights = _weights(layer)
        if len(names) != len(weights):
            raise ValueError(
                f"Weight count mismatch for layer #{k} (named {layer.name} in the "
                f"current model, {name} in the save file). Layer expects "
                f"{len(weights)} weight(s). Received {len(names)} saved weight(s)"
            )
        title = f"layer #{k} (named {layer.name})"
        planned += _pair(group, name, names, weights, title, skip_mismatch)
    planned += _top_pairs(group, model, skip_mismatch)
    _assign(planned)


def load_weights_by_name(group, model, skip_mismatch=False):
    """Sets the weights of those layers whose names the file has.

    Args and errors are those of `load_weights`.
    """
    by_name = {}
    for layer in model.layers:
        by_name.setdefault(layer.name, []).append(layer)
    planned = []
    for k, name in enumerate(h5_safe.read_strings(group, "layer_names")):
        for layer in by_name.get(name, ()):
            names, weights = _weight_names(group, name), _weights(layer)
            if len(names) != len(weights):
                message = (
                    f"Weight count mismatch for layer #{k} (named {layer.name}). "
                    f"Layer expects {len(weights)} weight(s). Received {len(names)} "
                    "saved weight(s)"
                )
                if not skip_mismatch:
                    raise ValueError(message)
                warnings.warn(f"Skipping layer: {message}", stacklevel=4)
                continue
            title = f"layer #{k} (named {layer.name})"
            planned += _pair(group, name, names, weights, title, skip_mismatch)
    planned += _top_pairs(group, model, skip_mismatch)
    _assign(planned)


def _weight_names(group, layer_name):
    return h5_safe.read_strings(h5_safe.get_group(group, layer_name), "weight_names")


def _top_pairs(group, model, skip_mismatch):
    if _TOP not in group:
        return []
    weights, names = _top_weights(model), _weight_names(group, _TOP)
    if len(names) != len(weights):
        raise ValueError(
            "Weight count mismatch for top-level weights when loading weights from "
            f"file. Model expects {len(weights)} top-level weight(s). Received "
            f"{len(names)} saved top-level weight(s)"
        )
    return _pair(group, _TOP, names, weights, "top-level model", skip_mismatch)


def _pair(group, layer_name, names, weights, title, skip_mismatch):
    """Pairs of a variable and the dataset for it, after a look at the shapes."""
    layer_group = h5_safe.get_group(group, layer_name)
    pairs = []
    for name, weight in zip(names, weights, strict=True):
        dataset = h5_safe.get_dataset(layer_group, name)
        if tuple(dataset.shape) == tuple(weight.shape):
            pairs.append((weight, dataset))
            continue
        message = (
            f"Shape mismatch in {title} for weight {weight.path}. Weight expects "
            f"shape {tuple(weight.shape)}. Received saved weight with shape "
            f"{tuple(dataset.shape)}"
        )
        if not skip_mismatch:
            raise ValueError(message)
        warnings.warn(f"Skipping weight: {message}", stacklevel=5)
    return pairs


def _assign(pairs):
    for variable, dataset in pairs:
        variable.assign(np.asarray(dataset[()]))
