"""Images of a folder, read when they are needed, ahead of training."""

import os

import numpy as np

from ckeras import ops
from ckeras.engine import config
from ckeras.utils.image.arrays import decoded, pillow
from ckeras.utils.image.directory import (
    check_validation_split,
    index_directory,
    without_rest,
)
from ckeras.utils.image.resizing import framed, resized
from ckeras.utils.py_dataset import PyDataset, iterate

__all__ = ["ImageDataset", "image_dataset_from_directory", "reading_threads"]

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_COLORS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
_OF_TENSORFLOW = ("area", "gaussian", "mitchellcubic")


def reading_threads():
    """Number of threads that read images ahead."""
    return min(4, max(2, os.cpu_count() or 1))


class ImageDataset(PyDataset):
    """Batches of image files: a tensor of images, or `(images, labels)`.

    Args:
        file_paths: the files.
        labels: a number for each file, or None.
        label_mode: `"int"`, `"categorical"`, `"binary"` or None.
        class_names: names of the classes, or None.
        batch_size: images in a batch; None for single images.
        shuffle: whether the files come in a new order each epoch.
        seed: seed of these orders.
        read: function from a path to an array of one image.
        workers: threads that read ahead.
    """

    def __init__(
        self,
        file_paths,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        read,
        workers=None,
    ):
        super().__init__(workers=reading_threads() if workers is None else workers)
        self.file_paths = file_paths
        self.class_names = class_names
        self._labels = None if labels is None else self._encoded(labels, label_mode)
        self._batch_size = batch_size
        self._random = np.random.RandomState(seed) if shuffle else None
        self._read = read
        self._order = np.arange(len(file_paths))
        self.on_epoch_end()

    def _encoded(self, labels, label_mode):
        labels = np.asarray(labels)
        if label_mode == "binary":
            return labels.astype("float32")[:, np.newaxis]
        if label_mode == "categorical":
            # As one_hot has it: all zeros for a number that is no class.
            classes = np.arange(len(self.class_names))
            return (labels[:, np.newaxis] == classes).astype("float32")
        return labels.astype("int32")

    def __len__(self):
        size = self._batch_size or 1
        return (len(self.file_paths) + size - 1) // size

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: index={index}")
        size = self._batch_size or 1
        chosen = self._order[index % len(self) * size :][:size]
        if self._batch_size is None:
            chosen = chosen[0]
            images = self._read(self.file_paths[chosen])
        else:
            images = np.stack([self._read(self.file_paths[i]) for i in chosen])
        images = ops.convert_to_tensor(images)
        if self._labels is None:
            return images
        return images, ops.convert_to_tensor(self._labels[chosen])

    def __iter__(self):
        self.on_epoch_end()
        return iterate(self, shuffle=False)

    def on_epoch_end(self):
        if self._random is not None:
            self._order = self._random.permutation(len(self.file_paths))


def _reader(image_size, color_mode, interpolation, crop, pad, data_format, format):
    """The function that makes an array of an image file."""

    def read(path):
        x = np.asarray(decoded(path, color_mode, whole=True), "float32")
        x = x[:, :, np.newaxis] if x.ndim == 2 else x
        if pad and format == "tf":
            x = framed(x, image_size, interpolation)
        else:
            x = resized(x, image_size, interpolation, crop, pad)
        return x.transpose(2, 0, 1) if data_format == "channels_first" else x

    return read


def _check_labels(labels, label_mode, class_names):
    if labels not in ("inferred", None):
        if not isinstance(labels, (list, tuple)):
            raise ValueError(
                "`labels` argument should be a list/tuple of integer labels, of the "
                "same size as the number of image files in the target directory. If "
                "you wish to infer the labels from the subdirectory names in the "
                'target directory, pass `labels="inferred"`. If you wish to get a '
                "dataset that only contains images (no labels), pass `labels=None`. "
                f"Received: labels={labels}"
            )
        if class_names:
            raise ValueError(
                'You can only pass `class_names` if `labels="inferred"`. '
                f"Received: labels={labels}, and class_names={class_names}"
            )
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or '
            f"None. Received: label_mode={label_mode}"
        )


def _check_images(color_mode, image_size, interpolation, crop, pad):
    """The size of the images as a pair."""
    if color_mode not in _COLORS:
        raise ValueError(
            '`color_mode` must be one of {"rgb", "rgba", "grayscale"}. '
            f"Received: color_mode={color_mode}"
        )
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    elif not isinstance(image_size, (list, tuple)) or len(image_size) != 2:
        raise ValueError(
            "Invalid `image_size` value. Expected a tuple of 2 integers. "
            f"Received: image_size={image_size}"
        )
    if min(image_size) < 1:
        raise ValueError(
            "`image_size` must have a positive height and width. "
            f"Received: image_size={image_size}"
        )
    if interpolation in _OF_TENSORFLOW:
        raise ValueError(
            f"`interpolation` {interpolation!r} is TensorFlow's. Expected one of "
            f"{_INTERPOLATIONS}."
        )
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"Argument `interpolation` should be one of {_INTERPOLATIONS}. "
            f"Received: interpolation={interpolation}"
        )
    if crop and pad:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to "
            "`True`."
        )
    return tuple(image_size)


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format="tf",
    verbose=True,
):
    """A dataset of the image files in a folder, for `fit`, `evaluate` and `predict`.

    Where Keras returns a `tf.data.Dataset` or one of Grain, this is a `PyDataset`: it
    gives a batch for an index, can be iterated again and again, and reads images on
    several threads ahead of training. A file that is no image or is damaged is an
    `OSError` that names it.

    Args:
        directory: the folder; for inferred labels, with a subfolder for each class.
        labels: `"inferred"`, None, or a number for each file in their order.
        label_mode: `"int"`: int32; `"categorical"`: one-hot; `"binary"`: float32 of
            shape (batch, 1); None: no labels.
        class_names: subfolders to take, in this order.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`.
        batch_size: images in a batch; None for single images.
        image_size: height and width of the images.
        shuffle: whether the files come in another order than that of their names.
        seed: seed of this order.
        validation_split: share of the files, between 0 and 1, that is validation's.
        subset: `"training"`, `"validation"` or `"both"`, for a pair of datasets.
        interpolation: as for `ops.image.resize`.
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio: whether images are cut to the proportions of
            `image_size`, not stretched.
        pad_to_aspect_ratio: whether they get borders of zeros instead.
        data_format: `"channels_last"` or `"channels_first"`.
        format: `"tf"`: with `shuffle` the files come in a new order each time, as from
            `tf.data`; `"grain"`: in the same one. Borders are TensorFlow's, around the
            resized image, or those of `ops.image.resize`.
        verbose: whether a line says what was found.

    Returns:
        A dataset with the attributes `class_names` and `file_paths`, or two of them.

    Raises:
        ValueError: for arguments that are unknown or do not go together, and if there
            are no images.
        ImportError: if Pillow is not installed.
    """
    pillow()
    _check_labels(labels, label_mode, class_names)
    if labels is None or label_mode is None:
        labels = label_mode = None
    interpolation = interpolation.lower()
    image_size = _check_images(
        color_mode,
        image_size,
        interpolation,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
    )
    if batch_size is not None and batch_size < 1:
        raise ValueError(
            "`batch_size` must be at least 1, or None for single images. "
            f"Received: batch_size={batch_size}"
        )
    if format not in ("tf", "grain"):
        raise ValueError(
            f'`format` should be either "tf" or "grain". Received: format={format}'
        )
    check_validation_split(validation_split, subset, shuffle, seed)
    seed = np.random.randint(1e6) if seed is None else seed
    paths, labels, class_names = index_directory(
        directory,
        labels,
        FORMATS,
        class_names=class_names,
        shuffle=shuffle,
        seed=seed,
        follow_links=follow_links,
        verbose=verbose,
    )
    if label_mode == "binary" and len(class_names) != 2:
        raise ValueError(
            'When passing `label_mode="binary"`, there must be exactly 2 class_names. '
            f"Received: class_names={class_names}"
        )
    read = _reader(
        image_size,
        color_mode,
        interpolation,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
        config.standardize_data_format(data_format),
        format,
    )

    def made(which):
        own_paths, own_labels = without_rest(paths, labels, validation_split, which)
        if not own_paths:
            kind = f"{which} " if subset == "both" else ""
            raise ValueError(
                f"No {kind}images found in directory {directory}. "
                f"Allowed formats: {FORMATS}"
            )
        again = (
            shuffle
            and format == "tf"
            and not (subset == "both" and which == "validation")
        )
        return ImageDataset(
            own_paths,
            own_labels,
            label_mode,
            class_names,
            batch_size,
            again,
            seed,
            read,
        )

    if subset == "both":
        return [made("training"), made("validation")]
    return made(subset)
