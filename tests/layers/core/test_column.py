import numpy as np
import pytest

import ckeras
from ckeras import layers


def column():
    return layers.Column(
        [
            layers.LSTM(4, return_sequences=True, input_shape=(5,)),
            layers.Dropout(0.5, seed=1),
            layers.LSTM(3),
            layers.Dense(2),
        ],
        name="column",
    )


def test_same_as_one_after_the_other():
    layer = column()
    x = np.random.default_rng(0).normal(size=(2, 5, 1)).astype("float32")
    expected = x
    y = layer(x)
    for inner in layer.layers:
        expected = inner(expected)
    np.testing.assert_array_equal(y, expected)
    assert len(layer.weights) == 8
    assert layer.weights[0].path == "column/lstm/lstm_cell/kernel" or layer.weights[
        0
    ].path.startswith("column/lstm")
    assert layer.compute_output_shape((7, 5, 1)) == (7, 2)
    assert not np.array_equal(layer(x, training=True), y)


def test_in_a_model():
    model = ckeras.Sequential([column(), layers.Dense(1)])
    assert model.input_shape == (None, 5, 1)
    assert model(np.ones((2, 5))).shape == (2, 1)
    again = ckeras.Sequential.from_config(model.get_config())
    again.set_weights(model.get_weights())
    x = np.ones((2, 5))
    np.testing.assert_array_equal(again(x), model(x))


def test_masks_go_through():
    layer = layers.Column(
        [layers.Embedding(5, 2, mask_zero=True), layers.Dense(3)], name="words"
    )
    y = layer(np.array([[1, 0]]))
    np.testing.assert_array_equal(y._keras_mask, [[True, False]])


@pytest.mark.parametrize("value", [[], ["dense"], [layers.Dense(1), None]])
def test_bad_layers(value):
    with pytest.raises(ValueError, match="non-empty list of layers"):
        layers.Column(value)
