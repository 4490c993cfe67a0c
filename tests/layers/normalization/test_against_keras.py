"""Layers against stored outputs of Keras: see `tests/reference/normalization`."""

import json
import pathlib
import shutil

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, config, function, ops
from ckeras.engine import scope
from tests.reference.normalization import cases

HERE = pathlib.Path(cases.__file__).parent
TABLE = json.loads((HERE / "layers.json").read_text())
ARRAYS = np.load(HERE / "layers.npz")
TRAINING = np.load(HERE / "training.npz")


def make_layer(case):
    scope.reset_names()
    return getattr(ckeras.layers, case["class"])(**case["arguments"])


def built(name):
    layer, (x, call) = (
        make_layer(cases.CASES[name]),
        cases.values(name, cases.CASES[name]),
    )
    layer(x, **call)
    layer.set_weights(cases.weights(name, [w.shape for w in layer.weights]))
    return layer, x, call


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", cases.CASES)
def test_config(name):
    layer = make_layer(cases.CASES[name])
    found = json.loads(json.dumps(layer.get_config()))
    assert found == TABLE[name]["config"]
    again = type(layer).from_config(found)
    assert json.loads(json.dumps(again.get_config())) == found


@pytest.mark.parametrize("name", cases.CASES)
def test_weights(name):
    layer, _, _ = built(name)
    assert [w.path for w in layer.weights] == TABLE[name]["paths"]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", cases.CASES)
def test_output_and_moving_statistics(name, compiled):
    layer, x, call = built(name)
    run = function(lambda x: layer(x, **call)) if compiled else layer
    y = run(x) if compiled else run(x, **call)
    assert y.dtype == "float32"
    assert_close(y, ARRAYS[f"{name}/output"])
    for i, weight in enumerate(layer.weights):
        assert_close(weight, ARRAYS[f"{name}/after/{i}"])


@pytest.mark.parametrize("name", cases.CASES)
def test_symbolic_shape(name):
    layer, x, _ = built(name)
    placeholder = ckeras.Input(batch_shape=(None, *x.shape[1:]))
    assert layer(placeholder).shape == (None, *x.shape[1:])
    assert layer.compute_output_shape(x.shape) == x.shape


@pytest.mark.parametrize("name", cases.CASES)
def test_gradients(name):
    layer, x, call = built(name)
    x = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **call)
        loss = ops.sum(y * cases.projection(name, y.shape))
    sources = [x, *layer.trainable_variables]
    d_x, *d_weights = tape.gradient(loss, sources)
    assert_close(d_x, ARRAYS[f"{name}/d_x"])
    for i, found in enumerate(d_weights):
        np.testing.assert_allclose(
            found, ARRAYS[f"{name}/d_weight/{i}"], rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("name", cases.trained_models(ckeras))
def test_training_steps(name):
    model = cases.trained_models(ckeras)[name]
    model.set_weights(cases.weights(name, [w.shape for w in model.weights]))
    model.compile(ckeras.optimizers.SGD(0.002, momentum=0.9), "mse")
    losses = []
    for x, y in cases.training_data(name):
        model.reset_metrics()
        losses.append(model.train_on_batch(x, y))
    np.testing.assert_allclose(losses, TRAINING[f"{name}/losses"], rtol=2e-5)
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(
            weight, TRAINING[f"{name}/{i}"], rtol=2e-4, atol=2e-5
        )


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_files_of_keras(ending, tmp_path):
    model = ckeras.models.load_model(HERE / f"model.{ending}", compile=False)
    expected = np.load(HERE / "model.npy")
    found = model.predict(cases.saved_input(), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    model.save(tmp_path / f"again.{ending}")
    again = ckeras.models.load_model(tmp_path / f"again.{ending}", compile=False)
    assert again.get_config() == model.get_config()
    for one, two in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_built_here_has_the_weights_of_the_file(tmp_path):
    model = cases.saved_model(ckeras)
    shutil.copy(HERE / "model.keras", tmp_path / "model.keras")
    model.load_weights(tmp_path / "model.keras")
    found = model.predict(cases.saved_input(), verbose=0)
    np.testing.assert_allclose(found, np.load(HERE / "model.npy"), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["bn_training", "ln", "rms", "gn"])
def test_same_bits_for_any_thread_count(name):
    before, found = config.get_num_threads(), []
    case = {**cases.CASES[name], "shape": (40, 16, 16, 24)}
    x, call = cases.values(name, case)
    d_y = cases.projection(name, x.shape)
    try:
        for n_threads in (1, 2, 5):
            config.set_num_threads(n_threads)
            layer = make_layer(case)
            layer.build(x.shape)

            def step(x, layer=layer):
                with GradientTape() as tape:
                    tape.watch(x)
                    y = layer(x, **call)
                sources = [x, *layer.trainable_variables]
                return y, tape.gradient(y, sources, output_gradients=d_y)

            results = ckeras.tree.flatten(function(step)(x)) + layer.weights
            found.append([np.asarray(r).tobytes() for r in results])
    finally:
        config.set_num_threads(before)
    assert found[0] == found[1] == found[2]
