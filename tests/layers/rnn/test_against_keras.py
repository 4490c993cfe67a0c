"""Recurrent layers against Keras: see `tests/reference/recurrent/make.py`."""

import json
import pathlib

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops, tree
from ckeras.engine import scope
from tests.reference.recurrent.cases import (
    CASES,
    MODELS,
    inputs,
    keywords,
    train,
    values,
)

HERE = pathlib.Path(__file__).parents[2] / "reference" / "recurrent"
TABLE = json.loads((HERE / "layers.json").read_text())
ARRAYS = np.load(HERE / "layers.npz")


def made(name):
    scope.reset_names()
    return CASES[name][0](ckeras.layers)


def built(name):
    layer = made(name)
    x, states, mask = inputs(name, CASES[name][1])
    layer(x, **keywords(states, mask))
    shapes = [w.shape for w in layer.weights]
    layer.set_weights([values(name, 100 + i, s) for i, s in enumerate(shapes)])
    return layer, x, states, mask


def unbuilt(config):
    """A configuration without the shapes with which parts of it were built."""
    if isinstance(config, list):
        return [unbuilt(item) for item in config]
    if isinstance(config, dict):
        return {k: unbuilt(v) for k, v in config.items() if k != "build_config"}
    return config


@pytest.mark.parametrize("name", CASES)
def test_config(name):
    layer, *_ = built(name)
    assert json.loads(json.dumps(layer.get_config())) == TABLE[name]["config"]
    again = type(layer).from_config(TABLE[name]["config"])
    again = json.loads(json.dumps(again.get_config()))
    assert unbuilt(again) == unbuilt(TABLE[name]["config"])


@pytest.mark.parametrize("name", CASES)
def test_weights(name):
    layer, *_ = built(name)
    assert [w.path for w in layer.weights] == TABLE[name]["paths"]
    assert [list(w.shape) for w in layer.weights] == TABLE[name]["shapes"]


@pytest.mark.parametrize("name", CASES)
def test_outputs(name):
    layer, x, states, mask = built(name)
    outputs = tree.flatten(layer(x, **keywords(states, mask)))
    symbolic = tree.flatten(layer(ckeras.Input(batch_shape=(None, *x.shape[1:]))))
    for i, (y, placeholder) in enumerate(zip(outputs, symbolic, strict=True)):
        expected = ARRAYS[f"{name}/output/{i}"]
        assert y.dtype == str(expected.dtype)
        assert placeholder.shape == (None, *expected.shape[1:])
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-6)
    assert f"{name}/output/{len(outputs)}" not in ARRAYS


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_gradients(name, compiled):
    layer, x, states, mask = built(name)
    sources = [ops.convert_to_tensor(v) for v in (x, *(states or []))]

    def gradients(x, *states):
        with GradientTape() as tape:
            tape.watch([x, *states])
            outputs = tree.flatten(layer(x, **keywords(list(states) or None, mask)))
            parts = [
                ops.sum(y * values(name, 200 + i, y.shape))
                for i, y in enumerate(outputs)
            ]
            loss = sum(parts[1:], parts[0])
        return tape.gradient(loss, [x, *states, *layer.trainable_variables])

    found = (ckeras.function(gradients) if compiled else gradients)(*sources)
    for i, gradient in enumerate(found):
        expected = ARRAYS[f"{name}/gradient/{i}"]
        gradient = np.zeros_like(expected) if gradient is None else gradient
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)
    assert f"{name}/gradient/{len(found)}" not in ARRAYS


@pytest.mark.parametrize("name", MODELS)
def test_steps_of_training(name):
    scope.reset_names()
    model, losses, predictions = train(ckeras, name)
    stored = json.loads((HERE / "models.json").read_text())
    arrays = np.load(HERE / "models.npz")
    assert losses == pytest.approx(stored[name]["losses"], rel=1e-4)
    expected = arrays[f"{name}/predictions"]
    np.testing.assert_allclose(predictions, expected, rtol=1e-3, atol=1e-4)
    for i, w in enumerate(model.get_weights()):
        expected = arrays[f"{name}/weight/{i}"]
        np.testing.assert_allclose(w, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("ending", ["keras", "h5", "weights.h5"])
@pytest.mark.parametrize("name", ["reader", "translator", "masked"])
def test_files(name, ending):
    made, x, _ = MODELS[name](ckeras)
    if ending == "weights.h5":
        made.load_weights(HERE / f"{name}.{ending}")
        model = made
    else:
        model = ckeras.models.load_model(HERE / f"{name}.{ending}")
        assert model.count_params() == made.count_params()
    expected = np.load(HERE / "models.npz")[f"{name}/predictions"]
    found = model.predict_on_batch(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
