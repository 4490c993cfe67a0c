"""Facts about the state of one's own layers and models, the same with Keras.


Each case takes the library and returns what JSON can hold.
"""

import numpy as np

from tests.reference.programs.kit import collector, error, fill, paths, values

__all__ = ["CASES", "own_layers"]

CASES: dict = {}
case = collector(CASES)


def own_layers(keras):
    layers, ops = keras.layers, keras.ops

    class Linear(layers.Layer):
        def __init__(self, units=4, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units),
                initializer="glorot_uniform",
                name="kernel",
            )
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")
            self.steps = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="steps"
            )

        def call(self, inputs):
            return ops.matmul(inputs, self.w) + self.b

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Block(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = Linear(3)
            self.stack = [Linear(3, name="in_list"), [Linear(3), layers.Dropout(0.5)]]
            self.named = {"b": Linear(3), "a": layers.Dense(3, name="dense_a")}
            self.pair = (Linear(3), layers.LSTM(3))
            self.count = layers.Dense(2)

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(3,), initializer="ones", name="scale")
            self.late = Linear(3, name="late")
            self.late.build((None, 3))

        def call(self, x, training=False):
            x = self.late(self.first(x)) * self.scale
            x = self.stack[1][1](self.stack[1][0](self.stack[0](x)), training=training)
            x = self.named["a"](self.named["b"](x))
            x = self.pair[1](ops.expand_dims(self.pair[0](x), 1))
            return self.count(x)

    return Linear, Block


@case
def tracking(keras):
    _, Block = own_layers(keras)
    block = Block(name="block")
    before = len(block.weights)
    block(np.ones((2, 5), "float32"))
    block.first.trainable = False
    return {
        "before": before,
        "weights": paths(block.weights),
        "trainable": paths(block.trainable_weights),
        "non_trainable": paths(block.non_trainable_variables),
        "variables": paths(block.variables),
        "layers": [layer.name for layer in block._flatten_layers()],
        "path": block.path,
        "inner path": block.stack[1][0].path,
        "count": block.count_params(),
    }


@case
def paths_in_models(keras):
    layers = keras.layers
    Linear, Block = own_layers(keras)

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.blocks = [Block(), Block()]
            self.inner = keras.Sequential([layers.Dense(2), Linear(2)])
            self.shared = Linear(2)

        def call(self, x):
            for block in self.blocks:
                x = self.shared(block(x))
            return self.inner(x)

    model = Own()
    model.compile("adam", "mse")
    model.fit(np.ones((4, 5), "float32"), np.ones((4, 2), "float32"), verbose=0)
    inputs = keras.Input((5,))
    outer = keras.Model(inputs, Linear(2, name="head")(model(inputs)), name="outer")
    return {
        "weights": paths(model.weights),
        "optimizer": paths(model.optimizer.variables),
        "outer": paths(outer.weights),
        "layers": [layer.name for layer in model.layers],
        "of Keras's name": [v.name for v in model.weights],
    }


@case
def name_scopes(keras):
    with keras.name_scope("a"):
        one = keras.Variable(1.0, name="x")
        with keras.name_scope("b"):
            two = keras.Variable(1.0, name="x")
            dense = keras.layers.Dense(2, name="dense")
            dense.build((None, 3))
    called_outside = keras.layers.Dense(2, name="other")
    with keras.name_scope("c"):
        called_outside(np.ones((1, 2)))
    return paths([one, two, *dense.weights, *called_outside.weights])


@case
def states_of_layers(keras):
    layers = keras.layers

    class Stateful(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.generator = keras.random.SeedGenerator(3)
            self.tracker = keras.metrics.Mean(name="mean_input")
            self.trackers = [keras.metrics.Sum(name="sum_input")]
            self.raw = keras.Variable(2.0, trainable=False, name="raw")

        def call(self, x):
            self.tracker.update_state(x)
            self.trackers[0].update_state(x)
            return x * self.raw

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.state = Stateful(name="state")
            self.dense = layers.Dense(1)
            self.own_metric = keras.metrics.Mean(name="own_metric")

        def call(self, x):
            return self.dense(self.state(x))

    model = Own()
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.arange(6.0).reshape(3, 2).astype("float32")
    model.fit(x, np.ones((3, 1), "float32"), verbose=0)
    results = model.state.tracker.result(), model.state.trackers[0].result()
    return {
        "weights": paths(model.weights),
        "variables": paths(model.variables),
        "metrics": [m.name for m in model.metrics],
        "names": model.metrics_names,
        "metrics_variables": paths(model.metrics_variables),
        "of the layer": [m.name for m in model.state.metrics],
        "results": [float(r) for r in results],
        "history": sorted(model.history.history),
    }


@case
def losses_of_layers(keras):
    layers, ops = keras.layers, keras.ops

    class Penalty(layers.Layer):
        def __init__(self, rate, **kwargs):
            super().__init__(**kwargs)
            self.rate = rate
            self.inner = layers.ActivityRegularization(l1=0.5)

        def call(self, x):
            self.add_loss(self.rate * ops.sum(ops.square(x)))
            return self.inner(x)

    x = values("losses", 3, 2)
    layer = Penalty(0.1)
    layer(x)
    layer(x)
    twice = [float(v) for v in layer.losses]
    inputs = keras.Input((2,))
    y = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l1")(inputs)
    model = keras.Model(inputs, Penalty(0.2)(Penalty(0.3)(y)))
    fill(model)
    model.compile("sgd")
    symbolic = len(model.losses)
    model(x)
    called = [float(v) for v in model.losses]
    loss = model.evaluate(x, verbose=0)
    shared = Penalty(1.0)
    twins = keras.Sequential([shared, layers.Identity(), shared])
    twins(x)
    return {
        "twice": twice,
        "symbolic": symbolic,
        "called": called,
        "evaluate": float(loss),
        "shared": len(twins.losses),
        "not a tensor": error(layer.add_loss, "loss"),
    }


@case
def trainable(keras):
    layers = keras.layers
    x, y = values("trainable/x", 8, 3), values("trainable/y", 8, 2)

    def make(eager=False):
        model = keras.Sequential(
            [keras.Input((3,)), layers.Dense(4, name="a"), layers.Dense(2, name="b")]
        )
        fill(model)
        model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=eager)
        return model

    def changed(model):
        before = model.get_weights()
        model.fit(x, y, verbose=0)
        after = model.get_weights()
        return [bool((p != q).any()) for p, q in zip(before, after, strict=True)]

    facts = {}
    model = make()
    model.layers[0].trainable = False
    facts["frozen after compile, before fit"] = changed(model)
    model.layers[0].trainable = True
    facts["thawed after a step"] = changed(model)
    model.layers[0].trainable = False
    facts["weights of the frozen"] = [
        len(model.layers[0].trainable_weights),
        len(model.layers[0].non_trainable_weights),
        [v.trainable for v in model.layers[0].weights],
    ]
    model.layers[0].trainable = True
    model.compile(keras.optimizers.SGD(0.1), "mse")
    facts["thawed and compiled"] = changed(model)
    model.trainable = False
    facts["all"] = [
        [layer.trainable for layer in model.layers],
        len(model.trainable_weights),
        len(model.non_trainable_weights),
    ]
    model.layers[1].trainable = True
    facts["inner one of a frozen model"] = len(model.trainable_weights)
    model.trainable = True
    model.layers[0].kernel.trainable = False
    facts["one weight"] = paths(model.trainable_weights)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    facts["change by weight"] = changed(model)
    eager = make(eager=True)
    eager.layers[0].trainable = False
    facts["eager"] = changed(eager)
    born = layers.Dense(2, trainable=False)
    born.build((None, 2))
    facts["made frozen"] = [v.trainable for v in born.weights]
    facts["no boolean"] = error(layers.Dense, 2, trainable="no")
    return facts
