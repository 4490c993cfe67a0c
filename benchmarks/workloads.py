"""The models that the benchmarks train, for any implementation of the Keras API.

    python benchmarks/workloads.py --library ckeras mlp_small
    KERAS_BACKEND=jax python benchmarks/workloads.py --library keras mlp_small

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

LOSS = "sparse_categorical_crossentropy"


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


def imdb_lstm(keras, rng):
    """Reviews of 80 words out of 20,000: embedding and an LSTM of 128 units."""
    y = rng.integers(0, 2, 1024).astype("int32")
    x = rng.integers(2, 20000, (1024, 80)).astype("int32")
    x[np.arange(1024), rng.integers(0, 80, 1024)] = y
    layers = [
        keras.Input((80,), dtype="int32"),
        keras.layers.Embedding(20000, 128),
        keras.layers.LSTM(128),
        keras.layers.Dense(2, activation="softmax"),
    ]
    return layers, x, y, 32


WORKLOADS = {f.__name__: f for f in (mlp_small, mlp_mnist, seed_lstm, imdb_lstm)}


def seconds(function):
    """How long a call takes, and what it returns."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def measure(library, name, epochs):
    """The figures of one workload, as a dictionary."""
    keras = importlib.import_module(library)
    keras.utils.set_random_seed(0)
    layers, x, y, batch = WORKLOADS[name](keras, np.random.default_rng(0))
    model = keras.Sequential(layers)
    model.compile(loss=LOSS, optimizer=keras.optimizers.Adam(1e-3))
    times, losses = [], []
    for _ in range(epochs + 1):
        spent, history = seconds(
            lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
        )
        times.append(spent)
        losses.append(float(history.history["loss"][0]))
    if not losses[-1] < losses[0]:
        raise SystemExit(f"{library} did not learn {name}: losses {losses}")
    model.predict(x, batch_size=256, verbose=0)
    predict, _ = seconds(lambda: model.predict(x, batch_size=256, verbose=0))
    one = x[:1]
    model.predict_on_batch(one)
    single = [seconds(lambda: model.predict_on_batch(one))[0] for _ in range(100)]
    later = statistics.median(times[1:])
    return {
        "train_sps": len(x) / later,
        "predict_sps": len(x) / predict,
        "latency_us": 1e6 * statistics.median(single),
        "first_s": times[0],
        "epoch_s": later,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--library", default="ckeras", choices=["ckeras", "keras"])
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps(measure(options.library, options.workload, options.epochs)))
