"""Reading HDF5 files that nobody vouches for.

HDF5 can point to other files, and can declare an array of terabytes in a few bytes.
Groups and datasets are therefore reached by their names, one at a time, links are
refused, and a dataset is only read if the file really holds its values.
"""

import math

import h5py
import numpy as np

from ckeras.engine.values import dtypes

__all__ = ["get_dataset", "get_group", "has_path", "read_dataset", "read_strings"]

# A dataset may be this much larger than its bytes in the file: room for compression
# by other tools, none for a declaration without content.
_EXPANSION = 100
_SMALL = 1 << 16


def _check_link(parent, name):
    kind = parent.get(name, default=None, getclass=True, getlink=True)
    if kind in (h5py.ExternalLink, h5py.SoftLink):
        raise ValueError(
            f"Not allowed: HDF5 file with {kind.__name__} at '{name}'. Expected the "
            "values in the file itself."
        )


def get_group(parent, path):
    """The group at `path`.

    Raises:
        KeyError: if there is none.
        ValueError: if a link or something else is in its place.
    """
    for part in path.split("/"):
        if not part:
            raise ValueError(f"Invalid path in HDF5 file: '{path}'")
        if part not in parent:
            raise KeyError(path)
        _check_link(parent, part)
        parent = parent[part]
        if not isinstance(parent, h5py.Group):
            raise ValueError(
                f"Invalid HDF5 file: expected a group at '{part}' of '{path}'. "
                f"Received: {type(parent).__name__}"
            )
    return parent


def has_path(parent, path):
    """Whether a group lies at `path`."""
    try:
        get_group(parent, path)
    except KeyError:
        return False
    return True


def get_dataset(group, path):
    """The dataset at `path`, not read yet.

    Raises:
        KeyError: if there is none.
        ValueError: if its values are not numbers in the file itself.
    """
    folder, _, name = path.rpartition("/")
    if folder:
        group = get_group(group, folder)
    if name not in group:
        raise KeyError(path)
    _check_link(group, name)
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(
            f"Invalid HDF5 file: expected a dataset at '{path}'. "
            f"Received: {type(dataset).__name__}"
        )
    if dataset.dtype.kind not in "biuf" and not _is_bfloat16(dataset):
        raise ValueError(
            f"Not allowed: HDF5 dataset '{path}' of dtype {dataset.dtype}. "
            "Expected numbers."
        )
    if dataset.is_virtual or dataset.external:
        raise ValueError(
            f"Not allowed: HDF5 dataset '{path}' with values in another file."
        )
    if dataset.shape is None:
        raise ValueError(f"Invalid HDF5 file: dataset '{path}' has no values.")
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if declared > max(_SMALL, _EXPANSION * stored):
        raise ValueError(
            f"Not allowed: HDF5 dataset '{path}' declares {declared} bytes, but the "
            f"file holds only {stored} of it."
        )
    return dataset


def _is_bfloat16(dataset):
    """Whether two bytes without a meaning to HDF5 are said to be a bfloat16."""
    return dataset.dtype == np.dtype("V2") and dataset.attrs.get("dtype") == "bfloat16"


def read_dataset(group, path):
    """The values of the dataset at `path` as a NumPy array."""
    dataset = get_dataset(group, path)
    values = np.asarray(dataset[()])
    if _is_bfloat16(dataset):
        return values.view(dtypes.standardize_dtype("bfloat16"))
    return values


def read_strings(group, name):
    """A list of strings kept as attributes `name`, or `name0`, `name1` and so on."""
    if name in group.attrs:
        parts = [group.attrs[name]]
    else:
        parts = []
        while f"{name}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{name}{len(parts)}"])
    return [
        item.decode("utf-8") if isinstance(item, bytes) else str(item)
        for part in parts
        for item in np.asarray(part).ravel()
    ]
