"""Saving and loading of models and weights, by the ending of the file's name.

The formats are imported when they are first needed: HDF5 alone takes longer to import
than all of ckeras.
"""

import os
import warnings

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]

_H5 = (".h5", ".hdf5")


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Save a model: architecture, weights, and how it is compiled.

    The file is written beside its final place first, so that a crash leaves an older
    file as it was.

    Args:
        model: The model.
        filepath: Path ending in `.keras`, or in `.h5` for the older format; or a
            binary file object, to which the `.keras` format is written.
        overwrite: Whether to replace an existing file without asking.
        zipped: Whether a `.keras` file is one archive, the default; if not, the path
            is that of a folder, and has no such ending.
        include_optimizer: Whether an `.h5` file gets the optimizer as well.

    Raises:
        ValueError: If the path has another ending.

    Example:

    >>> save_model(model, "model.keras")
    """
    from ckeras.saving.formats import files, keras_format, legacy_h5

    include_optimizer = kwargs.pop("include_optimizer", True)
    save_format = kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    has_ending = str(filepath).endswith((".keras", *_H5))
    if save_format:
        advice = (
            "The `save_format` argument is deprecated: the format is that of the "
            "path's ending, `.keras` or `.h5`. "
            f"Received: save_format={save_format}, filepath={filepath}"
        )
        if not has_ending:
            raise ValueError(advice)
        warnings.warn(advice, stacklevel=3)
    if hasattr(filepath, "write"):
        keras_format.save_keras(model, filepath)
        return
    path = os.fspath(filepath)
    if zipped is False and has_ending:
        raise ValueError(
            "With `zipped=False` the path is that of a folder and should not end in "
            f"`.keras` or `.h5`. Received: filepath={path}"
        )
    if zipped is not False and not has_ending:
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` "
            "extension for the native Keras format (recommended) or a `.h5` "
            f"extension. Received: filepath={path}."
        )
    if not files.may_write(path, overwrite):
        return
    if zipped is False:
        keras_format.save_folder(model, path)
    elif path.endswith(".keras"):
        keras_format.save_keras(model, path)
    else:
        legacy_h5.save_h5(model, path, include_optimizer)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """Load a model that was saved with `save_model`, by ckeras or by Keras.

    The file need not be trusted: it is read as data, never run as code, and can't
    make the process take much more memory than the file is large.

    Args:
        filepath: Path of a `.keras` or `.h5` file or of a folder that was saved with
            `zipped=False`, or a binary file object with the content of a `.keras`
            file.
        custom_objects: Dict of your own classes and functions by name.
        compile: Whether to compile the model as it was when it was saved.
        safe_mode: Whether to refuse lambdas, which hold code.

    Returns:
        The model.

    Raises:
        ValueError: If there is no such file, or it does not hold a model.

    Example:

    >>> model = load_model("model.keras")
    """
    from ckeras.saving.formats import keras_format, legacy_h5

    arguments = (custom_objects, compile, safe_mode)
    if hasattr(filepath, "read"):
        return keras_format.load_keras(filepath, *arguments)
    path = os.fspath(filepath)
    if keras_format.is_folder(path):
        return keras_format.load_folder(path, *arguments)
    if path.endswith((".keras", *_H5)) and not os.path.isfile(path):
        raise ValueError(
            f"File not found: filepath={path}. Please ensure the file is an "
            "accessible `.keras` zip file or `.h5` file."
        )
    if path.endswith(_H5):
        return legacy_h5.load_h5(path, *arguments)
    if path.endswith(".keras"):
        return keras_format.load_keras(path, *arguments)
    raise ValueError(
        f"File format not supported: filepath={path}. Expected a `.keras` file, a "
        "folder of its parts, or a file of the older format with the ending `.h5`."
    )


def save_weights(model, filepath, overwrite=True, **kwargs):
    """Save the weights of a model, and the state of its optimizer.

    Args:
        model: A built model.
        filepath: Path ending in `.weights.h5`.
        overwrite: Whether to replace an existing file without asking.
        objects_to_skip: List of layers to leave out.

    Raises:
        ValueError: If the path has another ending or the model is not built.
    """
    from ckeras.saving.formats import files, weights_format

    skipped = kwargs.pop("objects_to_skip", None) or ()
    if kwargs.pop("max_shard_size", None) is not None or kwargs:
        raise ValueError(
            "Weights are saved as one file; `max_shard_size` is not supported. "
            f"Received further arguments: {list(kwargs)}"
        )
    path = os.fspath(filepath)
    if not path.endswith(".weights.h5"):
        raise ValueError(
            f"The filename must end in `.weights.h5`. Received: filepath={path}"
        )
    if files.may_write(path, overwrite):
        weights_format.save_weights_file(model, path, skipped)


def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Load weights into a model of the same architecture.

    Args:
        model: A built model.
        filepath: Path of a `.weights.h5`, `.keras` or `.h5` file.
        skip_mismatch: Whether layers whose weights don't fit are left as they are,
            with a warning.
        by_name: For `.h5` files: whether layers are found by name instead of order.
        objects_to_skip: For `.weights.h5` files: list of layers to leave as they are.

    Raises:
        ValueError: If the model is not built, or the file does not fit it; then its
            weights are what they were.
    """
    from ckeras.saving.formats import keras_format, legacy_h5, weights_format

    by_name = kwargs.pop("by_name", None)
    objects_to_skip = kwargs.pop("objects_to_skip", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Try "
            "building the model first by calling it on some data or by using "
            "`build()`."
        )
    path = os.fspath(filepath)
    older = path.endswith(_H5) and not path.endswith(".weights.h5")
    if by_name is not None and not older:
        raise ValueError(
            "`by_name` only supports loading legacy '.h5' or '.hdf5' files. "
            f"Received: {path}"
        )
    if objects_to_skip is not None and not path.endswith(".weights.h5"):
        raise ValueError(
            "`objects_to_skip` only supports loading '.weights.h5' files. "
            f"Received: {path}"
        )
    if older:
        legacy_h5.load_h5_weights(model, path, skip_mismatch, bool(by_name))
    elif path.endswith(".weights.h5"):
        skipped = objects_to_skip or ()
        weights_format.load_weights_file(model, path, skip_mismatch, skipped)
    elif path.endswith(".keras"):
        keras_format.load_keras_weights(model, path, skip_mismatch)
    else:
        raise ValueError(
            f"File format not supported: filepath={path}. Expected a `.weights.h5`, "
            "`.keras` or `.h5` file."
        )
