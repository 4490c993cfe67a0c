"""Batches of randomly changed images that are read from files."""

import os
import warnings

import numpy as np

from ckeras.engine import config
from ckeras.preprocessing.image.iterators import Iterator
from ckeras.utils.image.arrays import img_to_array, load_img
from ckeras.utils.image.directory import valid_files
from ckeras.utils.io_utils import print_msg

__all__ = ["DataFrameIterator", "DirectoryIterator"]

_CHANNELS = {"rgba": 4, "rgb": 3, "grayscale": 1}


class _FileIterator(Iterator):
    """Base: images are read from `filepaths`, labels follow from `class_mode`."""

    allowed_class_modes: tuple = ()
    sample_weight = None

    def _settle(
        self,
        image_data_generator,
        target_size,
        color_mode,
        class_mode,
        data_format,
        save_to_dir,
        save_prefix,
        save_format,
        subset,
        interpolation,
        keep_aspect_ratio,
        dtype,
    ):
        """Checks and keeps the options that both kinds have."""
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"Invalid color mode: {color_mode}; "
                'expected "rgb", "rgba", or "grayscale".'
            )
        if class_mode not in self.allowed_class_modes:
            raise ValueError(
                f"Invalid class_mode: {class_mode}; expected one of: "
                f"{self.allowed_class_modes}"
            )
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.color_mode = color_mode
        self.class_mode = class_mode
        self.data_format = config.standardize_data_format(data_format)
        channels = (_CHANNELS[color_mode],)
        last = self.data_format == "channels_last"
        self.image_shape = (
            self.target_size + channels if last else channels + self.target_size
        )
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.interpolation = interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        self.dtype = dtype or config.floatx()
        self.subset = subset
        self.split = self._split(subset)

    def _split(self, subset):
        """The share of the files at which a subset begins and ends."""
        if subset is None:
            return None
        if subset not in ("training", "validation"):
            raise ValueError(
                f'Invalid subset name: {subset};expected "training" or "validation"'
            )
        share = self.image_data_generator._validation_split
        return (0, share) if subset == "validation" else (share, 1)

    def _part(self, count):
        """The files of the subset, of `count` ones."""
        if not self.split:
            return slice(None)
        return slice(int(self.split[0] * count), int(self.split[1] * count))

    @property
    def filepaths(self):
        """The files that are read."""
        return self._filepaths

    @property
    def labels(self):
        """What belongs to each file."""
        return self.classes

    def _get_batches_of_transformed_samples(self, index_array, random):
        batch = np.zeros((len(index_array), *self.image_shape), self.dtype)
        for i, number in enumerate(index_array):
            img = load_img(
                self.filepaths[number],
                color_mode=self.color_mode,
                target_size=self.target_size,
                interpolation=self.interpolation,
                keep_aspect_ratio=self.keep_aspect_ratio,
            )
            x = np.array(img_to_array(img, data_format=self.data_format))
            batch[i] = self._transformed(x, random)
        self._save(batch, index_array, random)
        if self.class_mode is None:
            return batch
        labels = self._labels_of(index_array, batch)
        if self.sample_weight is None:
            return batch, labels
        return batch, labels, self.sample_weight[index_array]

    def _labels_of(self, index_array, batch):
        if self.class_mode == "input":
            return batch.copy()
        if self.class_mode == "multi_output":
            return [output[index_array] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[index_array]
        classes = [self.classes[i] for i in index_array]
        if self.class_mode in ("binary", "sparse"):
            return np.array(classes, self.dtype)
        one_hot = np.zeros((len(batch), len(self.class_indices)), self.dtype)
        for row, own in zip(one_hot, classes, strict=True):
            row[own] = 1.0
        return one_hot


class DirectoryIterator(_FileIterator):
    """Batches of a folder's images: see `ImageDataGenerator.flow_from_directory`.

    Args:
        directory: the folder, with a subfolder for each class.
        image_data_generator: what changes the images.
        target_size, color_mode, classes, class_mode, batch_size, shuffle, seed,
            save_to_dir, save_prefix, save_format, follow_links, subset, interpolation,
            keep_aspect_ratio: see `ImageDataGenerator.flow_from_directory`.
        data_format: `"channels_last"` or `"channels_first"`.
        dtype: type of the images.
        **kwargs: see `Iterator`.
    """

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
        **kwargs,
    ):
        self._settle(
            image_data_generator,
            target_size,
            color_mode,
            class_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
            dtype,
        )
        self.directory = os.fspath(directory)
        if not classes:
            classes = [
                name
                for name in sorted(os.listdir(self.directory))
                if os.path.isdir(os.path.join(self.directory, name))
            ]
        self.num_classes = len(classes)
        self.class_indices = {name: i for i, name in enumerate(classes)}
        self._filepaths, numbers = [], []
        for number, name in enumerate(classes):
            own = self._files_of(os.path.join(self.directory, name), follow_links)
            self._filepaths += own
            numbers += [number] * len(own)
        self.filenames = [os.path.relpath(p, self.directory) for p in self._filepaths]
        self.samples = len(self.filenames)
        self.classes = np.array(numbers, "int32")
        print_msg(
            f"Found {self.samples} images belonging to {self.num_classes} classes."
        )
        super().__init__(self.samples, batch_size, shuffle, seed, **kwargs)

    def _files_of(self, folder, follow_links):
        paths = list(valid_files(folder, self.white_list_formats, follow_links))
        if any(p.lower().endswith(".tiff") for p in paths):
            warnings.warn(
                'Using ".tiff" files with multiple bands will cause distortion. '
                "Please verify your output.",
                stacklevel=4,
            )
        return paths[self._part(len(paths))]


class DataFrameIterator(_FileIterator):
    """Batches of the images that a table names: see
    `ImageDataGenerator.flow_from_dataframe`.

    Args:
        dataframe: a pandas `DataFrame`.
        directory: the folder of the files, or None for full paths.
        image_data_generator: what changes the images.
        x_col, y_col, weight_col, target_size, color_mode, classes, class_mode,
            batch_size, shuffle, seed, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio, validate_filenames: see
            `ImageDataGenerator.flow_from_dataframe`.
        data_format: `"channels_last"` or `"channels_first"`.
        dtype: type of the images.
        **kwargs: see `Iterator`.
    """

    _without_classes = ("input", "multi_output", "raw", None)
    allowed_class_modes = ("binary", "categorical", "sparse", *_without_classes)

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format="channels_last",
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
        validate_filenames=True,
        **kwargs,
    ):
        self._settle(
            image_data_generator,
            target_size,
            color_mode,
            class_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
            dtype,
        )
        self.directory = os.fspath(directory or "")
        table = dataframe.copy()
        self._check(table, x_col, y_col, weight_col, classes)
        if validate_filenames:
            table = self._with_files(table, x_col)
        has_classes = class_mode not in self._without_classes
        if has_classes:
            table, classes = _with_classes(table, y_col, classes)
            self.class_indices = {name: i for i, name in enumerate(classes)}
        table = table.iloc[self._part(len(table))]
        if has_classes:
            self.classes = [self._number_of(label) for label in table[y_col]]
        elif class_mode == "multi_output":
            self.classes = [np.array(table[col].tolist()) for col in y_col]
        elif class_mode == "raw":
            self.classes = table[y_col].values
        self.sample_weight = table[weight_col].values if weight_col else None
        self.filenames = table[x_col].tolist()
        self.samples = len(self.filenames)
        self._filepaths = [os.path.join(self.directory, f) for f in self.filenames]
        kind = "validated" if validate_filenames else "non-validated"
        of = f" belonging to {len(classes)} classes" if has_classes else ""
        print_msg(f"Found {self.samples} {kind} image filenames{of}.")
        super().__init__(self.samples, batch_size, shuffle, seed, **kwargs)

    def _number_of(self, label):
        if isinstance(label, (list, tuple)):
            return [self.class_indices[name] for name in label]
        return self.class_indices[label]

    def _with_files(self, table, x_col):
        """The rows whose file is there and has a known ending."""
        valid = [
            name.lower().endswith(self.white_list_formats)
            and os.path.isfile(os.path.join(self.directory, name))
            for name in table[x_col]
        ]
        missing = len(valid) - sum(valid)
        if missing:
            warnings.warn(
                f'Found {missing} invalid image filename(s) in x_col="{x_col}". '
                "These filename(s) will be ignored.",
                stacklevel=4,
            )
        return table[np.array(valid, bool)]

    def _check(self, table, x_col, y_col, weight_col, classes):
        """Refuses columns that do not hold what the mode needs."""
        mode = self.class_mode
        if mode == "multi_output" and not isinstance(y_col, list):
            raise TypeError(
                f'If class_mode="{mode}", y_col must be a list. '
                f"Received {type(y_col).__name__}."
            )
        if not all(isinstance(name, str) for name in table[x_col]):
            raise TypeError(f"All values in column x_col={x_col} must be strings.")
        needed = {"binary": str, "sparse": str, "categorical": (str, list, tuple)}
        kinds = needed.get(mode, object)
        if kinds is not object and not all(isinstance(v, kinds) for v in table[y_col]):
            words = "strings" if kinds is str else "type string, list or tuple"
            raise TypeError(
                f'If class_mode="{mode}", y_col="{y_col}" column values must be '
                f"{words}."
            )
        if mode == "binary":
            found = len(set(classes)) if classes else table[y_col].nunique()
            if found != 2:
                raise ValueError(
                    f'If class_mode="binary" there must be 2 classes. Found {found} '
                    "classes."
                )
        if classes and mode in self._without_classes:
            warnings.warn(
                f'`classes` will be ignored given the class_mode="{mode}"',
                stacklevel=4,
            )
        if weight_col and not np.issubdtype(table[weight_col].dtype.type, np.number):
            raise TypeError(f"Column weight_col={weight_col} must be numeric.")


def _with_classes(table, y_col, classes):
    """The rows that have one of the classes, and the classes' names."""
    if not classes:
        names = set()
        for label in table[y_col]:
            names.update(label if isinstance(label, (list, tuple)) else [label])
        return table.dropna(subset=[y_col]), sorted(names)
    classes = list(dict.fromkeys(classes))

    def kept(label):
        if isinstance(label, (list, tuple)):
            return [name for name in label if name in classes] or None
        return label if label in classes else None

    table[y_col] = [kept(label) for label in table[y_col]]
    return table.dropna(subset=[y_col]), classes
