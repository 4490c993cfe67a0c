"""Layers of attention store no matrix of scores, nor of masks that no one gave them."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops

LAYERS = {
    "MultiHeadAttention": lambda **k: ckeras.layers.MultiHeadAttention(4, 8, **k),
    "GroupQueryAttention": lambda **k: ckeras.layers.GroupQueryAttention(8, 4, 2, **k),
}
# Arguments of the layer, and what else the call is given.
WAYS = {
    "plain": ({}, ()),
    "causal": ({}, ("causal",)),
    "padding": ({}, ("padding",)),
    "causal, padding": ({}, ("causal", "padding")),
    "window, causal": ({"sliding_window": 100}, ("causal",)),
    "window, padding": ({"sliding_window": 100}, ("padding",)),
    "dropout, not training": ({"dropout": 0.1}, ("causal",)),
    "dropout, padding": ({"dropout": 0.1}, ("padding",)),
    "dropout, window, all": (
        {"dropout": 0.1, "sliding_window": 100},
        ("causal", "padding"),
    ),
    "dropout, half": (
        {"dropout": 0.1, "dtype": "mixed_float16"},
        ("causal", "padding"),
    ),
    "mixed_bfloat16": ({"dtype": "mixed_bfloat16"}, ("causal", "padding")),
    "mixed_float16": ({"dtype": "mixed_float16"}, ("causal", "padding")),
}


def scratch_bytes(make, length, options, given, gradient):
    layer = make(**options)
    layer.build((2, length, 16), (2, length, 16))
    x = ops.zeros((2, length, 16))
    mask = ops.ones((2, length), "bool")

    @ckeras.function
    def run(x, mask):
        x._keras_mask = mask if "padding" in given else None
        with GradientTape() as tape:
            tape.watch(x)
            y = layer(x, x, use_causal_mask="causal" in given)
        return tape.gradient(y, x) if gradient else y

    run(x, mask)
    return run.plan.scratch_bytes


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LAYERS)
def test_memory_grows_with_the_length(name, way, gradient):
    """Three times the length takes less than the matrix of masks in bytes more."""
    sizes = [scratch_bytes(LAYERS[name], n, *WAYS[way], gradient) for n in (1500, 4500)]
    assert sizes[1] < 3.1 * sizes[0]
    assert sizes[1] < 4500 * 4500


@pytest.mark.parametrize("name", LAYERS)
def test_training_with_padding(name):
    """Whole models, whose masks come from an embedding."""

    def scratch(length):
        tokens = ckeras.Input((length,), dtype="int32")
        x = ckeras.layers.Embedding(7, 16, mask_zero=True)(tokens)
        x = LAYERS[name]()(x, x, use_causal_mask=True)
        model = ckeras.Model(tokens, ckeras.layers.Dense(1)(x))
        model.compile("sgd", "mse")
        model.train_on_batch(np.ones((1, length)), np.ones((1, length, 1)))
        return max(p.scratch_bytes for p in model.train_function.plans)

    short, long = scratch(1500), scratch(4500)
    assert long < 3.2 * short


class ByOneMask(ckeras.layers.MultiHeadAttention):
    """Attention of its own is given all masks in one, which is stored."""

    def _compute_attention(self, *args, **kwargs):
        return super()._compute_attention(*args, **kwargs)


class GroupsByOneMask(ckeras.layers.GroupQueryAttention):
    def _compute_attention(self, *args, **kwargs):
        return super()._compute_attention(*args, **kwargs)


BY_ONE_MASK = {
    "MultiHeadAttention": lambda **k: ByOneMask(4, 8, **k),
    "GroupQueryAttention": lambda **k: GroupsByOneMask(8, 4, 2, **k),
}


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masks", ["", "query", "value", "query value", "value pairs"])
@pytest.mark.parametrize("name", LAYERS)
def test_as_with_one_mask_for_all(name, masks, causal, window):
    rng = np.random.default_rng(7)
    query, value = rng.normal(size=(2, 9, 6)), rng.normal(size=(2, 7, 6))
    given, found = {"use_causal_mask": causal}, []
    if "value" in masks:
        given["value_mask"] = np.array([[True] * 4 + [False] * 3, [False] + [True] * 6])
    if "pairs" in masks:
        given["attention_mask"] = rng.random((2, 9, 7)) > 0.3
    seeing = np.array([[True] * 5 + [False] * 4, [False, True] * 4 + [True]])
    for make in (LAYERS[name], BY_ONE_MASK[name]):
        layer = make(sliding_window=window)
        layer.build((2, 9, 6), (2, 7, 6))
        weights = np.random.default_rng(5)
        layer.set_weights([weights.normal(size=w.shape) for w in layer.weights])
        x, y = [ops.convert_to_tensor(v, "float32") for v in (query, value)]
        if "query" in masks:
            x._keras_mask = ops.convert_to_tensor(seeing)
        with GradientTape() as tape:
            tape.watch([x, y])
            result = layer(x, y, **given)
            loss = ops.sum(ops.sin(result))
        gradients = tape.gradient(loss, [x, y, *layer.trainable_variables])
        found.append([result, *gradients])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("length", [9, 5, 3])
@pytest.mark.parametrize("masks", ["", "query", "value", "query value", "pairs", "no"])
@pytest.mark.parametrize("name", LAYERS)
def test_dropout_only_drops_in_training(name, masks, length, dtype):
    """Without training no scores are needed: what sees no key gives 0 all the same."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, 5, 6)).astype("float32")
    y = rng.normal(size=(2, length, 6)).astype("float32")
    layer = LAYERS[name](dropout=0.5, sliding_window=2, seed=1, dtype=dtype)
    layer.build(x.shape, y.shape)
    given = {"use_causal_mask": True}
    if "value" in masks:
        given["value_mask"] = np.arange(length) >= np.array([[1], [length - 1]])
    if "pairs" in masks:
        given["attention_mask"] = rng.random((2, 5, length)) > 0.6
    if "no" in masks:
        given["key_mask"] = np.zeros((2, length), bool)

    def call(x, y, **options):
        x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
        if "query" in masks:
            x._keras_mask = ops.convert_to_tensor(
                [[True] * 3 + [False] * 2, [True] * 5]
            )
        with GradientTape() as tape:
            tape.watch([x, y])
            result = layer(x, y, **given, **options)
            outputs = result[0] if type(result) is tuple else result
            loss = ops.sum(ops.sin(ops.cast(outputs, "float32")))
        sources = [x, y, *layer.trainable_variables]
        return [outputs, *tape.gradient(loss, sources)]

    room = 1e-4 if dtype == "float32" else 4e-2
    by_scores = call(x, y, return_attention_scores=True)
    for f in (call, ckeras.function(call)):
        for a, b in zip(f(x, y), by_scores, strict=True):
            a, b = [np.asarray(v, "float32") for v in (a, b)]
            np.testing.assert_allclose(a, b, rtol=room, atol=room)
    trained = np.asarray(call(x, y, training=True)[0], "float32")
    same = np.allclose(trained, np.asarray(by_scores[0], "float32"), 1e-3)
    assert same == ("no" in masks)


@pytest.mark.parametrize("length", [3, 40])
@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("name", LAYERS)
def test_masks_hide_no_nan(name, where, length):
    """With dropout the mask multiplies the weights, and NaN stays what it is."""
    x, y = np.random.default_rng(0).normal(size=(2, 1, length, 4)).astype("float32")
    (x, y)[where][0, 1] = np.nan
    layer = LAYERS[name](dropout=0.3, seed=1)
    layer.build(x.shape, y.shape)
    mask = np.ones((1, length, length), bool)
    mask[0, 0] = False
    seeing = ops.convert_to_tensor(x)
    seeing._keras_mask = ops.convert_to_tensor(np.arange(length)[None] > 1)
    for query in (x, seeing)[: 1 + where]:
        found = layer(query, y, attention_mask=mask)
        wanted = layer(query, y, attention_mask=mask, return_attention_scores=True)[0]
        assert np.isnan(np.asarray(wanted)).any()
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_own_masks_are_asked_for():
    class Nearest(ckeras.layers.MultiHeadAttention):
        def _compute_causal_mask(self, query, value=None):
            return ops.convert_to_tensor(np.eye(query.shape[1], dtype=bool)[None])

    x = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
    layer = Nearest(2, 3)
    scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)[1]
    np.testing.assert_allclose(scores, np.broadcast_to(np.eye(5), (1, 2, 5, 5)))
    alone = layer(x[:, :1], x[:, :1])
    np.testing.assert_allclose(layer(x, x, use_causal_mask=True)[:, :1], alone, 1e-5)
