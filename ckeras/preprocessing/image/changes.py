"""What an `ImageDataGenerator` does to single images."""

import math
import warnings

import numpy as np

from ckeras.preprocessing.image.transforms import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    flip_axis,
)

__all__ = ["ImageChanges"]


class ImageChanges:
    """Random changes and normalization; the options are set by the subclass."""

    def standardize(self, x):
        """An image or a batch of them, rescaled and normalized.

        Args:
            x: array, which may be changed.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * np.asarray(self.rescale, x.dtype)
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + 1e-6)
        if self.featurewise_center and self._was_fit("featurewise_center", self.mean):
            x = x - self.mean
        name = "featurewise_std_normalization"
        if self.featurewise_std_normalization and self._was_fit(name, self.std):
            x = x / (self.std + 1e-6)
        whiten = self.zca_whitening_matrix
        if self.zca_whitening and self._was_fit("zca_whitening", whiten):
            flat = x.reshape(-1, math.prod(x.shape[-3:]))
            x = (flat @ whiten).reshape(x.shape)
        return x

    def _was_fit(self, option, found):
        if found is None:
            warnings.warn(
                f"This ImageDataGenerator specifies `{option}`, but it hasn't been fit "
                "on any training data. Fit it first by calling `.fit(numpy_data)`.",
                stacklevel=3,
            )
        return found is not None

    def get_random_transform(self, img_shape, seed=None):
        """The amounts of all changes for one image.

        Args:
            img_shape: shape of the image.
            seed: integer, or None for NumPy's global random numbers.

        Returns:
            A dict: `theta`, `tx`, `ty`, `shear`, `zx`, `zy`, `flip_horizontal`,
            `flip_vertical`, `channel_shift_intensity`, `brightness`.
        """
        random = np.random if seed is None else np.random.RandomState(seed)
        return self.drawn_transform(img_shape, random)

    def drawn_transform(self, img_shape, random):
        """The same with random numbers from a `RandomState`."""

        def amount(largest):
            return random.uniform(-largest, largest) if largest else 0

        rows, columns = img_shape[self.row_axis - 1], img_shape[self.col_axis - 1]
        drawn = {"theta": amount(self.rotation_range)}
        drawn["tx"] = _shift(self.height_shift_range, rows, random)
        drawn["ty"] = _shift(self.width_shift_range, columns, random)
        drawn["shear"] = amount(self.shear_range)
        drawn["zx"], drawn["zy"] = 1, 1
        if self.zoom_range != [1, 1]:
            drawn["zx"], drawn["zy"] = random.uniform(*self.zoom_range, 2)
        drawn["flip_horizontal"] = (random.random_sample() < 0.5) * self.horizontal_flip
        drawn["flip_vertical"] = (random.random_sample() < 0.5) * self.vertical_flip
        drawn["channel_shift_intensity"] = drawn["brightness"] = None
        if self.channel_shift_range != 0:
            drawn["channel_shift_intensity"] = amount(self.channel_shift_range)
        if self.brightness_range is not None:
            drawn["brightness"] = random.uniform(*self.brightness_range)
        return drawn

    def apply_transform(self, x, transform_parameters):
        """An image with these changes.

        Args:
            x: array of rank 3.
            transform_parameters: dict as `get_random_transform` returns; what it
                leaves out is not changed.
        """
        wanted = transform_parameters.get
        row, column, channel = (
            self.row_axis - 1,
            self.col_axis - 1,
            self.channel_axis - 1,
        )
        x = apply_affine_transform(
            x,
            wanted("theta", 0),
            wanted("tx", 0),
            wanted("ty", 0),
            wanted("shear", 0),
            wanted("zx", 1),
            wanted("zy", 1),
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if wanted("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, wanted("channel_shift_intensity"), channel)
        if wanted("flip_horizontal", False):
            x = flip_axis(x, column)
        if wanted("flip_vertical", False):
            x = flip_axis(x, row)
        if wanted("brightness") is not None:
            x = apply_brightness_shift(x, wanted("brightness"), False)
        return x

    def random_transform(self, x, seed=None):
        """An image with random changes.

        Args:
            x: array of rank 3.
            seed: integer, or None for NumPy's global random numbers.
        """
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x, augment=False, rounds=1, seed=None):
        """Finds mean, standard deviation and whitening, as far as they are wanted.

        Args:
            x: array of rank 4.
            augment: whether to find them for randomly changed images.
            rounds: how many times each image is changed for that.
            seed: integer, or None for NumPy's global random numbers.

        Raises:
            ValueError: for another rank.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ValueError(
                f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}"
            )
        channels = x.shape[self.channel_axis]
        if channels not in (1, 3, 4):
            warnings.warn(
                "Expected input to be images (as Numpy array) following the data "
                f'format convention "{self.data_format}" (channels on axis '
                f"{self.channel_axis}), i.e. expected either 1, 3 or 4 channels on "
                f"axis {self.channel_axis}. However, it was passed an array with shape "
                f"{x.shape} ({channels} channels).",
                stacklevel=2,
            )
        random = np.random if seed is None else np.random.RandomState(seed)
        if self.rescale:
            x = x * np.asarray(self.rescale, x.dtype)
        if augment:
            changed = [
                self.apply_transform(image, self.drawn_transform(image.shape, random))
                for _ in range(rounds)
                for image in x
            ]
            x = np.stack(changed).astype(self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = channels
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes).reshape(shape)
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes).reshape(shape)
            x = x / (self.std + 1e-6)
        if self.zca_whitening:
            count = len(x)
            u, s, _ = np.linalg.svd(x.reshape(count, -1).T, full_matrices=False)
            scale = np.sqrt(count) / (s + self.zca_epsilon)
            self.zca_whitening_matrix = (u * scale) @ u.T


def _shift(limit, size, random):
    """A shift in pixels.

    Args:
        limit: the largest one, or those to choose from; a share of `size` if below 1.
        size: pixels of the axis.
        random: where random numbers come from.
    """
    if not np.any(limit):
        return 0
    if isinstance(limit, (float, np.floating)):
        shift = random.uniform(-limit, limit)
    else:  # an integer stands for all smaller ones
        shift = random.choice(limit) * random.choice([-1, 1])
    return shift * size if np.max(limit) < 1 else shift
