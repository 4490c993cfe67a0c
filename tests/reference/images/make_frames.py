"""Stores the images that Keras's datasets put into frames: `frames.npz`.

From this folder: KERAS_BACKEND=jax python make_frames.py (with TensorFlow and Pillow)

They are `image_dataset_from_directory(..., pad_to_aspect_ratio=True)`.
"""

import json
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow
from PIL import Image

HERE = pathlib.Path(__file__).parent
SHAPES = [(12, 20), (20, 12), (5, 5), (3, 17), (31, 8)]
SIZES = [(6, 7), (8, 8), (5, 12), (20, 9), (15, 31)]
METHODS = ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"]


def main():
    rng = np.random.default_rng(0)
    stored = {}
    with tempfile.TemporaryDirectory() as folder:
        for i, shape in enumerate(SHAPES):
            stored[f"image{i}"] = rng.integers(0, 256, (*shape, 1), dtype="uint8")
            path = pathlib.Path(folder, f"{i}.png")
            Image.fromarray(stored[f"image{i}"][..., 0]).save(path)
        for method in METHODS:
            for size in SIZES:
                images = keras.utils.image_dataset_from_directory(
                    folder,
                    labels=None,
                    color_mode="grayscale",
                    batch_size=None,
                    image_size=size,
                    shuffle=False,
                    interpolation=method,
                    pad_to_aspect_ratio=True,
                    verbose=False,
                )
                key = f"{method}/{size[0]}x{size[1]}"
                stored[key] = np.stack([np.asarray(x) for x in images])
    versions = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    stored["versions"] = np.array(json.dumps(versions))
    np.savez_compressed(HERE / "frames.npz", **stored)


if __name__ == "__main__":
    main()
