"""Configurations of objects, in Keras 3's format."""

import json

import numpy as np
import pytest

from ckeras import activations, initializers, losses, ops, optimizers, saving
from ckeras.saving import builtins, serialization
from ckeras.saving.serialization import (
    ObjectSharingScope,
    SafeModeScope,
    deserialize_keras_object,
    serialize_keras_object,
)


def through_json(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", [1, [2.0]], {"a": {"b": None}}, b"bytes", ...],
)
def test_plain_values(value):
    config = through_json(serialize_keras_object(value))
    assert deserialize_keras_object(config) == value


def test_slices_arrays_tensors():
    value = slice(1, None, 2)
    assert deserialize_keras_object(serialize_keras_object(value)) == value
    array = np.arange(6, dtype="int64").reshape(2, 3)
    config = serialize_keras_object(array)
    assert config == {
        "class_name": "__numpy__",
        "config": {"value": array.tolist(), "dtype": "int64"},
    }
    again = deserialize_keras_object(config)
    assert again.dtype == "int64"
    np.testing.assert_array_equal(again, array)
    tensor = ops.convert_to_tensor([1.5, 2.5])
    again = deserialize_keras_object(serialize_keras_object(tensor))
    assert again.dtype == "float32"
    np.testing.assert_array_equal(again.numpy(), tensor.numpy())
    assert serialize_keras_object(np.float32(0.5)) == 0.5
    assert serialize_keras_object((1, 2)) == (1, 2)


def test_built_in_class():
    config = serialize_keras_object(optimizers.SGD(0.5, name="o"))
    assert config["module"] == "keras.optimizers"
    assert config["class_name"] == "SGD"
    assert config["registered_name"] is None
    again = deserialize_keras_object(through_json(config))
    assert isinstance(again, optimizers.SGD)
    assert again.get_config() == config["config"]


def test_built_in_function():
    config = serialize_keras_object(losses.mean_squared_error)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert deserialize_keras_object(config) is losses.mean_squared_error


def test_registered_class_and_function():
    @saving.register_keras_serializable("tests", name="Threes")
    class Three:
        def __init__(self, times=1):
            self.times = times

        def get_config(self):
            return {"times": self.times}

        @classmethod
        def from_config(cls, config):
            return cls(**config)

    @saving.register_keras_serializable("tests")
    def triple(x):
        return 3 * x

    config = through_json(serialize_keras_object(Three(2)))
    assert config["registered_name"] == "tests>Threes"
    assert deserialize_keras_object(config).times == 2
    assert saving.get_registered_name(triple) == "tests>triple"
    assert saving.get_registered_object("tests>triple") is triple
    assert deserialize_keras_object(serialize_keras_object(triple)) is triple
    with pytest.raises(ValueError, match="get_config"):
        saving.register_keras_serializable()(type("Bare", (), {}))


class Own(initializers.Initializer):
    def __init__(self, size=1):
        self.size = size


def test_custom_objects():
    config = serialize_keras_object(Own(4))
    assert config["class_name"] == "Own"
    with pytest.raises(TypeError, match="Could not locate class 'Own'"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, custom_objects={"Own": Own}).size == 4
    with saving.custom_object_scope({"Own": Own}):
        assert deserialize_keras_object(config).size == 4
        assert saving.get_registered_object("Own") is Own
    assert saving.get_registered_object("Own") is None


def test_lambda_only_without_safe_mode():
    with pytest.warns(UserWarning, match="lambda"):
        config = through_json(serialize_keras_object(lambda x, y=2: x * y))
    for value in (config, {"deep": [config]}):
        with pytest.raises(ValueError, match="Python lambda"):
            deserialize_keras_object(value)
    assert deserialize_keras_object(config, safe_mode=False)(4) == 8
    with SafeModeScope(True), pytest.raises(ValueError, match="Python lambda"):
        deserialize_keras_object(config, safe_mode=False)
    with SafeModeScope(False):
        assert deserialize_keras_object(config)(4) == 8


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("ckeras.saving.lambdas", "load"),
        ("keras.layers.core", "Dense"),
        ("keras.saving", "load_model"),
        ("keras.models", "load_model"),
        ("keras.losses", "get"),
        ("keras.losses", "__builtins__"),
        ("keras.optimizers", "_TABLE"),
        ("keras.utils", "get_file"),
        ("numpy", "load"),
        (None, "Adam"),
        (["keras"], "Adam"),
    ],
)
@pytest.mark.parametrize("kind", ["class", "function"])
def test_files_reach_nothing_else(module, name, kind):
    config = {"module": module, "class_name": name, "config": {}}
    if kind == "function":
        config.update(class_name="function", config=name)
    config["registered_name"] = name
    with pytest.raises((TypeError, ValueError)):
        deserialize_keras_object(config)


def test_broken_configurations():
    for config in (
        {"class_name": "function", "config": {"a": 1}, "module": "builtins"},
        {"class_name": "SGD", "config": [1], "module": "keras.optimizers"},
        {"class_name": "SGD", "config": {"speed": 1}, "module": "keras.optimizers"},
        {
            "class_name": "SGD",
            "config": {},
            "module": "keras.optimizers",
            "registered_name": "mine>SGD",
        },
        object(),
    ):
        with pytest.raises((TypeError, ValueError)):
            deserialize_keras_object(config)


def test_every_public_name_goes_both_ways():
    for module, name in builtins.public_classes():
        cls = builtins.find_builtin(module, name)
        found = builtins.builtin_name(cls)
        assert found is not None, (module, name)
        assert builtins.find_builtin(*found) is cls


def test_shared_objects_stay_one():
    one = initializers.Constant(2.0)
    with ObjectSharingScope():
        config = through_json(serialize_keras_object([one, one]))
    assert config[0]["shared_object_id"] == config[1]["shared_object_id"]
    with ObjectSharingScope():
        a, b = deserialize_keras_object(config)
    assert a is b


def test_object_without_config():
    with pytest.raises(TypeError, match="get_config"):
        serialize_keras_object(object())


def test_safe_mode_is_per_scope():
    assert serialization.in_safe_mode() is None
    with SafeModeScope(False):
        assert serialization.in_safe_mode() is False
    assert serialization.in_safe_mode() is None


def test_a_built_in_function_is_registered_under_no_other_name():
    config = {"class_name": "function", "module": "builtins", "config": "relu"}
    for name in (None, "relu", "function"):
        found = saving.deserialize_keras_object({**config, "registered_name": name})
        assert found is activations.relu
    with pytest.raises(ValueError, match="resolved to a Keras built-in"):
        saving.deserialize_keras_object({**config, "registered_name": "eval"})
