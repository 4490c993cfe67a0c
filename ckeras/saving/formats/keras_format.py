"""The `.keras` format: a zip archive of configuration, metadata and weights.

Unzipped, it is a folder of the same three files.
"""

import datetime
import io
import json
import os
import warnings
import zipfile

import h5py

from ckeras.saving.formats.files import atomic_path
from ckeras.saving.formats.limits import variable_budget
from ckeras.saving.formats.weights_format import load_state, save_state
from ckeras.saving.scopes import ObjectSharingScope
from ckeras.saving.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)

__all__ = [
    "FORMAT_VERSION",
    "is_folder",
    "load_folder",
    "load_keras",
    "load_keras_weights",
    "save_folder",
    "save_keras",
]

# The version of Keras whose files ours are like.
FORMAT_VERSION = "3.15.1"

_METADATA = "metadata.json"
_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
# Keras stores members as they are. Other tools may have compressed an archive again,
# but a member that grows much more than this was made to fill the memory.
_EXPANSION = 100
_SMALL = 1 << 20


def save_keras(model, target):
    """Writes a `.keras` archive.

    Args:
        model: the model.
        target: a path, or a binary file object.
    """
    _warn_unless_built(model)
    if hasattr(target, "write"):
        _write(model, target)
        return
    with atomic_path(target) as temporary, open(temporary, "wb") as file:
        _write(model, file)


def save_folder(model, path):
    """Writes the files of a `.keras` archive into a folder."""
    _warn_unless_built(model)
    os.makedirs(path, exist_ok=True)
    for name, content in _members(model).items():
        target = os.path.join(path, name)
        with atomic_path(target) as temporary, open(temporary, "wb") as file:
            file.write(content)


def _warn_unless_built(model):
    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain "
            "any weights yet. Consider building the model first by calling it on some "
            "data.",
            stacklevel=5,
        )


def _write(model, file):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in _members(model).items():
            archive.writestr(name, content)


def _members(model):
    """The content of each file of an archive."""
    with ObjectSharingScope():
        config = json.dumps(serialize_keras_object(model))
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = json.dumps({"keras_version": FORMAT_VERSION, "date_saved": now})
    weights = io.BytesIO()
    with h5py.File(weights, "w") as h5:
        save_state(model, h5)
    return {
        _METADATA: metadata.encode(),
        _CONFIG: config.encode(),
        _WEIGHTS: weights.getbuffer(),
    }


def load_keras(source, custom_objects=None, compile=True, safe_mode=True):
    """Reads a `.keras` archive; code in it is not run unless `safe_mode` is False.

    Args:
        source: a path, or a binary file object.
        custom_objects: your own classes and functions by name.
        compile: whether to compile the model as it was.
        safe_mode: whether lambdas, which hold code, are refused.

    Raises:
        ValueError: if it is no such archive, or does not hold what it declares.
    """
    with _open(source) as archive:
        config, weights = _read(archive, _CONFIG), _read(archive, _WEIGHTS)
    return _restore(config, weights, source, custom_objects, compile, safe_mode)


def load_folder(path, custom_objects=None, compile=True, safe_mode=True):
    """Reads a folder that `save_folder` wrote; arguments are those of `load_keras`."""
    found = []
    for name in (_CONFIG, _WEIGHTS):
        with open(os.path.join(path, name), "rb") as file:
            found.append(file.read())
    return _restore(*found, path, custom_objects, compile, safe_mode)


def is_folder(path):
    """Whether `path` is a folder with a model in it."""
    return os.path.isdir(path) and all(
        os.path.isfile(os.path.join(path, name)) for name in (_CONFIG, _WEIGHTS)
    )


def _restore(config, weights, source, custom_objects, compile, safe_mode):
    config = _parse_config(config)
    if not compile:
        config["compile_config"] = None
    # Every weight that the configuration makes must be in the file.
    with ObjectSharingScope(), variable_budget(len(weights), _name(source)):
        model = deserialize_keras_object(
            config, custom_objects=custom_objects, safe_mode=safe_mode
        )
    with _open_weights(weights, source) as h5:
        load_state(model, h5)
    return model


def load_keras_weights(model, path, skip_mismatch=False):
    """Reads only the weights of a `.keras` archive into a built model."""
    with _open(path) as archive:
        weights = _read(archive, _WEIGHTS)
    with _open_weights(weights, path) as h5:
        load_state(model, h5, skip_mismatch)


def _name(source):
    return getattr(source, "name", source)


def _open(source):
    try:
        return zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise ValueError(
            f"The file is no `.keras` archive. Received: filepath={_name(source)}"
        ) from None


def _open_weights(weights, source):
    try:
        return h5py.File(io.BytesIO(weights), "r")
    except OSError as error:
        raise ValueError(
            f"'{_WEIGHTS}' in '{_name(source)}' is no HDF5 file: {error}"
        ) from None


def _read(archive, name):
    """One member; other members are never looked at."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ValueError(
            f"Expected the archive to hold '{name}' once. "
            f"Received: {[info.filename for info in archive.infolist()][:10]}"
        )
    (info,) = found
    if info.flag_bits & 0x1:
        raise ValueError(f"Not allowed: '{name}' in the archive is encrypted.")
    limit = max(_SMALL, _EXPANSION * info.compress_size)
    if info.file_size > limit:
        raise ValueError(
            f"Not allowed: '{name}' in the archive declares {info.file_size} bytes, "
            f"but only {info.compress_size} are stored."
        )
    with archive.open(info) as member:
        # Never more than was declared, whatever the compressed data hold.
        return member.read(info.file_size)


def _parse_config(text):
    try:
        config = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(
            f"'{_CONFIG}' in the archive is not valid JSON: {error}"
        ) from None
    if not isinstance(config, dict):
        raise ValueError(
            f"Expected '{_CONFIG}' in the archive to hold a JSON object. "
            f"Received: {type(config).__name__}"
        )
    return config
