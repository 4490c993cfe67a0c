"""Sequences with padding, whose losses and metrics are compared with Keras's."""

import numpy as np

CLASSES = 3
X = np.array(
    [
        [1, 2, 3, 0, 0],
        [4, 0, 0, 0, 0],
        [5, 6, 7, 8, 9],
        [0, 0, 3, 4, 0],
        [1, 0, 2, 0, 3],
        [0, 0, 0, 0, 0],
    ]
)
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, CLASSES, X.shape)
WEIGHTS = RNG.uniform(0.1, 2, X.shape)
# Losses: name: (name or constructor in `losses`, activation of the outputs)
LOSSES = {
    "sparse": ("sparse_categorical_crossentropy", "softmax"),
    "categorical": ("categorical_crossentropy", "softmax"),
    "binary": ("binary_crossentropy", "sigmoid"),
    "divergence": ("kl_divergence", "softmax"),
    "squared": ("mse", None),
    "absolute": ("mae", None),
    "huber": ("huber", None),
    "cosine": ("cosine_similarity", None),
    "sum": (lambda losses: losses.MeanSquaredError(reduction="sum"), None),
    "weighted mean": (
        lambda losses: losses.MeanSquaredError(reduction="mean_with_sample_weight"),
        None,
    ),
    "logits": (lambda losses: losses.SparseCategoricalCrossentropy(True), None),
}
# What stands between the embedding, which makes the mask, and the outputs.
BODIES = {
    "lstm": lambda layers: [layers.LSTM(4, return_sequences=True)],
    "cells": lambda layers: [layers.RNN(layers.GRUCell(4), return_sequences=True)],
    "two ways": lambda layers: [
        layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum"),
        layers.Dropout(0.0),
        layers.LSTM(4, return_sequences=True, go_backwards=True),
    ],
    "no recurrence": lambda layers: [
        layers.TimeDistributed(layers.Dense(4)),
        layers.LayerNormalization(),
        layers.Activation("tanh"),
    ],
    "lost": lambda layers: [layers.Conv1D(4, 2, padding="same")],
}
CASES = {f"{loss}, lstm": (loss, "lstm") for loss in LOSSES}
CASES |= {f"sparse, {body}": ("sparse", body) for body in BODIES}


def model_of(keras, name):
    """The model of a case, compiled, and its targets."""
    loss, body = CASES[name]
    kind, activation = LOSSES[loss]
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((X.shape[1],), dtype="int32"),
            layers.Embedding(10, 4, mask_zero=True),
            *BODIES[body](layers),
            layers.Dense(CLASSES, activation=activation),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(scale=0.6, size=w.shape) for w in model.weights])
    sparse = loss in ("sparse", "logits")
    metrics = ["accuracy"] if sparse else ["mae", "cosine_similarity"]
    model.compile(
        keras.optimizers.SGD(0.1),
        kind if isinstance(kind, str) else kind(keras.losses),
        metrics=metrics,
        weighted_metrics=["accuracy" if sparse else "mse"],
    )
    return model, LABELS if sparse else np.eye(CLASSES, dtype="float32")[LABELS]


def outputs(keras, name):
    """History and evaluation, without weights of timesteps and with them."""
    found = {}
    for weights in (None, WEIGHTS):
        model, y = model_of(keras, name)
        options = {"sample_weight": weights, "batch_size": 4, "verbose": 0}
        history = model.fit(X, y, epochs=2, shuffle=False, **options).history
        found["plain" if weights is None else "weighted"] = {
            "history": {k: [float(v) for v in values] for k, values in history.items()},
            "evaluate": [float(v) for v in model.evaluate(X, y, **options)],
            "predictions": np.asarray(model.predict(X, verbose=0)).tolist(),
        }
    return found
