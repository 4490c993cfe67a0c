import copy
import pickle
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

COPIES = [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]


def two_inputs():
    a = ckeras.Input((3,), name="a")
    b = ckeras.Input((2,), name="b")
    x = layers.Concatenate()([layers.Dense(2, name="left")(a), b])
    return ckeras.Model([a, b], [layers.Dense(1)(x), x])


A = np.arange(6, dtype="float32").reshape(2, 3)
B = np.arange(4, dtype="float32").reshape(2, 2)


def test_inputs_and_outputs():
    model = two_inputs()
    y, x = model([A, B])
    assert y.shape == (2, 1)
    assert x.shape == (2, 4)
    assert model.input_shape == [(None, 3), (None, 2)]
    assert model.output_shape == [(None, 1), (None, 4)]
    assert model.input_names == ["a", "b"]
    assert [layer.name for layer in model.layers][:2] == ["a", "left"]
    by_name, _ = model({"a": A, "b": B, "unused": B})
    np.testing.assert_array_equal(by_name, y)
    assert model.compute_output_shape([(5, 3), (5, 2)]) == [(5, 1), (5, 4)]


def test_wrong_inputs():
    model = two_inputs()
    with pytest.raises(ValueError, match="doesn't match the expected structure"):
        model._standardize_inputs({"a": A})
    with pytest.raises(ValueError, match=r"expects 2 named input\(s\)"):
        model([A])
    with pytest.raises(ValueError, match=r"expected shape=\(None, 2\)"):
        model([A, A])
    with pytest.raises(ValueError, match="not optional, but None was passed"):
        model([A, None])


def test_rank_and_type_are_adjusted():
    inputs = ckeras.Input((3, 1))
    model = ckeras.Model(inputs, layers.Flatten()(inputs))
    y = model(np.arange(6).reshape(2, 3))
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, A)
    inputs = ckeras.Input((3,))
    model = ckeras.Model(inputs, layers.Identity()(inputs))
    assert model(A[..., None]).shape == (2, 3)
    with pytest.raises(ValueError, match="incompatible"):
        model(np.ones((2, 3, 4)))


def test_shared_layers():
    dense = layers.Dense(3)
    a, b = ckeras.Input((3,)), ckeras.Input((3,))
    model = ckeras.Model([a, b], layers.Subtract()([dense(a), dense(b)]))
    assert len(model.weights) == 2
    np.testing.assert_allclose(model([A, A]), np.zeros((2, 3)))
    assert len(dense._inbound_nodes) == 2


def test_nested_models_and_values_in_the_middle():
    inputs = ckeras.Input((3,))
    hidden = layers.Dense(4, activation="tanh")(inputs)
    model = ckeras.Model(inputs, layers.Dense(2)(hidden))
    encoder = ckeras.Model(inputs, hidden)
    decoder = ckeras.Model(hidden, model.output)
    np.testing.assert_allclose(decoder(encoder(A)), model(A), rtol=1e-6)
    outer = ckeras.Input((3,))
    around = ckeras.Model(outer, decoder(encoder(outer)))
    np.testing.assert_allclose(around(A), model(A), rtol=1e-6)
    assert around.layers[1] is encoder


def test_several_outputs_of_one_layer():
    inputs = ckeras.Input((5, 3))
    y, h, c = layers.LSTM(2, return_sequences=True, return_state=True)(inputs)
    model = ckeras.Model(inputs, {"all": y, "last": h, "carry": c})
    outputs = model(np.ones((4, 5, 3)))
    assert outputs["all"].shape == (4, 5, 2)
    np.testing.assert_array_equal(outputs["all"][:, -1], outputs["last"])


def test_errors_of_construction():
    a, b = ckeras.Input((3,)), ckeras.Input((3,))
    with pytest.raises(ValueError, match="must be KerasTensors"):
        ckeras.Model(A, a)
    with pytest.raises(ValueError, match=r"not connected|Graph disconnected"):
        ckeras.Model(a, layers.Dense(2)(b))
    x = layers.Dense(2, name="same")(layers.Dense(2, name="same")(a))
    with pytest.raises(ValueError, match="names should be unique"):
        ckeras.Model(a, x)
    with pytest.raises(ValueError, match="cannot be empty"):
        ckeras.Model([], [])
    with pytest.warns(UserWarning, match="all keys in the dict must match"):
        ckeras.Model({"other": a}, layers.Dense(2)(a))


def test_structure_that_differs_is_a_warning():
    model = two_inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model((A, B))
    a = ckeras.Input((3,))
    model = ckeras.Model([a], layers.Identity()(a))
    with pytest.warns(UserWarning, match="doesn't match the expected structure"):
        model._standardize_inputs({"x": {"y": A}}["x"]["y"][None] if False else ((A,),))


def test_training_argument():
    inputs = ckeras.Input((50,))
    model = ckeras.Model(inputs, layers.Dropout(0.5, seed=1)(inputs))
    x = np.ones((4, 50), "float32")
    np.testing.assert_array_equal(model(x), x)
    assert (model(x, training=True).numpy() == 0).any()
    inputs = ckeras.Input((50,))
    model = ckeras.Model(inputs, layers.Dropout(0.5)(inputs, training=True))
    assert (model(x).numpy() == 0).any()


def test_trainable():
    model = two_inputs()
    model.trainable = False
    assert model.trainable_weights == []
    a = ckeras.Input((3,))
    assert ckeras.Model(a, layers.Dense(1)(a), trainable=False).trainable_weights == []


@pytest.mark.parametrize("copied", COPIES)
def test_copies(copied):
    model = two_inputs()
    again = copied(model)
    for x, y in zip(again([A, B]), model([A, B]), strict=True):
        np.testing.assert_array_equal(x, y)
    assert again.get_config() == model.get_config()
    assert again.weights[0] is again.get_layer("left").kernel
    again.get_layer("left").kernel.assign(np.zeros((3, 2)))
    assert not np.allclose(again([A, B])[1], model([A, B])[1])


@pytest.mark.parametrize("copied", COPIES)
def test_copies_with_ops_shared_layers_and_nested_models(copied):
    inputs = ckeras.Input((3,))
    dense = layers.Dense(3)
    inner = ckeras.Model(inputs, dense(ops.tanh(dense(inputs)) + 1.0))
    outer = ckeras.Input((3,))
    model = ckeras.Model(outer, inner(inner(outer)) * 2.0)
    again = copied(model)
    np.testing.assert_array_equal(again(A), model(A))
    assert len(again.weights) == 2


def test_subclass_of_functional():
    class Custom(ckeras.Model):
        def twice(self, x):
            return self(x) * 2

    inputs = ckeras.Input((3,))
    model = Custom(inputs, layers.Identity()(inputs))
    np.testing.assert_array_equal(model.twice(A), A * 2)
    assert isinstance(model, ckeras.models.Functional)

    class Made(ckeras.Model):
        def __init__(self, units):
            inputs = ckeras.Input((3,))
            super().__init__(inputs=inputs, outputs=layers.Dense(units)(inputs))
            self.units = units

    model = Made(4)
    assert model(A).shape == (2, 4)
    assert len(model.weights) == 2


def test_ops_get_config_and_back():
    inputs = ckeras.Input((3,))
    x = ops.max(ops.square(inputs) - inputs, axis=-1, keepdims=True)
    model = ckeras.Model(inputs, x)
    again = ckeras.Model.from_config(model.get_config())
    np.testing.assert_array_equal(again(A), model(A))


def test_a_layer_that_returns_another_number_of_outputs():
    class Parts(layers.Layer):
        count = 2

        def call(self, x):
            return [x * (i + 1.0) for i in range(self.count)]

    inputs = ckeras.Input((1,))
    layer = Parts(name="parts")
    model = ckeras.Model(inputs, layer(inputs))
    x = np.ones((2, 1), "float32")
    layer.count = 3  # further outputs are left out, as in Keras
    assert [float(y[0, 0]) for y in model(x)] == [1.0, 2.0]
    layer.count = 1
    with pytest.raises(ValueError, match="'parts' returned 1 outputs"):
        model(x)
