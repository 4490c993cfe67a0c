"""Images changed at random while a model trains, as in Keras 2.

Keras 3 keeps these names for old programs only; new ones may use preprocessing layers.
"""

import warnings

from ckeras.engine import config
from ckeras.preprocessing.image.changes import ImageChanges
from ckeras.preprocessing.image.files import DataFrameIterator, DirectoryIterator
from ckeras.preprocessing.image.iterators import NumpyArrayIterator

__all__ = ["ImageDataGenerator"]


class ImageDataGenerator(ImageChanges):
    """Batches of images with random changes, for `fit`, `evaluate` and `predict`.

    Args:
        featurewise_center: whether the mean that `fit` found is subtracted.
        samplewise_center: whether each image's own mean is.
        featurewise_std_normalization: whether images are divided by the standard
            deviation that `fit` found.
        samplewise_std_normalization: whether by each image's own.
        zca_whitening: whether images are whitened (ZCA) with what `fit` found.
        zca_epsilon: what is added to the singular values for that.
        rotation_range: largest angle of rotation, in degrees.
        width_shift_range, height_shift_range: largest shift: a share of the size if
            below 1, else pixels; or the shifts to choose from.
        brightness_range: pair of factors.
        shear_range: largest angle of shearing, in degrees.
        zoom_range: pair of factors, or how far they are from 1.
        channel_shift_range: largest number that is added to all values.
        fill_mode: what stands outside of moved images: `"constant"`, `"nearest"`,
            `"reflect"` or `"wrap"`.
        cval: its value for `"constant"`.
        horizontal_flip, vertical_flip: whether half of the images are flipped.
        rescale: factor of all values, or None.
        preprocessing_function: function of one changed image, called before rescaling.
        data_format: `"channels_last"` or `"channels_first"`.
        validation_split: share of the images, from 0 to 1, that is validation's.
        interpolation_order: 0 for the nearest pixel, 1 for linear interpolation, 2 to 5
            for splines (which need SciPy).
        dtype: type of the images.

    Raises:
        ValueError: for an option that is out of range or of another kind.

    Example:

    >>> generator = ImageDataGenerator(horizontal_flip=True, rescale=1 / 255)
    >>> images = np.zeros((10, 8, 8, 3))
    >>> next(generator.flow(images, np.arange(10), batch_size=4))[0].shape
    (4, 8, 8, 3)
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = _pair_or_none(brightness_range)
        self.shear_range = shear_range
        self.zoom_range = _zoom(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.data_format = config.standardize_data_format(data_format)
        self.interpolation_order = interpolation_order
        self.dtype = dtype or config.floatx()
        # In batches; one less in single images.
        first = self.data_format == "channels_first"
        axes = (1, 2, 3) if first else (3, 1, 2)
        self.channel_axis, self.row_axis, self.col_axis = axes
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1. "
                f"Received: {validation_split}"
            )
        self._validation_split = validation_split
        self.mean = self.std = self.zca_whitening_matrix = None
        self._settle_normalization()

    def _settle_normalization(self):
        """Options that bring others with them, or rule them out."""
        if self.zca_whitening:
            self._override("zca_whitening", "featurewise_center", True)
            self._override("zca_whitening", "featurewise_std_normalization", False)
        for kind in ("featurewise", "samplewise"):
            name = f"{kind}_std_normalization"
            if getattr(self, name):
                self._override(name, f"{kind}_center", True)

    def _override(self, option, other, value):
        if getattr(self, other) != value:
            setattr(self, other, value)
            warnings.warn(
                f"This ImageDataGenerator specifies `{option}`, which overrides "
                f"setting of `{other}`.",
                stacklevel=4,
            )

    def flow(
        self,
        x,
        y=None,
        batch_size=32,
        shuffle=True,
        sample_weight=None,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        ignore_class_split=False,
        subset=None,
    ):
        """Batches of an array's images.

        Args:
            x: array of rank 4, or a pair of it and further arrays (or a list of them),
                which are passed on as they are.
            y: labels, or None.
            batch_size: images in a batch.
            shuffle: whether the images come in a new order each epoch.
            sample_weight: weights of the images, or None.
            seed: integer for repeatable changes, on any number of threads.
            save_to_dir: folder into which all images are written, or None.
            save_prefix, save_format: beginning and ending of these files' names.
            ignore_class_split: whether subsets may have different classes.
            subset: `"training"` or `"validation"`, with `validation_split`.

        Returns:
            A `NumpyArrayIterator`.
        """
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
    ):
        """Batches of a folder's images, which are read when they are needed.

        Args:
            directory: the folder, with a subfolder for each class.
            target_size: height and width of the images.
            color_mode: `"grayscale"`, `"rgb"` or `"rgba"`.
            classes: subfolders to take; None for all, in alphabetical order.
            class_mode: `"categorical"`: one-hot; `"binary"` and `"sparse"`: the class
                as a number; `"input"`: the images themselves; None: no labels.
            interpolation: as for `load_img`.
            follow_links: whether links to folders are followed.
            keep_aspect_ratio: whether images are cut, not stretched.
            batch_size, shuffle, seed, save_to_dir, save_prefix, save_format, subset: as
                for `flow`.

        Returns:
            A `DirectoryIterator`.
        """
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            keep_aspect_ratio=keep_aspect_ratio,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
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
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        validate_filenames=True,
    ):
        """Batches of the images that a table names.

        Args:
            dataframe: a pandas `DataFrame`.
            directory: folder of the files, or None for full paths.
            x_col, y_col: the columns of file names and of labels (for
                `"multi_output"` a list of columns).
            weight_col: the column of weights, or None.
            class_mode: as for `flow_from_directory`; also `"raw"`: the column as it is,
                and `"multi_output"`: a list of columns.
            validate_filenames: whether rows without a file are left out.
            target_size, color_mode, classes, batch_size, shuffle, seed, save_to_dir,
                save_prefix, save_format, subset, interpolation: as for
                `flow_from_directory`.

        Returns:
            A `DataFrameIterator`.
        """
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            validate_filenames=validate_filenames,
            dtype=self.dtype,
        )


def _zoom(value):
    """The range of zoom factors."""
    if isinstance(value, (int, float)):
        return [1 - value, 1 + value]
    if len(value) == 2 and all(isinstance(v, (int, float)) for v in value):
        return [value[0], value[1]]
    raise ValueError(
        "`zoom_range` should be a float or a tuple or list of two floats. "
        f"Received: {value}"
    )


def _pair_or_none(value):
    if value is None or (isinstance(value, (tuple, list)) and len(value) == 2):
        return value
    raise ValueError(
        f"`brightness_range should be tuple or list of two floats. Received: {value}"
    )
