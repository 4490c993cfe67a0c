"""Cleans noisy images of handwritten digits with a convolutional autoencoder.

    python examples/digits_autoencoder.py

Strided convolutions squeeze an image into few numbers, transposed ones draw it again;
trained to draw the clean image of a noisy one, the network learns what digits look
like. For comparison: the best linear map, by principal components with as many numbers.

Data: scikit-learn's digits, 1797 images of 8 by 8. Training takes a few seconds.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

import ckeras
from ckeras import layers

CODE = 16
NOISE = 0.4


def build():
    """8x8 pixels, 4x4 and 2x2 of more and more channels, a code, and back again."""
    return ckeras.Sequential(
        [
            ckeras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.Conv2D(32, 3, 2, activation="relu", padding="same"),
            layers.Conv2D(64, 3, 2, activation="relu", padding="same"),
            layers.Flatten(),
            layers.Dense(CODE, name="code"),
            layers.Dense(2 * 2 * 64, activation="relu"),
            layers.Reshape((2, 2, 64)),
            layers.Conv2DTranspose(64, 3, 2, activation="relu", padding="same"),
            layers.Conv2DTranspose(32, 3, 2, activation="relu", padding="same"),
            layers.Conv2D(1, 3, activation="sigmoid", padding="same"),
        ]
    )


def linear(noisy, clean, test):
    """What a linear map with a code of the same size makes of the test's images."""
    rows = [x.reshape(len(x), -1) for x in (noisy, clean, test)]
    code = PCA(CODE).fit(rows[1])
    regression = LinearRegression().fit(rows[0], code.transform(rows[1]))
    return code.inverse_transform(regression.predict(rows[2])).reshape(test.shape)


def show(*images):
    """Images side by side, the darker the more ink."""
    for rows in zip(*images, strict=True):
        print(
            "   ".join("".join(" .:*#@"[int(5.999 * p)] * 2 for p in r) for r in rows)
        )


def main(epochs=20):
    ckeras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    images = (load_digits().images / 16).astype("float32")[..., None]
    clean, clean_test = images[:1500], images[1500:]
    test = clean_test + NOISE * rng.normal(size=clean_test.shape).astype("float32")
    drawn = [
        clean + NOISE * rng.normal(size=clean.shape).astype("float32") for _ in range(4)
    ]
    noisy, targets = np.concatenate(drawn), np.concatenate([clean] * len(drawn))
    model = build()
    rate = ckeras.optimizers.schedules.CosineDecay(2e-3, epochs * len(noisy) // 64)
    model.compile(ckeras.optimizers.Adam(rate), "mse")
    model.fit(noisy, targets, batch_size=64, epochs=epochs, verbose=0)
    found = model.predict(test, verbose=0)
    for name, result in {
        "noisy": test,
        "principal components": linear(noisy, targets, test),
        "autoencoder": found,
    }.items():
        error = np.sqrt(np.mean(np.square(result - clean_test)))
        print(f"distance from the clean image, {name}: {error:.4f}")
    for i in (0, 3):
        show(*[np.clip(x[i, ..., 0], 0, 1) for x in (clean_test, test, found)])
        print()


if __name__ == "__main__":
    main()
