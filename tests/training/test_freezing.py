"""Weights that move to other memory when layers are frozen: everybody follows them."""

import itertools

import numpy as np
import pytest

import ckeras
from ckeras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6, 6, 2)).astype("float32")
Y = RNG.normal(size=(12, 2)).astype("float32")


def network():
    ckeras.utils.set_random_seed(1)
    return ckeras.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(3, activation="relu"),
            layers.Dense(2),
        ]
    )


def compiled(model):
    model.compile(ckeras.optimizers.Adam(0.05), "mse")


def check(model, call):
    expected = np.asarray(model(X))
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
    np.testing.assert_allclose(model.predict(X[:5], verbose=0), expected[:5], atol=1e-5)
    np.testing.assert_allclose(call(X), expected, atol=1e-5)
    loss = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(loss, np.mean((expected - Y) ** 2), rtol=1e-4)


# Which layers train, one state after the other, compiled anew for each.
STATES = [(), (0,), (3, 4), (0, 1, 3)]


@pytest.mark.parametrize("states", list(itertools.permutations(STATES, 3)))
@pytest.mark.parametrize("predict_before", [False, True])
def test_predictions_follow_the_weights(states, predict_before):
    model = network()
    call = ckeras.function(lambda x: model(x))
    for frozen in states:
        for i, layer in enumerate(model.layers):
            layer.trainable = i not in frozen
        compiled(model)
        if predict_before:
            check(model, call)
        model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
        check(model, call)
    model.set_weights([w * 0 for w in model.get_weights()])
    assert not model.predict(X, verbose=0).any()
    assert not np.asarray(call(X)).any()


def test_a_loop_of_ones_own_follows_the_weights():
    model = network()
    sgd = ckeras.optimizers.SGD(0.1)

    @ckeras.function
    def step(x, y):
        with ckeras.GradientTape() as tape:
            loss = ckeras.ops.mean((model(x, training=True) - y) ** 2)
        weights = model.trainable_variables
        sgd.apply(tape.gradient(loss, weights), weights)
        return loss

    call = ckeras.function(lambda x: model(x))
    step(X, Y)
    check_before = np.asarray(call(X))
    model.layers[0].trainable = False
    compiled(model)
    model.fit(X, Y, epochs=2, verbose=0)
    assert not np.allclose(check_before, np.asarray(call(X)))
    np.testing.assert_allclose(call(X), np.asarray(model(X)), atol=1e-5)
