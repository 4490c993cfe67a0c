"""Files of a folder, the names of whose subfolders are the classes."""

import os

import numpy as np

from ckeras.utils.io_utils import print_msg

__all__ = ["check_validation_split", "index_directory", "valid_files", "without_rest"]


def valid_files(directory, formats, follow_links=False):
    """The paths of all files below a folder with one of the endings, in order.

    Args:
        directory: the folder.
        formats: tuple of endings in lower case.
        follow_links: whether links to folders are followed.
    """
    walk = os.walk(directory, followlinks=follow_links)
    for root, _, files in sorted(walk, key=lambda entry: entry[0]):
        for name in sorted(files):
            if name.lower().endswith(formats):
                yield os.path.join(root, name)


def _subfolders(directory, class_names):
    """The names of the classes' folders.

    Raises:
        ValueError: if a class that is named has none.
    """
    found = [
        name
        for name in sorted(os.listdir(directory))
        if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
    ]
    if class_names is None:
        return found
    if not set(class_names) <= set(found):
        raise ValueError(
            "The `class_names` passed did not match the names of the subdirectories "
            f"of the target directory. Expected: {found} (or a subset of it), but "
            f"received: class_names={class_names}"
        )
    return list(class_names)


def _refuse_class_names(labels):
    if labels is None:
        raise ValueError(
            "When `labels=None` (no labels), argument `class_names` cannot be "
            "specified."
        )
    raise ValueError(
        "When argument `labels` is specified, argument `class_names` cannot be "
        "specified (the `class_names` will be the sorted list of labels)."
    )


def index_directory(
    directory,
    labels,
    formats,
    class_names=None,
    shuffle=True,
    seed=None,
    follow_links=False,
    verbose=True,
):
    """Paths and labels of the files in a folder.

    Args:
        directory: the folder; for inferred labels, with a subfolder for each class.
        labels: `"inferred"`, None, or a label for each file in their order.
        formats: endings of the files.
        class_names: subfolders to take, in this order; None for all.
        shuffle: whether the files are shuffled.
        seed: seed of their order.
        follow_links: whether links to folders are followed.
        verbose: whether a line says what was found.

    Returns:
        Paths, labels (an array, a list, or None) and names of the classes.

    Raises:
        ValueError: for names of classes that are not wanted or not there, and for
            another number of labels.
    """
    directory = os.fspath(directory)
    if labels != "inferred" and class_names is not None:
        _refuse_class_names(labels)
    if isinstance(labels, str):
        class_names = _subfolders(directory, class_names)
        groups = [
            list(valid_files(os.path.join(directory, n), formats, follow_links))
            for n in class_names
        ]
        paths = [path for group in groups for path in group]
        labels = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        labels = labels.astype("int32")
    else:
        paths = list(valid_files(directory, formats, follow_links))
        if labels is not None:
            labels = list(labels)
            if len(labels) != len(paths):
                raise ValueError(
                    "Expected the lengths of `labels` to match the number of files in "
                    f"the target directory. len(labels) is {len(labels)} while we "
                    f"found {len(paths)} files in directory {directory}."
                )
            class_names = [str(label) for label in sorted(set(labels))]
    if verbose:
        of = "" if labels is None else f" belonging to {len(class_names)} classes"
        print_msg(f"Found {len(paths)} files{of}.")
    if shuffle:
        seed = np.random.randint(1e6) if seed is None else seed
        np.random.RandomState(seed).shuffle(paths)
        if labels is not None:
            np.random.RandomState(seed).shuffle(labels)
    return paths, labels, class_names


def check_validation_split(validation_split, subset, shuffle, seed):
    """Refuses arguments that do not go together, before any file is looked at."""
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(
            f"`validation_split` must be between 0 and 1, received: {validation_split}"
        )
    if bool(validation_split) != bool(subset):
        raise ValueError(
            "If `subset` is set, `validation_split` must be set, and inversely."
        )
    if subset not in ("training", "validation", "both", None):
        raise ValueError(
            '`subset` must be either "training", "validation" or "both", '
            f"received: {subset}"
        )
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a "
            "`seed` argument, to make sure that there is no overlap between the "
            "training and validation subset."
        )


def without_rest(paths, labels, validation_split, subset):
    """The part of paths and labels that a subset is: the last ones are validation's."""
    if not validation_split:
        return paths, labels
    count = int(validation_split * len(paths))
    first = len(paths) - count
    if subset == "training":
        print_msg(f"Using {first} files for training.")
        part = slice(None, first)
    else:
        print_msg(f"Using {count} files for validation.")
        part = slice(first, None)
    return paths[part], None if labels is None else labels[part]
