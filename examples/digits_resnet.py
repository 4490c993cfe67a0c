"""Reads handwritten digits with a residual network, built with the functional API.

    python examples/digits_resnet.py

Each block adds what two convolutions find to what it was given (He et al., 2016), so
that a deep network trains as easily as a shallow one; for comparison, the same network
without these shortcuts. The images are scikit-learn's, 1797 of 8x8 pixels, enlarged to
16x16. Training takes some 20 seconds; the accuracy is that on digits which the network
has not seen.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers, ops


def load():
    """Images (n, 16, 16, 1) from 0 to 1 and their digits, for training and testing."""
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
    images = np.asarray(ops.image.resize(images, (16, 16), interpolation="bilinear"))
    return train_test_split(
        images, digits.astype("int32"), test_size=360, random_state=0, stratify=digits
    )


def convolution(x, filters, strides=1):
    """A convolution whose results are normalized."""
    x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def block(x, filters, strides, shortcut):
    """Two convolutions, added to their input if there is a `shortcut`."""
    y = layers.Activation("relu")(convolution(x, filters, strides))
    y = convolution(y, filters)
    if shortcut:
        if strides > 1:  # fewer pixels and more channels: the input must follow
            x = layers.Conv2D(filters, 1, strides, use_bias=False)(x)
        y = layers.Add()([x, y])
    return layers.Activation("relu")(y)


def build(blocks=4, shortcut=True):
    """Blocks of 16 channels on 16x16 pixels, of 32 on 8x8 and of 64 on 4x4."""
    inputs = ckeras.Input((16, 16, 1))
    x = layers.Activation("relu")(convolution(inputs, 16))
    for stage, filters in enumerate((16, 32, 64)):
        for i in range(blocks):
            x = block(x, filters, 2 if stage and not i else 1, shortcut)
    x = layers.GlobalAveragePooling2D()(x)
    return ckeras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def accuracy_of(model, data, epochs):
    """The test accuracy after training."""
    x_train, x_test, y_train, y_test = data
    steps = epochs * -(-len(x_train) // 64)
    model.compile(
        ckeras.optimizers.Adam(ckeras.optimizers.schedules.CosineDecay(3e-3, steps)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=64, epochs=epochs, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


def main(epochs=5):
    data = load()
    for name, shortcut in (("with", True), ("without", False)):
        ckeras.utils.set_random_seed(0)
        model = build(shortcut=shortcut)
        depth = sum(isinstance(layer, layers.Conv2D) for layer in model.layers)
        accuracy = accuracy_of(model, data, epochs)
        print(f"{depth} convolutions, accuracy {name} shortcuts {accuracy:.4f}")


if __name__ == "__main__":
    main()
