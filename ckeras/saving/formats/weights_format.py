"""The `.weights.h5` format of Keras 3: a group for each part, `vars/0`, `vars/1`..."""

import os
import warnings

import h5py
import numpy as np

from ckeras.engine.values import dtypes
from ckeras.saving.formats import h5_safe
from ckeras.saving.formats.files import atomic_path
from ckeras.saving.formats.walk import other_places, walk

__all__ = ["load_state", "load_weights_file", "save_state", "save_weights_file"]


class _WriteStore:
    """What `save_own_variables` writes to: arrays by name in one HDF5 group."""

    def __init__(self, group):
        self._group = group

    def __setitem__(self, key, value):
        value = np.asarray(value)
        name = dtypes.name_of(value.dtype)
        if name is None:
            raise ValueError(
                f"Only arrays of numbers can be saved. Received: {key}={value!r}"
            )
        dataset = self._group.create_dataset(key, data=value)
        if name == "bfloat16":  # to HDF5 two bytes without a meaning
            dataset.attrs["dtype"] = name


class _ReadStore:
    """What `load_own_variables` reads from: arrays by name."""

    def __init__(self, group):
        self._group = group

    @property
    def is_absent(self):
        """Whether there is no such group in the file."""
        return self._group is None

    def keys(self):
        return [] if self._group is None else list(self._group.keys())

    def __len__(self):
        return len(self.keys())

    def __iter__(self):
        return iter(self.keys())

    def __contains__(self, key):
        return key in self.keys()

    def items(self):
        return [(key, self[key]) for key in self.keys()]

    def values(self):
        return [self[key] for key in self.keys()]

    def __getitem__(self, key):
        if self._group is None:
            raise KeyError(key)
        return h5_safe.read_dataset(self._group, key)

    def shape(self, key):
        """The shape that a dataset declares; nothing is read."""
        return h5_safe.get_dataset(self._group, key).shape


def save_state(model, file, skipped=()):
    """Writes the variables of a model and of all its parts to an open HDF5 file.

    Args:
        model: a built model.
        file: the open file.
        skipped: parts to leave out.
    """
    for path, part in walk(model, skipped):
        group = file.create_group(f"{path}/vars" if path else "vars")
        name = getattr(part, "name", None)
        if isinstance(name, str):
            group.attrs["name"] = name
        part.save_own_variables(_WriteStore(group))


def load_state(model, file, skip_mismatch=False, skipped=()):
    """Sets the variables of a model and its parts from an open HDF5 file.

    Args:
        model: a built model.
        file: the open file, which need not be trusted.
        skip_mismatch: whether parts that don't fit are left as they are, with a
            warning, instead of an error.
        skipped: parts to leave out.

    Raises:
        ValueError: if parts don't fit; shapes are checked before anything is set.
    """
    stores, failures = [], []
    for path, part in walk(model, skipped):
        store = _store_at(file, path)
        if store.is_absent:
            # The class may have been changed since: the same part by another name.
            for place in other_places(model).get(id(part), ()):
                store = _store_at(file, place) if store.is_absent else store
        problem = _mismatch(part, store)
        if _never_stepped(part, store):
            continue
        if problem is None:
            stores.append((part, store))
        else:
            failures.append((part, problem))
    if failures and not skip_mismatch:
        raise ValueError(_failure_text(failures))
    for part, store in stores:
        try:
            part.load_own_variables(store)
        except (KeyError, ValueError) as error:
            failures.append((part, error))
    if failures and skip_mismatch:
        warnings.warn(_failure_text(failures), stacklevel=3)
    elif failures:
        raise ValueError(_failure_text(failures))


def _store_at(file, path):
    place = f"{path}/vars" if path else "vars"
    if h5_safe.has_path(file, place):
        return _ReadStore(h5_safe.get_group(file, place))
    return _ReadStore(None)


def _never_stepped(part, store):
    """Whether the stored state is that of an optimizer which had not been built.

    It holds no slots; those of the model's optimizer are as new, too.
    """
    variables = getattr(part, "variables", ())
    if not hasattr(part, "iterations") or not 0 < len(store) < len(variables):
        return False
    return "0" in store and store.shape("0") == () and store["0"] == 0


def _mismatch(part, store):
    """Why the stored arrays can't be this part's variables, or None."""
    # Only the standard method is known to read "0", "1"... in this order.
    loader = type(part).load_own_variables
    if loader.__module__ != "ckeras.layers.base.layer_state":
        return None
    own = part._own_variables()
    if len(own) != len(store):
        return part._wrong_variable_count(own, len(store))
    for i, variable in enumerate(own):
        try:
            shape = store.shape(str(i))
        except (KeyError, ValueError) as error:
            return error
        if tuple(shape) != tuple(variable.shape):
            return ValueError(
                "The shape of the variable and of the stored value must match. "
                f"Variable '{variable.path}' has shape {tuple(variable.shape)}. "
                f"Received: a value of shape {tuple(shape)}."
            )
    return None


def _failure_text(failures):
    part, problem = failures[0]
    return (
        f"A total of {len(failures)} objects could not be loaded. Example error "
        f"message for object {part}:\n\n{problem}\n\nList of objects that could not "
        f"be loaded:\n{[p for p, _ in failures]}"
    )


def save_weights_file(model, path, skipped=()):
    """Writes a `.weights.h5` file, without the parts in `skipped`.

    Raises:
        ValueError: if the model is not built or the name has another ending.
    """
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Try building the "
            "model first by calling it on some data or by using `build()`."
        )
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        save_state(model, file, skipped)


def load_weights_file(model, path, skip_mismatch=False, skipped=()):
    """Reads a `.weights.h5` file into a built model."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"File not found: filepath={path}")
    with h5py.File(path, "r") as file:
        load_state(model, file, skip_mismatch, skipped)
