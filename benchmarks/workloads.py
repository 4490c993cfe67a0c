"""The models that the benchmarks train, for any implementation of the Keras API.

    python benchmarks/workloads.py --package ckeras mlp_small
    KERAS_BACKEND=jax python benchmarks/workloads.py --package keras mlp_small
    python benchmarks/workloads.py --package torch mlp_small    # PyTorch's own modules

Prints one line of JSON: samples a second in training and prediction, microseconds
for one sample, seconds of the first and of a later epoch, and peak memory.
"""

import argparse
import importlib
import json
import resource
import statistics
import time

import numpy as np


def mlp_small(keras, rng):
    """20 features, two classes, one hidden layer: all overhead, hardly any work."""
    x = rng.normal(size=(6400, 20)).astype("float32")
    y = (x @ rng.normal(size=(20, 2))).argmax(1).astype("int32")
    layers = [
        keras.Input((20,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(2, activation="softmax"),
    ]
    return layers, x, y, 32


def mlp_mnist(keras, rng):
    """Images of 28 by 28 through two layers of 512 with dropout."""
    y = rng.integers(0, 10, 12800).astype("int32")
    x = rng.normal(0, 0.3, (12800, 28, 28, 1)).astype("float32")
    x[np.arange(12800), y] += 1.0
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, x, y, 128


def seed_lstm(keras, rng):
    """20 binary features read as a sequence, 20 classes."""
    x = rng.integers(0, 2, (2048, 20, 1)).astype("float32")
    y = (x[:, :, 0] @ np.arange(1, 21)).astype("int32") % 20
    layers = [
        keras.Input((20, 1)),
        keras.layers.LSTM(32),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(20, activation="softmax"),
    ]
    return layers, x, y, 32


def words(rng, n, length):
    """Sequences of words out of 20,000; one word tells which of two classes it is."""
    y = rng.integers(0, 2, n).astype("int32")
    x = rng.integers(2, 20000, (n, length)).astype("int32")
    x[np.arange(n), rng.integers(0, length, n)] = y
    return x, y


def imdb_lstm(keras, rng):
    """Reviews of 80 words: embedding and an LSTM of 128 units."""
    layers = [
        keras.Input((80,), dtype="int32"),
        keras.layers.Embedding(20000, 128),
        keras.layers.LSTM(128),
        keras.layers.Dense(2, activation="softmax"),
    ]
    return layers, *words(rng, 1024, 80), 32


def bilstm(keras, rng):
    """100 words through two bidirectional LSTMs of 64 units."""
    two_ways, lstm = keras.layers.Bidirectional, keras.layers.LSTM
    layers = [
        keras.Input((100,), dtype="int32"),
        keras.layers.Embedding(20000, 128),
        two_ways(lstm(64, return_sequences=True)),
        two_ways(lstm(64)),
        keras.layers.Dense(2, activation="softmax"),
    ]
    return layers, *words(rng, 512, 100), 32


def gru_series(keras, rng):
    """48 steps of 8 measurements to one number: a GRU of 64 units."""
    x = rng.normal(size=(2048, 48, 8)).astype("float32")
    y = x.mean((1, 2))[:, None]
    layers = [keras.Input((48, 8)), keras.layers.GRU(64), keras.layers.Dense(1)]
    return layers, x, y, 64


def transformer(keras, rng):
    """128 words through one block of attention with two heads."""
    add, normalize = keras.layers.Add, keras.layers.LayerNormalization
    inputs = keras.Input((128,), dtype="int32")
    x = keras.layers.Embedding(20000, 64)(inputs)
    attended = keras.layers.MultiHeadAttention(num_heads=2, key_dim=32)(x, x)
    x = normalize()(add()([x, attended]))
    inner = keras.layers.Dense(256, activation="relu")(x)
    x = normalize()(add()([x, keras.layers.Dense(64)(inner)]))
    x = keras.layers.GlobalAveragePooling1D()(x)
    outputs = keras.layers.Dense(2, activation="softmax")(x)
    return keras.Model(inputs, outputs), *words(rng, 512, 128), 32


def images(rng, n, height, width, channels):
    """Noise with a pattern for each of ten classes."""
    y = rng.integers(0, 10, n).astype("int32")
    x = rng.normal(0, 0.3, (n, height, width, channels)).astype("float32")
    x[np.arange(n), y % height, :, 0] += 1.0
    return x, y


def mnist_cnn(keras, rng):
    """Images of 28 by 28 through two convolutions."""
    x, y = images(rng, 2560, 28, 28, 1)
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, x, y, 128


def cifar_resnet20(keras, rng):
    """Images of 32 by 32 through a residual network (He et al., 2016, section 4.2)."""

    def convolve(x, filters, size=3, strides=1):
        return keras.layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=False
        )(x)

    def normalized(x, activation=True):
        x = keras.layers.BatchNormalization()(x)
        return keras.layers.Activation("relu")(x) if activation else x

    inputs = keras.Input((32, 32, 3))
    x = normalized(convolve(inputs, 16))
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            y = normalized(convolve(x, filters, strides=strides))
            y = normalized(convolve(y, filters), activation=False)
            if strides == 2:
                x = convolve(x, filters, 1, 2)
            x = keras.layers.Activation("relu")(keras.layers.Add()([x, y]))
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs), *images(rng, 512, 32, 32, 3), 64


def vgg_block(keras, rng):
    """Two convolutions of 128 channels on 56 by 56: hardly anything but products."""
    layers = [
        keras.Input((56, 56, 64)),
        keras.layers.Conv2D(128, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(128, 3, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return layers, *images(rng, 128, 56, 56, 64), 32


DENSE = (mlp_small, mlp_mnist)
SEQUENCES = (seed_lstm, imdb_lstm, bilstm, gru_series, transformer)
CONVOLUTIONAL = (mnist_cnn, cifar_resnet20, vgg_block)
WORKLOADS = {f.__name__: f for f in (*DENSE, *SEQUENCES, *CONVOLUTIONAL)}


class KerasModel:
    """One workload in a library with the API of Keras."""

    def __init__(self, library, name):
        keras = importlib.import_module(library)
        keras.utils.set_random_seed(0)
        made = WORKLOADS[name](keras, np.random.default_rng(0))
        model, self.x, self.y, self.batch = made
        if isinstance(model, list):
            model = keras.Sequential(model)
        classes = self.y.dtype.kind == "i"
        loss = "sparse_categorical_crossentropy" if classes else "mse"
        model.compile(loss=loss, optimizer=keras.optimizers.Adam(1e-3))
        self.model = model

    def fit(self):
        """Trains for an epoch; the mean of its losses."""
        history = self.model.fit(
            self.x, self.y, batch_size=self.batch, epochs=1, verbose=0
        )
        return float(history.history["loss"][0])

    def predict(self):
        """Predicts all samples in batches of 256."""
        self.model.predict(self.x, batch_size=256, verbose=0)

    def predict_one(self):
        """Predicts one sample."""
        self.model.predict_on_batch(self.x[:1])


def seconds(function):
    """How long a call takes, and what it returns."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def measure(workload, epochs):
    """The figures of one workload, as a dictionary."""
    times, losses = zip(
        *[seconds(workload.fit) for _ in range(epochs + 1)], strict=True
    )
    if not losses[-1] < losses[0]:
        raise SystemExit(f"It did not learn: losses {losses}")
    workload.predict()
    predict, _ = seconds(workload.predict)
    workload.predict_one()
    single = [seconds(workload.predict_one)[0] for _ in range(100)]
    later, n = statistics.median(times[1:]), len(workload.x)
    return {
        "train_sps": n / later,
        "predict_sps": n / predict,
        "latency_us": 1e6 * statistics.median(single),
        "first_s": times[0],
        "epoch_s": later,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def workload(library, name):
    """A workload in one of the libraries."""
    if library != "torch":
        return KerasModel(library, name)
    from torch_models import TorchModel

    _, x, y, batch = WORKLOADS[name](Nothing(), np.random.default_rng(0))
    return TorchModel(name, x, y, batch)


class Nothing:
    """Stands for a library where only a workload's data is wanted."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=WORKLOADS)
    libraries = ["ckeras", "keras", "torch"]
    parser.add_argument("--package", default="ckeras", choices=libraries)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    made = workload(options.package, options.workload)
    print(json.dumps(measure(made, options.epochs)))
