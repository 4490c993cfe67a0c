import numpy as np
import pytest

import ckeras
from ckeras import layers


def test_activation():
    layer = layers.Activation("relu")
    np.testing.assert_array_equal(layer(np.array([-1.0, 2.0])), [0.0, 2.0])
    with pytest.raises(ValueError, match="nonsense"):
        layers.Activation("nonsense")


def test_identity_of_nested_inputs():
    a, b = np.ones((1, 2), "int32"), np.ones((1, 3), "float32")
    x, (y,) = layers.Identity()([a, [b]])
    assert (x.dtype, y.dtype) == ("int32", "float32")


def test_masking_sets_masked_steps_to_0():
    x = np.array([[[5.0, 5.0], [5.0, 1.0]]])
    y = layers.Masking(5.0)(x)
    np.testing.assert_array_equal(y, [[[0.0, 0.0], [5.0, 1.0]]])


def test_wrapper():
    wrapper = layers.Wrapper(layers.Dense(2, name="inside"))
    wrapper.build((None, 3))
    assert len(wrapper.weights) == 2
    again = layers.Wrapper.from_config(wrapper.get_config())
    assert again.layer.units == 2
    with pytest.raises(ValueError, match="supplied to Wrapper"):
        layers.Wrapper("dense")


@pytest.mark.parametrize(
    ("base", "arguments"),
    [
        (layers.Identity, {}),
        (layers.Activation, {"activation": "relu"}),
        (layers.Masking, {}),
        (layers.Dropout, {"rate": 0.5}),
        (layers.GaussianNoise, {"stddev": 1.0}),
        (layers.ActivityRegularization, {}),
    ],
)
def test_layers_without_weights_are_built_unless_a_subclass_builds(base, arguments):
    class Scaled(base):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],))

    assert base(**arguments).built
    layer = Scaled(**arguments)
    assert not layer.built
    layer(np.ones((2, 3, 4)))
    assert layer.factor.shape == (4,)


def test_serialize():
    layer = layers.deserialize(layers.serialize(layers.Dense(3, name="d")))
    assert (layer.units, layer.name) == (3, "d")
    with pytest.raises(ValueError, match="is not a"):
        layers.deserialize(ckeras.losses.serialize(ckeras.losses.MeanSquaredError()))
