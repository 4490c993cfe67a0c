"""The variables of a model as nested dictionaries."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, optimizers


def model():
    inputs = ckeras.Input((3,))
    made = ckeras.Model(inputs, layers.Dense(1, name="out")(inputs))
    made.compile(optimizers.Adam(name="adam"), "mse")
    return made


def test_values_by_path():
    one = model()
    state = one.get_state_tree(value_format="numpy_array")
    kernel = state["trainable_variables"]["out"]["kernel"]
    assert type(kernel) is np.ndarray
    np.testing.assert_array_equal(kernel, one.layers[1].kernel.numpy())
    assert state["non_trainable_variables"] == {}
    assert state["optimizer_variables"]["adam"]["iteration"] == 0
    assert set(state["metrics_variables"]["loss"]) == {"total", "count"}
    symbolic = one.get_state_tree()["trainable_variables"]["out"]["kernel"]
    np.testing.assert_array_equal(symbolic, kernel)


def test_round_trip_after_training():
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    one, two = model(), model()
    one.fit(x, y, verbose=0)
    two.optimizer.build(two.trainable_variables)
    two.set_state_tree(one.get_state_tree("numpy_array"))
    np.testing.assert_array_equal(one.predict(x, verbose=0), two.predict(x, verbose=0))
    assert two.optimizer.iterations == 1
    one.fit(x, y, verbose=0)
    two.fit(x, y, verbose=0)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_part_of_the_state():
    one = model()
    kernel = one.layers[1].kernel.numpy()
    one.set_state_tree({"trainable_variables": {"out": {"bias": [0.5]}}})
    np.testing.assert_array_equal(one.layers[1].bias, [0.5])
    np.testing.assert_array_equal(one.layers[1].kernel, kernel)


def test_bad_arguments():
    one = model()
    with pytest.raises(ValueError, match="Unknown variable name: weights"):
        one.set_state_tree({"weights": {}})
    with pytest.raises(ValueError, match="Invalid `value_format` argument"):
        one.get_state_tree("list")
    twins = ckeras.Sequential([layers.Dense(3, name="a")])
    twins.build((None, 3))
    twins.add(ckeras.Sequential([layers.Dense(3, name="b")]))
    twins.layers[1].build((None, 3))
    first, second = twins.layers[0].kernel, twins.layers[1].layers[0].kernel
    second._path = first.path
    with pytest.raises(ValueError, match="path is found twice in the model"):
        twins.get_state_tree()
