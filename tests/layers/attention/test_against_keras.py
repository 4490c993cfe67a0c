"""Attention layers against Keras: see `tests/reference/attention/make.py`."""

import json
import pathlib

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops, tree
from ckeras.engine import scope
from tests.reference.attention.cases import (
    CASES,
    apply,
    inputs,
    train,
    values,
    weights,
)

HERE = pathlib.Path(__file__).parents[2] / "reference" / "attention"
TABLE = json.loads((HERE / "layers.json").read_text())
ARRAYS = np.load(HERE / "layers.npz")


def built(name):
    scope.reset_names()
    case = CASES[name]
    layer = getattr(ckeras.layers, case["class"])(**case["arguments"])
    apply(layer, name, inputs(name))
    layer.set_weights(weights(name, layer))
    return layer


@pytest.mark.parametrize("name", CASES)
def test_config(name):
    layer = built(name)
    assert json.loads(json.dumps(layer.get_config())) == TABLE[name]["config"]
    again = type(layer).from_config(TABLE[name]["config"])
    assert json.loads(json.dumps(again.get_config())) == TABLE[name]["config"]


@pytest.mark.parametrize("name", CASES)
def test_weights(name):
    layer = built(name)
    assert [w.path for w in layer.weights] == TABLE[name]["paths"]
    assert [list(w.shape) for w in layer.weights] == TABLE[name]["shapes"]


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients(name):
    layer = built(name)
    xs = [ops.convert_to_tensor(x) for x in inputs(name)]
    with GradientTape() as tape:
        tape.watch(xs)
        outputs = tree.flatten(apply(layer, name, xs))
        loss = ops.zeros(())
        for i, y in enumerate(outputs):
            loss = loss + ops.sum(y * values(name, 200 + i, y.shape))
    for i, y in enumerate(outputs):
        expected = ARRAYS[f"{name}/output/{i}"]
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-6)
    variables = layer.trainable_variables
    found = tape.gradient(loss, [*xs, *variables])
    keys = [f"{name}/d_input/{i}" for i in range(len(xs))]
    keys += [f"{name}/d_weight/{i}" for i in range(len(variables))]
    for key, gradient in zip(keys, found, strict=True):
        gradient = np.zeros_like(ARRAYS[key]) if gradient is None else gradient
        np.testing.assert_allclose(gradient, ARRAYS[key], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_symbolic_shapes(name):
    layer = built(name)
    placeholders = [ckeras.Input(x.shape[1:]) for x in inputs(name)]
    if CASES[name]["class"] in ("Attention", "AdditiveAttention"):
        outputs = layer(placeholders, **CASES[name]["call"])
    else:
        outputs = layer(*placeholders, **CASES[name]["call"])
    for i, y in enumerate(tree.flatten(outputs)):
        assert y.shape == (None, *ARRAYS[f"{name}/output/{i}"].shape[1:])


@pytest.mark.parametrize("axes", [None, (1,), (2,), (-2, 1)])
def test_symbolic_shape_of_scores(axes):
    layer = ckeras.layers.MultiHeadAttention(2, 3, attention_axes=axes)
    query, value = np.ones((2, 3, 4, 5), "float32"), np.ones((2, 3, 6, 5), "float32")
    if axes == (1,):
        value = np.ones((2, 7, 4, 5), "float32")
    scores = layer(query, value, return_attention_scores=True)[1]
    placeholders = [ckeras.Input(x.shape[1:]) for x in (query, value)]
    symbol = layer(*placeholders, return_attention_scores=True)[1]
    assert symbol.shape == (None, *scores.shape[1:])


@pytest.mark.parametrize("axis", [3, 7, -4])
def test_axes_that_are_not_there(axis):
    layer = ckeras.layers.MultiHeadAttention(2, 4, attention_axes=(axis,))
    for x in (np.ones((1, 3, 4), "float32"), ckeras.Input((3, 4))):
        with pytest.raises(ValueError, match=f"`attention_axes`: axis {axis} is out"):
            layer(x, x)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("use_scale", [False, True])
def test_attention_with_and_without_scores(use_scale, masked, causal):
    """Without scores a kernel is at work, which never stores them."""
    rng = np.random.default_rng(5)
    shapes = (3, 4, 8), (3, 6, 5), (3, 6, 8)
    inputs = [ops.convert_to_tensor(rng.normal(size=s), "float32") for s in shapes]
    mask = None
    if masked:
        kept = rng.random((3, 6)) > 0.4
        kept[:, 0] = True
        mask = [rng.random((3, 4)) > 0.3, kept]
    layer = ckeras.layers.Attention(use_scale=use_scale)
    layer.build([x.shape for x in inputs])
    if use_scale:
        layer.set_weights([np.float32(0.7)])
    results = []
    for scores in (False, True):
        with GradientTape() as tape:
            tape.watch(inputs)
            y = layer(
                inputs,
                mask=mask,
                use_causal_mask=causal,
                return_attention_scores=scores,
            )
            y = y[0] if scores else y
            loss = ops.sum(ops.sin(y))
        sources = [*inputs, *layer.trainable_variables]
        results.append([y, *tape.gradient(loss, sources)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_training():
    _, losses, predictions = train(ckeras)
    np.testing.assert_allclose(losses, ARRAYS["transformer/losses"], rtol=1e-4)
    np.testing.assert_allclose(
        predictions, ARRAYS["transformer/predictions"], rtol=1e-3, atol=1e-4
    )


def test_file_of_keras(tmp_path):
    model = ckeras.saving.load_model(HERE / "transformer.keras")
    mine, _, _ = train(ckeras)
    assert [w.shape for w in model.weights] == [w.shape for w in mine.weights]
    rng = np.random.default_rng(3)
    x = rng.integers(1, 11, (32, 9)).astype("int32")
    x[::3, 6:] = 0
    expected = ARRAYS["transformer/predictions"]
    found = model.predict(x, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    model.save(tmp_path / "again.keras")
    again = ckeras.saving.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), found)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_half_precision_is_near(policy, dropout):
    """Layers with a causal mask, in half precision, against the same in float32."""
    x = np.random.default_rng(3).normal(size=(2, 6, 8)).astype("float32")
    results = []
    for dtype in ("float32", policy):
        layer = ckeras.layers.GroupQueryAttention(4, 4, 2, dropout=dropout, dtype=dtype)
        layer.build((2, 6, 8), (2, 6, 8))
        rng = np.random.default_rng(4)
        layer.set_weights([0.3 * rng.normal(size=w.shape) for w in layer.weights])
        with GradientTape() as tape:
            y = layer(x, x, use_causal_mask=True)
            loss = ops.sum(ops.square(ops.cast(y, "float32")))
        gradients = tape.gradient(loss, layer.trainable_weights)
        assert {g.dtype for g in gradients} == {"float32"}
        results.append([loss, *gradients])
    # One scale for all gradients: that of the key's bias is 0 but for rounding.
    largest = max(np.abs(g.numpy()).max() for g in results[0][1:])
    for exact, near in zip(*results, strict=True):
        np.testing.assert_allclose(near.numpy(), exact.numpy(), atol=0.02 * largest)
