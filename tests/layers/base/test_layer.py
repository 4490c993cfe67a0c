import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops


class Scale(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=input_shape[-1:], name="factor")

    def call(self, inputs):
        return inputs * self.factor


class Options(layers.Layer):
    def __init__(self, size, sizes=(1, 2), **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x):
        return x


class Watching(layers.Layer):
    """Notes the value of `training` that it is called with."""

    def __init__(self, seen, **kwargs):
        super().__init__(**kwargs)
        self.__dict__["seen"] = seen

    def call(self, x, training=None):
        self.seen.append(training)
        return x


class Around(layers.Layer):
    def __init__(self, seen):
        super().__init__()
        self.first = Watching(seen)
        self.second = Watching(seen)
        self.third = Watching(seen)

    def call(self, x):
        return self.third(self.second(self.first(x), training=False))


def test_build_on_first_call():
    layer = Scale(name="scale")
    assert not layer.built
    assert layer.weights == []
    y = layer(np.ones((2, 3)))
    assert layer.built
    assert y.dtype == "float32"
    assert layer.factor.path == layer.path + "/factor" == "scale/factor"
    assert layer.get_build_config() == {"input_shape": (2, 3)}
    again = Scale()
    again.build_from_config({"input_shape": (2, 3)})
    assert again.factor.shape == (3,)


def test_state_is_locked_after_build():
    layer = Scale()
    layer.build((2, 3))
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        layer.other = ckeras.Variable(1.0)


def test_forgotten_super_call():
    class Broken(layers.Layer):
        def __init__(self):
            self.size = 1

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match="forgot to call"):
        Broken()(np.ones((1, 1)))


def test_bad_arguments():
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.Dense(2, colour="blue")
    with pytest.raises(ValueError, match="`trainable` to be a boolean"):
        layers.Dense(2, trainable="yes")
    with pytest.raises(ValueError, match="cannot contain character"):
        layers.Dense(2, name="a/b")
    with pytest.raises(ValueError, match="Only input tensors may be passed"):
        layers.Dense(2)("text")
    with pytest.raises(ValueError, match="`name` must be passed as a keyword"):
        layers.Dense(2).add_weight("kernel")
    with pytest.raises(NotImplementedError, match="does not have a `call`"):
        layers.Layer()(np.ones((1, 1)))


def test_automatic_config():
    layer = Options(3, name="options")
    config = layer.get_config()
    assert config["size"] == 3
    assert config["sizes"] == (1, 2)
    assert config["name"] == "options"
    assert config["trainable"] is True
    assert Options.from_config(config).size == 3
    with pytest.raises(NotImplementedError, match="override `get_config"):
        Options(np.ones(3)).get_config()


def test_training_comes_from_outside():
    seen = []
    layer = Around(seen)
    layer(np.ones((1, 2)), training=True)
    # As in Keras, an explicit value also holds for the layers after that one.
    assert seen[-3:] == [True, False, False]
    layer(np.ones((1, 2)))
    assert seen[-3:] == [None, False, False]


def test_autocast_and_dtype():
    layer = layers.Dense(2, dtype="float64")
    assert layer(np.ones((1, 2), "float32")).dtype == "float64"
    assert layer.kernel.dtype == "float64"
    assert layers.Identity(dtype="float64")(np.array([1])).dtype == "int64"
    with pytest.raises(ValueError, match="Cannot convert 'mixed_float8'"):
        layers.Dense(2, dtype="mixed_float8")


def test_build_and_output_shape_with_several_arguments():
    class Pair(layers.Layer):
        def build(self, a_shape, b_shape):
            self.shapes = (tuple(a_shape), tuple(b_shape))

        def call(self, a, b):
            return a + b

    layer = Pair()
    layer(np.ones((2, 3)), b=np.ones((2, 1)))
    assert layer.shapes == ((2, 3), (2, 1))
    assert layer.get_build_config() == {
        "shapes_dict": {"a_shape": (2, 3), "b_shape": (2, 1)}
    }

    class Wrong(layers.Layer):
        def build(self, a, b_shape):
            pass

        def call(self, a, b):
            return a

    with pytest.raises(ValueError, match="does not end in `_shape`"):
        Wrong()(np.ones((2, 3)), np.ones((2, 3)))


def test_sublayers_are_built_by_tracing():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = [layers.Dense(4), layers.Dense(2)]

        def call(self, x):
            for layer in self.inner:
                x = layer(x)
            return x

    block = Block()
    y = block(ckeras.Input((3,)))
    assert y.shape == (None, 2)
    assert [w.shape for w in block.weights] == [(3, 4), (4,), (4, 2), (2,)]
    assert block.inner[0].get_build_config() == {"input_shape": (None, 3)}
    assert block.weights[0].path == "block/dense/kernel" or block.weights[
        0
    ].path.startswith("block")


def test_stateless_call_changes_nothing():
    layer = layers.Dense(2)
    x = np.ones((1, 3), "float32")
    before = layer(x).numpy()
    values = [w.numpy() * 2 for w in layer.trainable_variables]
    y, rest = layer.stateless_call(values, [], x)
    np.testing.assert_allclose(y, before * 2, rtol=1e-6)
    assert rest == []
    np.testing.assert_array_equal(layer(x), before)
    with pytest.raises(ValueError, match="1:1"):
        layer.stateless_call(values[:1], [], x)
    with pytest.raises(ValueError, match="must be built"):
        layers.Dense(2).stateless_call([], [], x)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies(copied):
    layer = layers.Dense(2, activation="relu", kernel_regularizer="l2")
    x = np.ones((1, 3), "float32")
    y = layer(x)
    layer(ckeras.Input((3,)))
    again = copied(layer)
    np.testing.assert_array_equal(again(x), y)
    assert again.weights[0] is not layer.weights[0]
    assert again.weights[0] is again.kernel
    again.kernel.assign(np.zeros((3, 2)))
    np.testing.assert_array_equal(layer(x), y)


def test_repr():
    assert repr(layers.Dense(2, name="d")) == "<Dense name=d, built=False>"


def test_output_spec_error_names_the_layer():
    class Failing(layers.Layer):
        def call(self, x):
            return ops.reshape(x, (7, 7))

    with pytest.raises(Exception, match=r"(?s)'failing.*Error encountered"):
        Failing()(ckeras.Input((3,)))


class Preset(layers.Layer):
    """Gives its weights their values in `build`."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.scale.assign(5.0)
        self.first, self.second = layers.Dense(2), layers.Dense(2)
        for dense in (self.first, self.second):
            dense.build(shape)
        self.second.set_weights(self.first.get_weights())

    def call(self, x):
        return (self.first(x) - self.second(x)) * self.scale


@pytest.mark.parametrize("way", ["fit", "eager", "function", "call", "model"])
def test_what_build_assigns_stays(way):
    layer = Preset()
    x = np.ones((4, 3), "float32")
    if way in ("fit", "eager"):
        model = ckeras.Sequential([layer])
        model.compile(ckeras.optimizers.SGD(0.0), "mse", run_eagerly=way == "eager")
        model.fit(x, x[:, :2], batch_size=2, verbose=0)
    elif way == "function":
        step = ckeras.function(lambda x: layer(x))
        step(x)
        layer.scale.assign(6.0)
        step(x)  # assigns nothing once more
    elif way == "model":
        inputs = ckeras.Input((3,))
        ckeras.Model(inputs, layer(inputs)).predict(x, verbose=0)
    else:
        layer(x)
    assert float(layer.scale.numpy()) == (6.0 if way == "function" else 5.0)
    np.testing.assert_array_equal(layer.first.kernel, layer.second.kernel)
    np.testing.assert_array_equal(layer(x), np.zeros((4, 2)))


def test_a_layer_with_a_call_of_its_own_is_freed():
    class Multiplied(layers.Layer):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor
            self.call = lambda x: x * self.factor

    layer = Multiplied(3.0)
    np.testing.assert_array_equal(layer(np.ones((1, 2), "float32")), [[3.0, 3.0]])
    gone, kind = weakref.ref(layer), weakref.ref(Multiplied)
    del layer, Multiplied
    gc.collect()
    assert gone() is None
    assert kind() is None


def test_arguments_are_bound_as_python_binds_them():
    class Many(layers.Layer):
        def call(self, x, /, factor=2.0, *rest, bias=1.0, **more):
            return x * factor + bias + len(rest) + len(more)

    class Plain(layers.Layer):
        def call(self, x, factor, bias=1.0):
            return x * factor + bias

    x = np.ones((1, 1), "float32")
    assert float(Many()(x)) == 3.0
    assert float(Many()(x, bias=0.0, other=1)) == 3.0
    assert float(Plain()(x, factor=3.0)) == 4.0
    assert float(Plain()(bias=0.0, x=x, factor=3.0)) == 3.0
    for wrong in ({}, {"factor": 1.0, "other": 2.0}, {"x": x, "factor": 1.0}):
        with pytest.raises(TypeError, match="argument"):
            Plain()(x, **wrong)


def test_a_call_that_nothing_can_refer_to_weakly():
    class Doubling:
        __slots__ = ()

        def __call__(self, x):
            return x * 2

    class Given(layers.Layer):
        def __init__(self):
            super().__init__()
            self.call = Doubling()

    assert float(Given()(np.ones((1, 1), "float32"))) == 2.0
