"""Files of real Keras 3 (see `tests/reference/make_files.py`) give the same models."""

import json
import pathlib

import numpy as np
import pytest

from ckeras import layers, models, optimizers

FILES = pathlib.Path(__file__).parents[1] / "reference" / "files"
EXPECTED = json.loads((FILES / "expected.json").read_text())
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


def inputs(name):
    known = EXPECTED[name]
    kind = "int64" if known["integers"] else "float32"
    arrays = [np.array(a, kind) for a in known["x"]]
    return arrays[0] if len(arrays) == 1 else arrays


def targets(name):
    y = EXPECTED[name]["y"]
    if isinstance(y, dict):
        return {key: np.array(value) for key, value in y.items()}
    return np.array(y, "int64")


def check_predictions(model, name):
    found = model.predict(inputs(name), verbose=0)
    expected = EXPECTED[name]["predictions"]
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            np.testing.assert_allclose(found[key], value, **CLOSE)
    else:
        np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", ["classifier", "graph", "regressor"])
def test_whole_models(name, ending):
    if ending == "h5" and name == "regressor":
        with pytest.warns(UserWarning, match="No training configuration"):
            model = models.load_model(FILES / f"{name}.{ending}")
    else:
        model = models.load_model(FILES / f"{name}.{ending}")
    assert model.name == name
    check_predictions(model, name)
    if "evaluation" in EXPECTED[name]:
        logs = model.evaluate(inputs(name), targets(name), verbose=0, return_dict=True)
        assert logs == pytest.approx(EXPECTED[name]["evaluation"], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_training_goes_on_with_the_optimizer_as_it_was(ending):
    model = models.load_model(FILES / f"graph.{ending}")
    assert type(model.optimizer) is optimizers.SGD
    assert int(model.optimizer.iterations) == 4
    x, y = inputs("graph"), targets("graph")
    logs = model.train_on_batch(x, y, return_dict=True)
    assert logs == pytest.approx(EXPECTED["graph"]["step"], rel=1e-4)
    again = model.evaluate(x, y, verbose=0, return_dict=True)
    assert again == pytest.approx(EXPECTED["graph"]["after_step"], rel=1e-4)


@pytest.mark.parametrize("name", ["classifier", "graph", "regressor"])
def test_weights_into_a_model_of_the_same_configuration(name):
    source = models.load_model(FILES / f"{name}.keras", compile=False)
    assert not source.compiled
    model = type(source).from_config(source.get_config())
    model.load_weights(FILES / f"{name}.weights.h5")
    check_predictions(model, name)
    for one, two in zip(source.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_out_of_whole_model_files(ending):
    source = models.load_model(FILES / "classifier.keras", compile=False)
    model = models.clone_model(source)
    model.load_weights(FILES / f"classifier.{ending}")
    check_predictions(model, "classifier")


def test_weights_by_name():
    model = models.Sequential(
        [layers.Input((6,)), layers.Embedding(11, 4, name="words"), layers.Flatten()]
    )
    model.load_weights(FILES / "classifier.h5", by_name=True)
    source = models.load_model(FILES / "classifier.keras", compile=False)
    np.testing.assert_array_equal(model.get_weights()[0], source.get_weights()[0])


def test_keras_2_file():
    model = models.load_model(FILES / "keras_2.h5")
    check_predictions(model, "keras_2")
    assert type(model.optimizer) is optimizers.Adam
    x = inputs("keras_2")
    model.fit(x, np.eye(2)[[0, 1, 1, 0]], verbose=0)
    assert "accuracy" in model.history.history
