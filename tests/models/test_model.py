import json

import numpy as np
import pytest

import ckeras
from ckeras import layers


class Custom(ckeras.Model):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = layers.Dense(3, name="first")
        self.rest = [layers.Dense(units, name="second")]

    def call(self, inputs, training=None):
        x = self.first(inputs)
        for layer in self.rest:
            x = layer(x)
        return x


def test_subclass():
    model = Custom(name="custom")
    assert not model.built
    assert model(np.ones((4, 5))).shape == (4, 2)
    assert [layer.name for layer in model.layers] == ["first", "second"]
    assert [w.path for w in model.weights] == [
        "custom/first/kernel",
        "custom/first/bias",
        "custom/second/kernel",
        "custom/second/bias",
    ]
    assert model.count_params() == 5 * 3 + 3 + 3 * 2 + 2


def test_config_of_a_subclass():
    config = Custom(3).get_config()
    assert config["units"] == 3
    model = Custom.from_config(config)
    assert model.units == 3
    model.build_from_config({"input_shape": (None, 5)})
    assert len(model.weights) == 4
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        Custom.from_config({"colour": 1})
    with pytest.warns(UserWarning, match="cannot be built automatically"):
        Custom().build_from_config({"input_shape": 3})


def test_get_layer():
    model = Custom()
    assert model.get_layer("first") is model.first
    assert model.get_layer(index=1) is model.rest[0]
    for arguments, message in (
        ({"name": "third"}, "No such layer: third"),
        ({"index": 2}, "only has 2 layers"),
        ({"name": "first", "index": 0}, "Provide only"),
        ({}, "Provide either"),
    ):
        with pytest.raises(ValueError, match=message):
            model.get_layer(**arguments)
    with pytest.raises(AttributeError, match="reserved"):
        model.layers = []


def test_no_call():
    with pytest.raises(NotImplementedError, match="does not have a `call`"):
        ckeras.Model()(np.ones((1, 1)))


def test_json():
    inputs = ckeras.Input((3,))
    model = ckeras.Model(inputs, layers.Dense(2)(inputs))
    text = model.to_json(indent=2)
    assert json.loads(text)["class_name"] == "Functional"
    again = ckeras.models.model_from_json(text)
    assert again.to_json(indent=2) == text
