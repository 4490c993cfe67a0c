"""Stores the images that Keras's `ImageDataGenerator` makes: `generator.npz`.

From this folder: KERAS_BACKEND=jax python make_generator.py (with SciPy and Pillow)
"""

import json
import pathlib
import tempfile
import warnings

import generator
import keras
import numpy as np
from keras.src.legacy.preprocessing import image


def main():
    stored = {}
    for name in generator.OPTIONS:
        stored.update(generator.batches(image, name))
    with tempfile.TemporaryDirectory() as folder:
        generator.fill(folder, lambda p, x: keras.utils.save_img(p, x, scale=False))
        for name in generator.FOLDER:
            stored.update(generator.from_folder(image, name, folder))
    stored = {k: np.asarray(v) for k, v in stored.items()}
    stored["versions"] = np.array(json.dumps({"keras": keras.__version__}))
    np.savez_compressed(pathlib.Path(__file__).parent / "generator.npz", **stored)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
