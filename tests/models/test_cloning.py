import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.models import clone_model


def functional():
    a, b = ckeras.Input((3,)), ckeras.Input((3,))
    dense = layers.Dense(2)
    inner = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(2)])
    return ckeras.Model([a, b], layers.Add()([inner(dense(a)), dense(b) * 2.0]))


def sequential():
    return ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2), layers.Dense(1)])


@pytest.mark.parametrize("make", [functional, sequential])
def test_clones(make):
    model = make()
    clone = clone_model(model)
    assert [x.name for x in clone.layers] == [x.name for x in model.layers]
    assert not any(a is b for a in clone.weights for b in model.weights)
    x = np.ones((2, 3), "float32")
    data = [x, x * 2] if make is functional else x
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(clone(data), model(data), rtol=1e-6)


def test_clone_function():
    def wider(layer):
        if isinstance(layer, layers.Dense):
            config = layer.get_config()
            return layers.Dense.from_config({**config, "units": config["units"] + 1})
        return type(layer).from_config(layer.get_config())

    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2)])
    assert clone_model(model, clone_function=wider).output_shape == (None, 3)
    around = ckeras.Sequential([ckeras.Input((3,)), model])
    clone = clone_model(around, clone_function=wider, recursive=True)
    assert clone.output_shape == (None, 3)


def test_call_function_and_inputs():
    calls = []

    def call(layer, *args, **kwargs):
        calls.append(layer.name)
        return layer(*args, **kwargs)

    inputs = ckeras.Input((3,))
    model = ckeras.Model(inputs, layers.Dense(2, name="d")(inputs))
    other = ckeras.Input((3,), name="other")
    clone = clone_model(model, input_tensors=other, call_function=call)
    assert calls == ["d"]
    assert clone.input_names == ["other"]
    with pytest.raises(ValueError, match="must have the same structure"):
        clone_model(model, input_tensors=[other, other])
    with pytest.raises(ValueError, match="not supported with Sequential"):
        clone_model(sequential(), call_function=call)
    with pytest.raises(ValueError, match="neither functional nor sequential"):
        clone_model(ckeras.Model(), clone_function=call)


def test_a_clone_of_a_compiled_model_is_compiled():
    model = sequential()
    assert not clone_model(model).compiled
    model.compile("adam", "mse", metrics=["mae"])
    clone = clone_model(model)
    assert clone.compiled and clone.loss == "mse"
    assert clone.optimizer is not model.optimizer
    assert clone.optimizer.get_config() == model.optimizer.get_config()


def test_a_layer_shared_between_nested_models_stays_shared():
    shared = layers.Dense(3, name="shared")
    a, b = ckeras.Input((3,)), ckeras.Input((3,))
    first = ckeras.Model(a, shared(a), name="first")
    second = ckeras.Model(b, shared(b), name="second")
    inputs = ckeras.Input((3,))
    clone = clone_model(ckeras.Model(inputs, second(first(inputs))), recursive=True)
    copies = [clone.get_layer(n).get_layer("shared") for n in ("first", "second")]
    assert copies[0] is copies[1] is not shared
