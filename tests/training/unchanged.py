"""What a refused call must leave as it was, and a model to refuse calls with."""

import numpy as np
import pytest

from ckeras import Input, Sequential, layers, utils

X = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2])


def numbers_of(model):
    """Copies of the weights and of the optimizer's state."""
    held = [*model.weights, *(model.optimizer.variables if model.optimizer else ())]
    return [v.numpy().copy() for v in held]


def state(model):
    """Every number that training may change, and the record of training."""
    numbers = numbers_of(model) + [v.numpy().copy() for v in model.metrics_variables]
    history = getattr(model, "history", None)
    return numbers, history, dict(history.history) if history else None


def assert_equal(ones, others):
    assert len(ones) == len(others)
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_unchanged(model, before):
    numbers, history, record = state(model)
    assert_equal(numbers, before[0])
    assert history is before[1]
    assert record == before[2]


def refuses(model, kind, message, x, y, methods=("fit", "evaluate"), **arguments):
    """Asserts that methods raise `kind`, and leave the model as it was."""
    before = state(model)
    for method in methods:
        with pytest.raises(kind, match=message):
            getattr(model, method)(x, y, verbose=0, **arguments)
    assert_unchanged(model, before)


def classifier(loss="sparse_categorical_crossentropy", units=3):
    """A classifier of 4 features that has been trained, so that it has state."""
    utils.set_random_seed(1)
    model = Sequential(
        [
            Input((4,)),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(units, activation="softmax", name="classes"),
        ]
    )
    model.compile("adam", loss, metrics=["accuracy"])
    y = [0, 1, 2, 0, 1, 2]
    if loss == "categorical_crossentropy":
        y = utils.to_categorical(y, units)
    model.fit(X, np.asarray(y), epochs=2, verbose=0)
    return model
