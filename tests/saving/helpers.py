"""Models for the tests of files, and comparison of two models."""

import json

import numpy as np

import ckeras
from ckeras import Input, Model, Sequential, layers, utils


def sequence_model():
    """Compiled and trained for an epoch."""
    utils.set_random_seed(3)
    model = Sequential(
        [
            Input((5,)),
            layers.Embedding(9, 4),
            layers.LSTM(3, return_sequences=True),
            layers.Dropout(0.2),
            layers.LSTM(4),
            layers.Dense(2, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).integers(0, 9, (8, 5))
    model.fit(x, x[:, 0] % 2, verbose=0)
    return model, x


def graph_model():
    """Two inputs, a shared layer, an inner model; trained for an epoch."""
    utils.set_random_seed(4)
    left, right = Input((3,), name="left"), Input((3,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    inner = Sequential([Input((4,)), layers.Dense(2)], name="inner")
    joined = layers.Concatenate()([inner(shared(left)), shared(right)])
    score = layers.Dense(1, name="score")(layers.Add()([joined, joined]))
    kind = layers.Dense(3, activation="sigmoid", name="kind")(joined)
    model = Model([left, right], [score, kind], name="graph")
    model.compile(
        "rmsprop",
        {"score": "mean_squared_error", "kind": "binary_crossentropy"},
        metrics={"score": ["mae"]},
    )
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(6, 3)), rng.normal(size=(6, 3))]
    y = {"score": rng.normal(size=(6, 1)), "kind": rng.integers(0, 2, (6, 3))}
    model.fit(x, y, verbose=0)
    return model, x


def trained(make):
    """The model of a function of `keras`, trained for an epoch, and its input."""
    utils.set_random_seed(5)
    model, x, y = make(ckeras)
    model.compile("adam", "mean_squared_error")
    model.fit(x, y, verbose=0)
    return model, x


def assert_same(one, two, x, configs=True):
    """The same weights and optimizer state bit by bit, the same predictions."""
    if configs:
        assert json.dumps(one.get_config()) == json.dumps(two.get_config())
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    if one.compiled and two.compiled:
        pairs = zip(one.optimizer.variables, two.optimizer.variables, strict=True)
        for a, b in pairs:
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    first, second = one.predict(x, verbose=0), two.predict(x, verbose=0)
    if not isinstance(first, list):
        first, second = [first], [second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
