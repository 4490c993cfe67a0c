import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers


def test_deferred_build():
    model = ckeras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built
    assert model.weights == []
    with pytest.raises(AttributeError, match="no defined input shape yet"):
        _ = model.input_shape
    y = model(np.ones((5, 4)))
    assert y.shape == (5, 2)
    assert model.output_shape == (5, 2)
    assert len(model.layers) == 2
    assert model.weights[0].path.endswith(f"{model.layers[0].name}/kernel")


def test_add_and_pop():
    model = ckeras.Sequential(name="m")
    model.add(ckeras.Input((3,)))
    model.add(layers.Dense(4, name="a"))
    assert model.output_shape == (None, 4)
    kernel = model.layers[0].kernel
    model.add(layers.Dense(2, name="b"))
    assert model.output_shape == (None, 2)
    assert model.layers[0].kernel is kernel
    assert [w.path for w in model.weights] == [
        "m/a/kernel",
        "m/a/bias",
        "m/b/kernel",
        "m/b/bias",
    ]
    assert model.pop().name == "b"
    assert model.output_shape == (None, 4)
    assert len(model.weights) == 2
    model.add(layers.Dense(7, name="b"))
    assert model(np.ones((2, 3))).shape == (2, 7)
    # Each layer was called once, but for the one that was there before the pop.
    assert len(model.layers[1]._inbound_nodes) == 1


def test_pop_of_nothing():
    with pytest.raises(IndexError, match="no layer to pop"):
        ckeras.Sequential().pop()


@pytest.mark.parametrize("kwargs", [{"input_shape": (3,)}, {"input_dim": 3}])
def test_input_shape_of_the_first_layer(kwargs):
    model = ckeras.Sequential([layers.Dense(4, **kwargs), layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 3)


def test_a_layer_that_does_not_fit_is_not_added():
    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(4)])
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        model.add(layers.LSTM(2))
    assert len(model.layers) == 1
    assert model(np.ones((1, 3))).shape == (1, 4)


def test_bad_layers():
    model = ckeras.Sequential([layers.Dense(2, name="a")])
    with pytest.raises(ValueError, match="should have unique names"):
        model.add(layers.Dense(2, name="a"))
    with pytest.raises(ValueError, match=r"Only instances of `keras\.Layer`"):
        model.add("dense")
    model = ckeras.Sequential([ckeras.Input((3,))])
    with pytest.raises(ValueError, match="different Input layer"):
        model.add(ckeras.Input((4,)))
    with pytest.raises(ValueError, match="has no layers"):
        ckeras.Sequential().build((None, 3))
    with pytest.raises(ValueError, match="already been configured"):
        ckeras.Sequential([ckeras.Input((3,)), layers.Dense(1)]).build((None, 4))
    with pytest.raises(AttributeError, match="reserved"):
        model.layers = []

    class Two(layers.Layer):
        def call(self, a, b):
            return a + b

    with pytest.raises(ValueError, match="single required positional argument"):
        ckeras.Sequential([ckeras.Input((3,)), Two()])


def test_layers_without_a_static_graph():
    class Several(layers.Layer):
        def call(self, inputs):
            return inputs[0] + inputs[1]

    model = ckeras.Sequential([Several(), layers.Dense(2)])
    assert model([np.ones((2, 3)), np.ones((2, 3))]).shape == (2, 2)


def test_sequences_of_scalars():
    model = ckeras.Sequential(
        [layers.LSTM(4, return_sequences=True, input_shape=(5,)), layers.LSTM(2)]
    )
    assert model.input_shape == (None, 5, 1)
    x = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    np.testing.assert_array_equal(model(x), model(x[..., None]))
    again = ckeras.Sequential.from_config(model.get_config())
    assert again(x).shape == (3, 2)


def test_nested():
    inner = ckeras.Sequential([layers.Dense(3), layers.Dense(4)])
    model = ckeras.Sequential([ckeras.Input((2,)), inner, layers.Dense(1)])
    assert model(np.ones((2, 2))).shape == (2, 1)
    assert len(model.weights) == 6
    assert inner.built


def test_training_reaches_the_layers():
    model = ckeras.Sequential([ckeras.Input((50,)), layers.Dropout(0.5, seed=1)])
    x = np.ones((4, 50), "float32")
    np.testing.assert_array_equal(model(x), x)
    assert (model(x, training=True).numpy() == 0).any()


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies(copied):
    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    x = np.ones((2, 3), "float32")
    again = copied(model)
    np.testing.assert_array_equal(again(x), model(x))
    assert again.weights[0] is again.layers[0].kernel
    assert again.weights[0] is not model.weights[0]
    again.add(layers.Dense(1))
    assert again.output_shape == (None, 1)
    assert model.output_shape == (None, 2)
    only_input = copied(ckeras.Sequential([ckeras.Input((3,))]))
    only_input.add(layers.Dense(2))
    assert only_input.output_shape == (None, 2)


def test_deep_models_can_be_copied():
    model = ckeras.Sequential([ckeras.Input((2,))])
    for _ in range(400):
        model.add(layers.Identity(), rebuild=False)
    model.build((None, 2))
    again = pickle.loads(pickle.dumps(model))
    assert len(again.layers) == 400
    assert again(np.ones((1, 2))).shape == (1, 2)
