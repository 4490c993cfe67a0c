"""Shows what the filters of a convolutional network see.

    python examples/digits_filters.py

After training on handwritten digits, an image of noise is changed step by step so that
one channel of a layer, at the pixel in the middle, answers as strongly as possible:
gradient ascent on pixels. Blurs keep the image smooth. The picture
`digits_filters.png` shows, for some channels of each layer, the image found, and beside
it the digits of the data set that the channel answers to most.

Data: scikit-learn's digits, 1797 images of 8 by 8, enlarged. Needs matplotlib.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import ckeras
from ckeras import layers, ops

SIZE = 24
LAYERS = {"edges": 16, "parts": 32, "shapes": 64}  # name: filters
CHANNELS = 4


def build():
    """Three stages of convolutions, then classes."""
    x = inputs = ckeras.Input((SIZE, SIZE, 1))
    for name, filters in LAYERS.items():
        x = layers.Conv2D(filters, 5, padding="same", name=name)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return ckeras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def ascent(answers, count, steps=100):
    """An image for each of the first `count` channels of the model `answers`.

    Returns:
        The images, and how strongly the channels answer to the first noise and to them.
    """
    own = np.arange(count)

    @ckeras.function
    def step(images):
        with ckeras.GradientTape() as tape:
            tape.watch(images)
            found = answers(images)
            middle = found.shape[1] // 2
            found = found[:, middle, middle, :count]
            strength = ops.sum(found * np.eye(count, dtype="float32"))
        slope = tape.gradient(strength, images)
        norm = ops.sqrt(ops.mean(ops.square(slope), axis=(1, 2, 3), keepdims=True))
        # Ink fades, so that it stays only where the channel asks for it.
        images = ops.clip(0.97 * images + 0.05 * slope / (norm + 1e-8), 0.0, 1.0)
        return ops.image.gaussian_blur(images, (3, 3), (0.4, 0.4)), found

    rng = np.random.default_rng(0)
    images = rng.uniform(0.0, 0.5, (count, SIZE, SIZE, 1)).astype("float32")
    _, before = step(images)
    for _ in range(steps):
        images, found = step(images)
    before, found = (np.asarray(a)[own, own] for a in (before, found))
    return np.asarray(images), before, found


def picture(rows):
    """Saves the images, one row for each channel of each layer."""
    fig, axes = plt.subplots(len(rows), 6, figsize=(6, len(rows) * 1.05))
    for line, (name, image, digits) in zip(axes, rows, strict=True):
        for axis, shown in zip(line, (image, *digits), strict=True):
            axis.imshow(shown[..., 0], cmap="gray_r")
            axis.set_axis_off()
        line[0].set_title(name, fontsize=7)
    fig.suptitle("left: what a channel sees; right: digits it answers to", fontsize=9)
    fig.tight_layout()
    fig.savefig("digits_filters.png", dpi=80)


def load():
    """Images (n, SIZE, SIZE, 1) from 0 to 1 and their digits, in random order."""
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
    order = np.random.default_rng(0).permutation(len(images))
    return np.asarray(ops.image.resize(images[order], (SIZE, SIZE))), digits[order]


def main():
    ckeras.utils.set_random_seed(0)
    images, digits = load()
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[:1400], digits[:1400], epochs=8, verbose=0)
    _, accuracy = model.evaluate(images[1400:], digits[1400:], verbose=0)
    print(f"test accuracy {accuracy:.3f}")
    rows, stronger = [], []
    for name in LAYERS:
        answers = ckeras.Model(model.inputs, model.get_layer(name).output)
        found, before, after = ascent(answers, CHANNELS)
        stronger += list(after > before)
        strength = answers.predict(images, verbose=0)
        middle = strength.shape[1] // 2
        for i in range(CHANNELS):
            best = np.argsort(strength[:, middle, middle, i])[::-1][:5]
            rows.append((f"{name} {i}", found[i], images[best]))
    print(f"channels that answer more than to noise {np.mean(stronger):.2f}")
    picture(rows)
    print("see digits_filters.png")


if __name__ == "__main__":
    main()
