"""Layers against stored outputs of Keras: see `tests/reference/make_layers.py`."""

import json

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops, tree
from ckeras.engine import scope
from tests.reference import layers_cases
from tests.reference.images import convolution
from tests.reference.layers_cases import make_values
from tests.reference.load import load

CASES = {**layers_cases.CASES, **convolution.CASES}
TABLE, ARRAYS = {}, {}
for stem in ("layers", "images/convolution"):
    arrays, facts = load(stem)
    TABLE.update(facts)
    ARRAYS.update(arrays)
# What Keras warns of is part of the cases.
pytestmark = pytest.mark.filterwarnings("ignore:`rms_scaling=True`")


def make_layer(case):
    scope.reset_names()
    return getattr(ckeras.layers, case["class"])(**case["arguments"])


def arguments(name, case):
    inputs = [make_values(name, i, x) for i, x in enumerate(case["inputs"])]
    call = dict(case.get("call", {}))
    if "mask" in case:
        call["mask"] = np.array(case["mask"])
    return inputs, call


def one_or_all(values):
    return values if len(values) > 1 else values[0]


def built(name, case):
    layer = make_layer(case)
    inputs, call = arguments(name, case)
    layer(one_or_all(inputs), **call)
    layer.set_weights(
        [make_values(name, 100 + i, w.shape) for i, w in enumerate(layer.weights)]
    )
    return layer, inputs, call


@pytest.mark.parametrize("name", CASES)
def test_config(name):
    config = make_layer(CASES[name]).get_config()
    assert json.loads(json.dumps(config)) == TABLE[name]["config"]
    again = type(make_layer(CASES[name])).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == TABLE[name]["config"]


@pytest.mark.parametrize("name", CASES)
def test_weights(name):
    layer, _, _ = built(name, CASES[name])
    assert [w.path for w in layer.weights] == TABLE[name]["paths"]
    assert [list(w.shape) for w in layer.weights] == TABLE[name]["shapes"]


@pytest.mark.parametrize("name", CASES)
def test_outputs(name):
    layer, inputs, call = built(name, CASES[name])
    outputs = tree.flatten(layer(one_or_all(inputs), **call))
    for i, x in enumerate(outputs):
        expected = ARRAYS[f"{name}/output/{i}"]
        assert x.dtype == str(expected.dtype)
        np.testing.assert_allclose(x, expected, rtol=2e-5, atol=2e-6)
    assert f"{name}/output/{len(outputs)}" not in ARRAYS


@pytest.mark.parametrize("name", CASES)
def test_symbolic_shapes(name):
    layer, inputs, _ = built(name, CASES[name])
    call = CASES[name].get("call", {})
    placeholders = [
        ckeras.Input(batch_shape=(None, *x.shape[1:]), dtype=str(x.dtype))
        for x in inputs
    ]
    outputs = tree.flatten(layer(one_or_all(placeholders), **call))
    for x, shape in zip(outputs, TABLE[name]["output_shapes"], strict=True):
        assert x.shape == (None, *shape[1:])


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    layer, inputs, call = built(name, CASES[name])
    inputs = [ops.convert_to_tensor(x) for x in inputs]
    floats = [x for x in inputs if x.dtype == "float32"]
    with GradientTape() as tape:
        for x in floats:
            tape.watch(x)
        outputs = tree.flatten(layer(one_or_all(inputs), **call))
        loss = ops.zeros(())
        for i, x in enumerate(outputs):
            loss = loss + ops.sum(x * make_values(name, 200 + i, x.shape))
    variables = layer.trainable_variables
    found = tape.gradient(loss, [*floats, *variables])
    keys = [f"{name}/d_input/{i}" for i, x in enumerate(inputs) if x.dtype == "float32"]
    keys += [f"{name}/d_weight/{i}" for i in range(len(variables))]
    for key, gradient in zip(keys, found, strict=True):
        expected = ARRAYS[key]
        gradient = np.zeros_like(expected) if gradient is None else gradient
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", convolution.MODELS)
def test_steps_of_training(name):
    model, losses = convolution.train(ckeras, name)
    np.testing.assert_allclose(losses, ARRAYS[f"{name}/losses"], rtol=2e-5)
    for i, w in enumerate(model.get_weights()):
        np.testing.assert_allclose(w, ARRAYS[f"{name}/{i}"], rtol=2e-4, atol=2e-5)
