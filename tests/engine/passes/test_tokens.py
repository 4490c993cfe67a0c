"""Features of tokens meet the weights of a recurrent layer once for each token."""

import contextlib

import numpy as np
import pytest

import ckeras
from ckeras import config, layers
from ckeras.engine import passes

LAYERS = {
    "lstm": lambda **d: layers.LSTM(20, **d),
    "sequences": lambda **d: layers.LSTM(20, return_sequences=True, **d),
    "backwards": lambda **d: layers.LSTM(
        20, go_backwards=True, return_sequences=True, **d
    ),
    "no bias": lambda **d: layers.LSTM(20, use_bias=False, **d),
    "gru": lambda **d: layers.GRU(20, **d),
    "gru, reset before": lambda **d: layers.GRU(20, reset_after=False, **d),
    "simple": lambda **d: layers.SimpleRNN(20, activation="relu", **d),
    "both ways": lambda **d: layers.Bidirectional(
        layers.LSTM(20, return_sequences=True, **d), **d
    ),
    # Weights beyond what a core's cache holds: projected in a product of its own.
    "wide": lambda **d: layers.LSTM(300, **d),
}


def texts(batch, timesteps=19, words=70, padded=False, seed=0):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, words, (batch, timesteps)).astype("int32")
    if padded:
        lengths = rng.integers(0, timesteps + 1, (batch, 1))
        tokens[np.arange(timesteps) >= lengths] = 0
    return tokens


def a_model(layer, words=70, features=40, padded=False, dtype="float64"):
    ckeras.utils.set_random_seed(1)
    embedding = layers.Embedding(words, features, mask_zero=padded, dtype=dtype)
    model = ckeras.Sequential([embedding, layer])
    model.compile()
    return model


def with_and_without(model, tokens):
    """Predictions with the pass and without, and the kernels of both plans."""
    results, kernels = [], []
    for off in ((), ("tokens",)):
        with passes.switched_off(*off) if off else contextlib.nullcontext():
            model.make_predict_function(force=True)
            results.append(model.predict(tokens, batch_size=len(tokens), verbose=0))
        kernels.append([s.step.kernel for s in model.predict_function.plan.steps])
    return *results, *kernels


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("batch", [3, 17])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_the_same_numbers(layer, batch, padded):
    model = a_model(layer(dtype="float64"), padded=padded)
    tokens = texts(batch, padded=padded)
    found, wanted, kernels, others = with_and_without(model, tokens)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    assert "indexing.gather" in others
    assert "indexing.gather" not in kernels
    assert kernels.count("tokens.distinct") == 1
    ways = 2 if "bidirectional" in model.layers[-1].name else 1
    assert kernels.count("tokens.project") == ways


def test_bits_do_not_depend_on_threads():
    model = a_model(layers.LSTM(64), features=64, dtype="float32")
    tokens, found = texts(40, 30), []
    before = config.get_num_threads()
    for n in (1, 2):
        config.set_num_threads(n)
        found.append(model.predict(tokens, verbose=0))
    config.set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_each_batch_has_its_own_tokens():
    """Neither which tokens nor how many is part of what has been compiled."""
    model = a_model(layers.LSTM(20), dtype="float32")
    tokens = np.concatenate([texts(8, words=w, seed=w) for w in (2, 70, 30, 5)])
    found = model.predict(tokens, batch_size=8, verbose=0)
    wanted = [model.predict_on_batch(tokens[i : i + 1]) for i in range(len(tokens))]
    np.testing.assert_allclose(found, np.concatenate(wanted), rtol=1e-5, atol=1e-6)


def test_features_that_others_need_too():
    inputs = ckeras.Input((19,), dtype="int32")
    features = layers.Embedding(70, 40)(inputs)
    model = ckeras.Model(inputs, [layers.LSTM(20)(features), features])
    tokens = texts(9)
    found, embedded = model.predict(tokens, verbose=0)
    table = model.layers[1].get_weights()[0]
    np.testing.assert_array_equal(embedded, table[tokens])
    with passes.switched_off("tokens"):
        model.make_predict_function(force=True)
        wanted, _ = model.predict(tokens, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("tokens", "options"),
    [
        (texts(2, 5), {}),
        (texts(9), {"features": 16}),
        (texts(9, 4000), {"words": 300_000, "layer": layers.LSTM(120)}),
    ],
    ids=["few timesteps", "few features", "too large"],
)
def test_what_is_left_as_it_is(tokens, options):
    options = {"layer": layers.LSTM(20), "dtype": "float32", **options}
    model = a_model(options.pop("layer"), **options)
    model.predict(tokens, verbose=0)
    kernels = [s.step.kernel for s in model.predict_function.plan.steps]
    assert "indexing.gather" in kernels
    assert "tokens.distinct" not in kernels


def test_training_keeps_the_features():
    model = a_model(layers.LSTM(3), dtype="float32")
    model.compile(loss="mse", optimizer="sgd")
    model.train_on_batch(texts(9), np.ones((9, 3)))
    kernels = [s.step.kernel for s in model.train_function.plan.steps]
    assert "tokens.distinct" not in kernels


@pytest.mark.parametrize("bad", [70, -71])
def test_a_token_that_the_table_does_not_have(bad):
    model = a_model(layers.LSTM(20), dtype="float32")
    tokens = texts(9)
    tokens[4, 2] = bad
    with pytest.raises(IndexError, match=r"embedding.*indices from -70 to 69"):
        model.predict(tokens, verbose=0)
