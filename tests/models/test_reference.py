"""Models against stored ones of Keras: see `tests/reference/models/make.py`."""

import json
import pathlib

import numpy as np
import pytest

import ckeras
from ckeras import tree
from ckeras.engine import scope
from tests.reference.layers_cases import make_values
from tests.reference.models.cases import CASES

HERE = pathlib.Path(__file__).parents[1] / "reference/models"
TABLE = json.loads((HERE / "models.json").read_text())
ARRAYS = np.load(HERE / "models.npz")


def inputs_of(name, model):
    shapes = [(2, *x.shape[1:]) for x in model.inputs]
    if name in ("sequence", "masked"):
        return [make_values(name, 0, ("int", 9, shapes[0]))]
    return [make_values(name, i, shape) for i, shape in enumerate(shapes)]


def check_outputs(name, model):
    model.set_weights(
        [make_values(name, 100 + i, w.shape) for i, w in enumerate(model.weights)]
    )
    inputs = inputs_of(name, model)
    if name == "two_inputs":
        inputs = dict(zip("ab", inputs, strict=True))
    outputs = model(inputs if len(inputs) > 1 else inputs[0])
    for i, x in enumerate(tree.flatten(outputs)):
        np.testing.assert_allclose(x, ARRAYS[f"{name}/{i}"], rtol=2e-5, atol=2e-6)


def make(name):
    scope.reset_names()
    return CASES[name](ckeras)


@pytest.mark.parametrize("name", CASES)
def test_json(name):
    assert json.loads(make(name).to_json()) == TABLE[name]["json"]


@pytest.mark.parametrize("name", CASES)
def test_names_and_outputs(name):
    model = make(name)
    assert [w.path for w in model.weights] == TABLE[name]["paths"]
    assert [layer.name for layer in model.layers] == TABLE[name]["layers"]
    check_outputs(name, model)


@pytest.mark.parametrize("name", CASES)
def test_models_of_keras_come_back(name):
    model = ckeras.models.model_from_json(json.dumps(TABLE[name]["json"]))
    check_outputs(name, model)
    assert json.loads(model.to_json()) == TABLE[name]["json"]


@pytest.mark.parametrize("name", CASES)
def test_summary(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = []
    make(name).summary(print_fn=lines.append, line_length=80)
    assert "\n".join(lines) == TABLE[name]["summary"]
