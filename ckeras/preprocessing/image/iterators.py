"""Batches of randomly changed images, without end."""

import os
import threading
import warnings

import numpy as np

from ckeras.engine import config
from ckeras.utils.image.arrays import array_to_img
from ckeras.utils.image.dataset import reading_threads
from ckeras.utils.py_dataset import PyDataset

__all__ = ["Iterator", "NumpyArrayIterator"]


class Iterator(PyDataset):
    """Base: batches by index, or one after the other without end.

    Every batch has random numbers of its own, a function of the seed and the number of
    the batch: threads may prepare batches in any order and the images are the same.
    Without a seed, each epoch's comes from NumPy's global random numbers.

    Args:
        n: number of images.
        batch_size: images in a batch.
        shuffle: whether the images come in a new order each epoch.
        seed: an integer, or None.
        **kwargs: `workers`, `use_multiprocessing`, `max_queue_size`, see `PyDataset`;
            by default several threads work ahead.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n, batch_size, shuffle, seed, **kwargs):
        kwargs.setdefault("workers", reading_threads())
        super().__init__(**kwargs)
        if batch_size < 1:
            raise ValueError(
                f"`batch_size` must be at least 1. Received: batch_size={batch_size}"
            )
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        """Starts again with the first epoch."""
        self._epoch = 0  # of `__getitem__`
        self._next = 0  # number of the next batch of `__next__`
        self._orders = {}  # by epoch: seed, order, and the random numbers after it

    def __getstate__(self):
        return {**self.__dict__, "lock": None}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = threading.Lock()

    def __len__(self):
        return (self.n + self.batch_size - 1) // self.batch_size

    def __getitem__(self, idx):
        if not 0 <= idx < len(self):
            raise ValueError(
                f"Asked to retrieve element {idx}, but the Sequence has length "
                f"{len(self)}"
            )
        return self._made(self._epoch, idx)

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            number, self._next = self._next, self._next + 1
        if not self.n:  # no end of empty batches, as in Keras
            none = np.arange(0)
            return self._get_batches_of_transformed_samples(none, np.random)
        return self._made(*divmod(number, len(self)))

    def next(self):
        """The next batch, as `next(self)`."""
        return next(self)

    def on_epoch_end(self):
        self._epoch += 1

    def _made(self, epoch, idx):
        indices, random = self._drawn(epoch, idx)
        return self._get_batches_of_transformed_samples(indices, random)

    def _drawn(self, epoch, idx):
        """The images of a batch, and its source of random numbers."""
        with self.lock:
            if epoch not in self._orders:
                self._orders = {k: v for k, v in self._orders.items() if k == epoch - 1}
                self._orders[epoch] = self._order(epoch)
            seed, order, after = self._orders[epoch]
        random = np.random.RandomState((seed + idx) % 2**32)
        if idx == 0:  # the order was drawn first
            random.set_state(after)
        return order[idx * self.batch_size :][: self.batch_size], random

    def _order(self, epoch):
        if self.seed is None:
            seed = np.random.randint(2**31)
        else:
            seed = self.seed + epoch * len(self)
        random = np.random.RandomState(seed % 2**32)
        order = random.permutation(self.n) if self.shuffle else np.arange(self.n)
        return seed, order, random.get_state()

    def _get_batches_of_transformed_samples(self, index_array, random):
        """The batch of the images with these numbers; subclasses define it.

        Args:
            index_array: numbers of the images.
            random: NumPy `RandomState` to draw from.
        """
        raise NotImplementedError

    def _transformed(self, x, random):
        """One image, changed and standardized by the generator."""
        generator = self.image_data_generator
        if generator is None:
            return x
        x = generator.apply_transform(x, generator.drawn_transform(x.shape, random))
        return generator.standardize(x)

    def _save(self, batch, index_array, random):
        """Writes a batch's images where they are wanted."""
        if not self.save_to_dir:
            return
        for x, number in zip(batch, index_array, strict=True):
            name = f"{self.save_prefix}_{number}_{random.randint(10**7)}"
            path = os.path.join(self.save_to_dir, f"{name}.{self.save_format}")
            array_to_img(x, self.data_format, scale=True).save(path)


class NumpyArrayIterator(Iterator):
    """Batches of an array's images: see `ImageDataGenerator.flow`.

    Args:
        x: array of rank 4, or a pair of it and further arrays (or a list of them),
            which are passed on as they are.
        y: labels, or None.
        image_data_generator: what changes the images.
        batch_size, shuffle, sample_weight, seed, save_to_dir, save_prefix,
            save_format, subset, ignore_class_split: see `ImageDataGenerator.flow`.
        data_format: `"channels_last"` or `"channels_first"`.
        dtype: type of the images.
        **kwargs: see `Iterator`.
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
        **kwargs,
    ):
        self.dtype = dtype or config.floatx()
        self.data_format = config.standardize_data_format(data_format)
        self.image_data_generator = image_data_generator
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        others = []
        if isinstance(x, (tuple, list)):
            x, others = x
            others = others if isinstance(others, list) else [others]
        others = [np.asarray(other) for other in others]
        _check_lengths(x, others, y, sample_weight)
        part = slice(None)
        if subset is not None:
            part = self._part(len(x), y, subset, ignore_class_split)
        self.x = np.asarray(x, dtype=self.dtype)[part]
        self.x_misc = [other[part] for other in others]
        self.y = None if y is None else np.asarray(y)[part]
        self.sample_weight = None
        if sample_weight is not None:
            self.sample_weight = np.asarray(sample_weight)[part]
        self._check_images()
        super().__init__(len(self.x), batch_size, shuffle, seed, **kwargs)

    def _part(self, count, y, subset, ignore_class_split):
        """The rows of a subset: validation's come first."""
        if subset not in ("training", "validation"):
            raise ValueError(
                f'Invalid subset name: {subset}; expected "training" or "validation".'
            )
        first = int(count * self.image_data_generator._validation_split)
        if y is not None and not ignore_class_split:
            y = np.asarray(y)
            if not np.array_equal(np.unique(y[:first]), np.unique(y[first:])):
                raise ValueError(
                    "Training and validation subsets have different number of classes "
                    "after the split. If your numpy arrays are sorted by the label, "
                    "you might want to shuffle them."
                )
        return slice(first) if subset == "validation" else slice(first, None)

    def _check_images(self):
        if self.x.ndim != 4:
            raise ValueError(
                "Input data in `NumpyArrayIterator` should have rank 4. You passed an "
                f"array with shape {self.x.shape}"
            )
        axis = 3 if self.data_format == "channels_last" else 1
        if self.x.shape[axis] not in (1, 3, 4):
            warnings.warn(
                "NumpyArrayIterator is set to use the data format convention "
                f'"{self.data_format}" (channels on axis {axis}), i.e. expected either '
                f"1, 3, or 4 channels on axis {axis}. However, it was passed an array "
                f"with shape {self.x.shape} ({self.x.shape[axis]} channels).",
                stacklevel=4,
            )

    def _get_batches_of_transformed_samples(self, index_array, random):
        images = [self._transformed(self.x[i].copy(), random) for i in index_array]
        batch = np.stack(images) if images else self.x[:0]
        batch = batch.astype(self.dtype, copy=False)
        self._save(batch, index_array, random)
        if self.x_misc:
            batch = [batch, *[other[index_array] for other in self.x_misc]]
        if self.y is None:
            return batch
        if self.sample_weight is None:
            return batch, self.y[index_array]
        return batch, self.y[index_array], self.sample_weight[index_array]


def _check_lengths(x, others, y, sample_weight):
    for other in others:
        if len(x) != len(other):
            raise ValueError(
                "All of the arrays in `x` should have the same length. Found a pair "
                f"with: len(x[0]) = {len(x)}, len(x[?]) = {len(other)}"
            )
    for name, words, array in (
        ("y", "`y` (labels)", y),
        ("sample_weight", "`sample_weight`", sample_weight),
    ):
        if array is not None and len(x) != len(array):
            raise ValueError(
                f"`x` (images tensor) and {words} should have the same length. Found: "
                f"x.shape = {np.shape(x)}, {name}.shape = {np.shape(array)}"
            )
