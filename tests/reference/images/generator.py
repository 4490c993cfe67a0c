"""Calls of `ImageDataGenerator` whose results are stored from Keras.

Functions of a module with Keras's names (`K` is Keras's `preprocessing.image`, or
ckeras's): `make_generator.py` runs them with Keras, a test compares.
"""

import pathlib

import numpy as np

RNG = np.random.default_rng(11)
IMAGES = RNG.uniform(0, 255, (7, 8, 9, 3)).astype("float32")
LABELS = np.arange(7)
ALL = {
    "rotation_range": 25,
    "width_shift_range": 0.2,
    "height_shift_range": [-2, 1],
    "shear_range": 15,
    "zoom_range": [0.7, 1.3],
    "channel_shift_range": 20,
    "horizontal_flip": True,
    "vertical_flip": True,
}
OPTIONS = {
    "nothing": {},
    "rotation": {"rotation_range": 40},
    "width": {"width_shift_range": 0.3},
    "width, pixels": {"width_shift_range": 3},
    "height": {"height_shift_range": 0.3},
    "height, choice": {"height_shift_range": [1, 2.5]},
    "shear": {"shear_range": 25},
    "zoom": {"zoom_range": 0.4},
    "channels": {"channel_shift_range": 40},
    "brightness": {"brightness_range": (0.4, 1.6)},
    "flips": {"horizontal_flip": True, "vertical_flip": True},
    "nearest": {**ALL, "fill_mode": "nearest"},
    "constant": {**ALL, "fill_mode": "constant", "cval": 9.0},
    "reflect": {**ALL, "fill_mode": "reflect", "interpolation_order": 0},
    "wrap": {**ALL, "fill_mode": "wrap"},
    "first": {**ALL, "data_format": "channels_first"},
    "rescaled": {"rescale": 1 / 255, "preprocessing_function": np.sqrt},
    "of a sample": {"samplewise_center": True, "samplewise_std_normalization": True},
    "of features": {"featurewise_center": True, "featurewise_std_normalization": True},
    "whitened": {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1},
    "everything": {**ALL, "rescale": 1 / 255, "brightness_range": (0.7, 1.2)},
}


def batches(K, name):
    """The images of more than an epoch, and one image changed alone."""
    options = OPTIONS[name]
    x = IMAGES
    if options.get("data_format") == "channels_first":
        x = x.transpose(0, 3, 1, 2)
    generator = K.ImageDataGenerator(**options)
    generator.fit(x)
    flow = generator.flow(x, LABELS, batch_size=3, seed=5)
    for i in range(5):
        images, labels = next(flow)
        yield f"{name}/flow{i}", images
        yield f"{name}/labels{i}", labels
    for seed in (1, 2):
        yield f"{name}/alone{seed}", generator.random_transform(x[0].copy(), seed=seed)


FOLDER = {
    "plain": {"class_mode": "categorical", "shuffle": False},
    "shuffled": {"class_mode": "sparse", "interpolation": "bilinear"},
    "some": {"class_mode": "binary", "classes": ["dogs", "cats"], "subset": "training"},
    "rest": {"class_mode": None, "subset": "validation", "color_mode": "grayscale"},
    "cut": {"class_mode": "input", "keep_aspect_ratio": True, "color_mode": "rgba"},
}


def fill(folder, save):
    """Writes ten images of two classes; `save(path, array)` writes one."""
    rng = np.random.default_rng(12)
    for name in ("cats", "dogs"):
        (pathlib.Path(folder) / name).mkdir()
        for k in range(5):
            x = rng.integers(0, 256, (6 + k, 11 - k, 3)).astype("float32")
            save(pathlib.Path(folder) / name / f"{k}.png", x)


def from_folder(K, name, folder):
    """Batches of the images that `fill` wrote."""
    generator = K.ImageDataGenerator(validation_split=0.4, **OPTIONS["everything"])
    options = {"target_size": (7, 8), "batch_size": 4, "seed": 3, **FOLDER[name]}
    flow = generator.flow_from_directory(str(folder), **options)
    for i in range(3):
        batch = next(flow)
        parts = batch if isinstance(batch, tuple) else (batch,)
        for j, part in enumerate(parts):
            yield f"folder {name}/{i}/{j}", part
