"""Small models and data for the tests of training."""

import numpy as np

from ckeras import Input, Model, Sequential, layers, utils


def data(count=20, features=3, seed=0):
    """A linear problem, float64 as users have it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features))
    return x, x @ np.arange(1.0, features + 1)[:, np.newaxis] + 0.5


def linear(features=3, **compile_arguments):
    """One Dense layer, compiled with plain SGD and the mean squared error."""
    utils.set_random_seed(1)
    model = Sequential([Input((features,)), layers.Dense(1, name="dense")])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compile_arguments})
    return model


def two_outputs(**compile_arguments):
    """Inputs `left` and `right`, outputs `sum` and `kind`."""
    utils.set_random_seed(2)
    left, right = Input((2,), name="left"), Input((3,), name="right")
    joined = layers.Concatenate()([left, right])
    total = layers.Dense(1, name="sum")(joined)
    kind = layers.Dense(4, activation="softmax", name="kind")(joined)
    model = Model([left, right], [total, kind])
    model.compile(**{"optimizer": "sgd", **compile_arguments})
    return model


def two_output_data(count=12, seed=3):
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(count, 2)), rng.normal(size=(count, 3))]
    return x, [rng.normal(size=(count, 1)), rng.integers(0, 4, count)]


def reference_sgd(kernel, bias, batches, rate=0.01):
    """Kernel, bias and mean loss after steps of SGD on the mean squared error."""
    losses, weights = [], []
    for x, y, w in batches:
        w = np.ones(len(x)) if w is None else w
        error = (x @ kernel + bias - y)[:, 0]
        losses.append(np.mean(w * error**2))
        weights.append(len(x))
        d_error = 2 * w * error / len(x)
        kernel = kernel - rate * x.T @ d_error[:, np.newaxis]
        bias = bias - rate * d_error.sum()
    return kernel, bias, np.average(losses, weights=weights)


def slices(x, y, size, weights=None):
    """Batches `(x, y, weights)` of rows in order."""
    return [
        (
            x[i : i + size],
            y[i : i + size],
            None if weights is None else weights[i : i + size],
        )
        for i in range(0, len(x), size)
    ]


def check_weights(model, kernel, bias):
    """Compares the weights of a `linear` model."""
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], bias, rtol=1e-5, atol=1e-6)
