"""What a user's own code costs: own steps, layers, losses against the built-in ones.

    python benchmarks/own_code.py
    python benchmarks/own_code.py --peers-python PATH  # with Keras on JAX

Each pair computes the same numbers. `own / built-in` is the time of the user's version
over that of the built-in one; `JAX / own` how far ckeras is ahead with the user's.
Measurements take turns, each in a process of its own.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

ROWS = 6400


def _model(keras, units, loss="sparse_categorical_crossentropy", cls=None):
    inputs = keras.Input((64,))
    x = inputs
    for layer in units:
        x = layer(x)
    outputs = keras.layers.Dense(10, activation="softmax")(x)
    model = (cls or keras.Model)(inputs, outputs)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    return model


def _mlp(keras, cls=None):
    dense = keras.layers.Dense
    return _model(keras, [dense(64, "relu"), dense(64, "relu")], cls=cls)


def step_builtin(keras):
    """A small MLP under `fit`."""
    return _mlp(keras)


def step_own(keras):
    """The same with a `train_step` written out, as the guides do for a tape."""

    class Own(keras.Model):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    return _mlp(keras, Own)


def _own_layers(keras):
    layers, ops = keras.layers, keras.ops

    class OwnDense(layers.Layer):
        def __init__(self, units, activation=None):
            super().__init__()
            self.units = units
            self.activation = activation or (lambda x: x)

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units))
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")

        def call(self, x):
            return self.activation(ops.matmul(x, self.w) + self.b)

    class OwnNorm(layers.Layer):
        def build(self, input_shape):
            self.gamma = self.add_weight(shape=input_shape[-1:], initializer="ones")
            self.beta = self.add_weight(shape=input_shape[-1:], initializer="zeros")

        def call(self, x):
            mean = ops.mean(x, axis=-1, keepdims=True)
            centered = x - mean
            variance = ops.mean(ops.square(centered), axis=-1, keepdims=True)
            return centered * ops.rsqrt(variance + 1e-3) * self.gamma + self.beta

    return OwnDense, OwnNorm


def _own_gelu(ops):
    return lambda x: 0.5 * x * (1.0 + ops.erf(x * 0.7071067811865476))


def dense_builtin(keras):
    """Two layers of 256 with GELU."""
    dense = keras.layers.Dense
    return _model(keras, [dense(256, "gelu"), dense(256, "gelu")])


def dense_own(keras):
    """The same out of `matmul`, `erf` and arithmetic."""
    dense, _ = _own_layers(keras)
    gelu = _own_gelu(keras.ops)
    return _model(keras, [dense(256, gelu), dense(256, gelu)])


def gated_builtin(keras):
    """Two gated units of 256: one Dense layer times the sigmoid of another."""
    dense = keras.layers.Dense

    def gated(x):
        return keras.layers.multiply([dense(256)(x), dense(256, "sigmoid")(x)])

    return _model(keras, [gated, gated])


def gated_own(keras):
    """The same as one layer that is written out."""
    layers, ops = keras.layers, keras.ops

    class Gated(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            shape = (input_shape[-1], self.units)
            self.w, self.v = (self.add_weight(shape=shape) for _ in "wv")
            self.b, self.c = (
                self.add_weight(shape=shape[1:], initializer="zeros") for _ in "bc"
            )

        def call(self, x):
            gate = ops.sigmoid(ops.matmul(x, self.v) + self.c)
            return (ops.matmul(x, self.w) + self.b) * gate

    return _model(keras, [Gated(256), Gated(256)])


def norm_builtin(keras):
    """Two layers of 256, each normalized."""
    dense, norm = keras.layers.Dense, keras.layers.LayerNormalization
    return _model(keras, [dense(256, "relu"), norm(), dense(256, "relu"), norm()])


def norm_own(keras):
    """The same with the normalization written out."""
    dense, (_, norm) = keras.layers.Dense, _own_layers(keras)
    return _model(keras, [dense(256, "relu"), norm(), dense(256, "relu"), norm()])


def focal_builtin(keras):
    """A small MLP with a focal loss."""
    loss = keras.losses.CategoricalFocalCrossentropy()
    return _model(keras, [keras.layers.Dense(64, "relu")], loss)


def focal_own(keras):
    """The same with the loss written out."""
    ops = keras.ops

    def focal(y_true, y_pred):
        p = y_pred / ops.sum(y_pred, axis=-1, keepdims=True)
        p = ops.clip(p, 1e-7, 1.0 - 1e-7)
        terms = -y_true * ops.log(p) * 0.25 * ops.power(1.0 - p, 2.0)
        return ops.sum(terms, axis=-1)

    return _model(keras, [keras.layers.Dense(64, "relu")], focal)


PAIRS = {
    "step": (step_builtin, step_own),
    "dense": (dense_builtin, dense_own),
    "gated": (gated_builtin, gated_own),
    "norm": (norm_builtin, norm_own),
    "focal": (focal_builtin, focal_own),
}
VARIANTS = {f.__name__: f for pair in PAIRS.values() for f in pair}
# Keras on JAX has no tape: an own step looks different there.
NOT_FOR_PEERS = {"step_own"}


def measure(library, name, epochs):
    """Samples a second in training, and the losses at which it arrives."""
    keras = importlib.import_module(library)
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 64)).astype("float32")
    y = (x @ rng.normal(size=(64, 10))).argmax(1).astype("int32")
    if name.startswith("focal"):
        y = np.eye(10, dtype="float32")[y]
    model = VARIANTS[name](keras)
    times = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        history = model.fit(x, y, batch_size=64, verbose=0)
        times.append(time.perf_counter() - start)
    return {
        "sps": ROWS / statistics.median(times[1:]),
        "loss": float(history.history["loss"][0]),
        "first_s": times[0],
    }


def run(python, library, name, epochs):
    """One measurement in a process of its own."""
    command = [python, __file__, "--measure", name, "--package", library]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [*command, "--epochs", str(epochs)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def compare(options):
    """Prints the table as Markdown."""
    print("| pair | built-in | own | own / built-in | Keras on JAX, own | JAX / own |")
    print("| --- | --- | --- | --- | --- | --- |")
    for pair in options.pairs:
        names = [f.__name__ for f in PAIRS[pair]]
        found = {name: [] for name in (*names, "peer")}
        for _ in range(options.rounds):
            for name in names:
                one = run(sys.executable, "ckeras", name, options.epochs)
                found[name].append(one["sps"])
            if options.peers_python and names[1] not in NOT_FOR_PEERS:
                one = run(options.peers_python, "keras", names[1], options.epochs)
                found["peer"].append(one["sps"])
        built_in, own = (statistics.median(found[name]) for name in names)
        row = [pair, f"{built_in:,.0f}", f"{own:,.0f}", f"{built_in / own:.2f}"]
        if found["peer"]:
            peer = statistics.median(found["peer"])
            row += [f"{peer:,.0f}", f"{own / peer:.2f}"]
        else:
            row += ["-", "-"]
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", help="a Python with keras and jax")
    parser.add_argument("--pairs", nargs="*", choices=PAIRS, default=list(PAIRS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--measure", choices=VARIANTS, help="one measurement only")
    parser.add_argument("--package", default="ckeras", choices=["ckeras", "keras"])
    options = parser.parse_args()
    if options.measure:
        figures = measure(options.package, options.measure, options.epochs)
        print(json.dumps(figures))
    else:
        compare(options)
