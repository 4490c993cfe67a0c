"""Reads handwritten digits with a convolutional network.

    python examples/digits_cnn.py

The images are scikit-learn's: 1797 of 8x8 pixels. Training takes a few seconds; the
accuracy is that on digits which the network has not seen.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers


def load():
    """Images (n, 8, 8, 1) from 0 to 1 and their digits, for training and testing."""
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
    return train_test_split(
        images, digits.astype("int32"), test_size=360, random_state=0, stratify=digits
    )


def shifted(images, digits):
    """The images, and each of them moved by a pixel to either side, up and down."""
    moves = [(0, 0), (1, 1), (-1, 1), (1, 2), (-1, 2)]
    moved = [np.roll(images, by, axis) if by else images for by, axis in moves]
    return np.concatenate(moved), np.tile(digits, len(moves))


def block(x, filters):
    """Two convolutions, each normalized, then half the pixels."""
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return layers.MaxPooling2D()(x)


def build():
    """The network: 8x8 pixels, 4x4 and 2x2 of more and more channels, then classes."""
    inputs = ckeras.Input((8, 8, 1))
    x = block(inputs, 32)
    x = block(x, 64)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    outputs = layers.Dense(10, activation="softmax")(x)
    return ckeras.Model(inputs, outputs)


def main(epochs=8):
    ckeras.utils.set_random_seed(0)
    x_train, x_test, y_train, y_test = load()
    x_train, y_train = shifted(x_train, y_train)
    model = build()
    rate = ckeras.optimizers.schedules.CosineDecay(3e-3, epochs * len(x_train) // 64)
    model.compile(
        ckeras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=64, epochs=epochs, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy {accuracy:.4f}")
    return accuracy


if __name__ == "__main__":
    main()
