"""Tiny models, and data for them, that the tests of the whole system share."""

import numpy as np

from ckeras import Input, Sequential, layers, utils


def mlp(optimizer="adam", seed=1, **compile_arguments):
    """An MLP classifier with dropout: 6 features, 3 classes."""
    utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", **compile_arguments)
    return model


def mlp_data(count=50, seed=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 6)).astype("float32")
    return x, np.argmax(x[:, :3], axis=1).astype("int32")


def lstm(optimizer="adam", seed=1, **compile_arguments):
    """An LSTM classifier: 7 timesteps of 2 features, 3 classes."""
    utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((7, 2)),
            layers.LSTM(5, return_sequences=True),
            layers.LSTM(4),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", **compile_arguments)
    return model


def lstm_data(count=50, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 7, 2)).astype("float32")
    return x, np.argmax(x[:, -3:, 0], axis=1).astype("int32")


def cnn(optimizer="adam", seed=1, **compile_arguments):
    """A convolutional classifier: images of 9x9 pixels, 3 classes."""
    utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((9, 9, 2)),
            layers.Conv2D(16, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(17, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", **compile_arguments)
    return model


def cnn_data(count=50, seed=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 9, 9, 2)).astype("float32")
    return x, np.argmax(x[:, 3:6, 4, 0], axis=1).astype("int32")


CASES = {
    "mlp": (mlp, mlp_data),
    "lstm": (lstm, lstm_data),
    "cnn": (cnn, cnn_data),
}


def trained(name, epochs=2, **arguments):
    """A model trained on its data, with the data and the history."""
    make, data = CASES[name]
    model, (x, y) = make(**arguments), data()
    history = model.fit(x, y, epochs=epochs, batch_size=16, verbose=0)
    return model, x, y, history.history


def same_bits(ones, others):
    """Whether two lists of arrays agree in every bit."""
    return len(ones) == len(others) and all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes()
        for a, b in zip(ones, others, strict=True)
    )


def state_of(model):
    """Every number that training changes, as a list of arrays."""
    held = [*model.weights, *model.optimizer.variables]
    return [np.array(v.numpy()) for v in held]
