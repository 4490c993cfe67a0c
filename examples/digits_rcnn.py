"""Watches films of handwritten digits with a recurrent convolutional network.

    python examples/digits_rcnn.py

A film shows one noisy digit after the other; what is asked for is the greatest of them,
which no single picture tells. A convolutional network, the same at each timestep
(`TimeDistributed`), finds features of each picture, and an LSTM remembers what matters.
Some films are shorter: they end with empty pictures, which a mask leaves out.

Data: scikit-learn's digits, 1797 images of 8 by 8. Training takes about 15 seconds.
"""

import numpy as np
from sklearn.datasets import load_digits

import ckeras
from ckeras import layers, ops

LENGTH = 5


def films(images, digits, count, rng):
    """Films (count, LENGTH, 8, 8, 1) and the greatest digit in each."""
    chosen = rng.integers(0, len(images), (count, LENGTH))
    x, values = images[chosen].copy(), digits[chosen].copy()
    x += 0.1 * rng.normal(size=x.shape).astype("float32")
    length = rng.integers(2, LENGTH + 1, count)
    empty = np.arange(LENGTH) >= length[:, None]
    x[empty], values[empty] = 0, 0
    return x, values.max(axis=1)


def build():
    """Features of each picture, then an LSTM over those that are not empty."""
    eye = ckeras.Sequential(
        [
            ckeras.Input((8, 8, 1)),
            layers.Conv2D(24, 3, activation="relu"),
            layers.Conv2D(48, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
        ],
        name="eye",
    )
    film = ckeras.Input((LENGTH, 8, 8, 1))
    features = layers.TimeDistributed(eye)(film)
    mask = ops.any(ops.not_equal(film, 0), axis=(2, 3, 4))
    x = layers.LSTM(64)(features, mask=mask)
    return ckeras.Model(film, layers.Dense(10, activation="softmax")(x))


def main(epochs=12):
    ckeras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    digits = load_digits()
    images = (digits.images / 16).astype("float32")[..., None]
    seen, new = np.split(rng.permutation(len(images)), [1400])
    x, y = films(images[seen], digits.target[seen], 6000, rng)
    x_test, y_test = films(images[new], digits.target[new], 1000, rng)
    model = build()
    rate = ckeras.optimizers.schedules.CosineDecay(2e-3, epochs * len(x) // 64)
    model.compile(
        ckeras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, batch_size=64, epochs=epochs, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy {accuracy:.3f}")
    print(f"accuracy of always 9 {np.mean(y_test == 9):.3f}")
    # One picture more at a time: what the network holds for the greatest so far.
    for film, answer in zip(x_test[:3], y_test, strict=False):
        parts = np.stack([film] * LENGTH)
        parts[np.triu_indices(LENGTH, 1)] = 0
        so_far = model.predict(parts, verbose=0).argmax(axis=1)
        print(f"greatest digit {answer}, so far: {so_far}")


if __name__ == "__main__":
    main()
