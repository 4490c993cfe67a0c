import numpy as np
import pytest

import ckeras
from ckeras import layers


class Nested(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)
        self.count = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="count"
        )
        self.scale = self.add_weight(shape=(2,), name="scale")
        self.more = {"b": [layers.Dense(3)]}

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.more["b"][0].build((None, 2))

    def call(self, x):
        return self.more["b"][0](self.dense(x) * self.scale)


def test_order_of_weights():
    layer = Nested(name="nested")
    layer(np.ones((1, 4)))
    paths = [w.path for w in layer.weights]
    assert paths[:2] == ["nested/scale", "nested/count"]
    assert [p.rpartition("/")[2] for p in paths[2:]] == ["kernel", "bias"] * 2
    assert [w.name for w in layer.trainable_weights] == [
        "scale",
        "kernel",
        "bias",
        "kernel",
        "bias",
    ]
    assert [w.name for w in layer.non_trainable_weights] == ["count"]
    assert layer.count_params() == 2 + 1 + 4 * 2 + 2 + 2 * 3 + 3


def test_trainable_goes_down():
    layer = Nested()
    layer(np.ones((1, 4)))
    layer.trainable = False
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 6
    assert not layer.dense.kernel.trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 6 - 1 + 0 * len(layer.weights)


def test_frozen_before_build():
    layer = layers.Dense(2, trainable=False)
    layer(np.ones((1, 4)))
    assert layer.trainable_weights == []
    assert len(layer.weights) == 2


def test_set_weights_changes_all_or_nothing():
    layer = layers.Dense(2)
    layer(np.ones((1, 4)))
    before = layer.get_weights()
    with pytest.raises(ValueError, match="weight list of length 1"):
        layer.set_weights(before[:1])
    with pytest.raises(ValueError, match="not compatible with provided weight shape"):
        layer.set_weights([before[0] + 1, np.ones(3)])
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])
    layer.set_weights([before[0] + 1, before[1]])
    np.testing.assert_array_equal(layer.kernel, before[0] + 1)


def test_own_variables_to_a_store_and_back():
    layer, other = layers.Dense(2), layers.Dense(2)
    layer.build((None, 4))
    store = {}
    layer.save_own_variables(store)
    assert sorted(store) == ["0", "1"]
    with pytest.raises(ValueError, match="was never built"):
        other.load_own_variables(store)
    other.build((None, 4))
    other.load_own_variables(store)
    np.testing.assert_array_equal(other.kernel, layer.kernel)
    with pytest.raises(ValueError, match="expected 2 variables, but received 1"):
        other.load_own_variables({"0": store["0"]})


def test_count_params_needs_a_build():
    with pytest.raises(ValueError, match="isn't built"):
        layers.Dense(2).count_params()


def test_metrics_and_seeds():
    class Measuring(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean = ckeras.metrics.Mean()
            self.drop = layers.Dropout(0.5, seed=1)

        def call(self, x):
            return self.drop(x)

    layer = Measuring()
    assert layer.metrics == [layer.mean]
    assert len(layer.metrics_variables) == 2
    assert layer.weights == []
    assert layer.variables == [layer.drop.seed_generator.state]


def test_deleting_a_variable():
    layer = layers.Layer()
    layer.v = ckeras.Variable(1.0)
    assert len(layer.weights) == 1
    del layer.v
    assert layer.weights == []


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        (("kernel",), {}, ValueError, "`name` must be passed as a keyword argument"),
        (("kernel",), {"shape": (2,)}, ValueError, "`name` must be passed"),
        (((2,),), {"shape": (2,)}, ValueError, "both positionally and as a keyword"),
        (((2,), "zeros", None, True), {}, TypeError, "at most 3 positional arguments"),
    ],
)
def test_add_weight_explains_calls_of_keras_2(args, kwargs, error, message):
    with pytest.raises(error, match=message):
        layers.Layer().add_weight(*args, **kwargs)
    assert layers.Layer().add_weight((2,), "ones", "float64").dtype == "float64"
