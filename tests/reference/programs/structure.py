"""Facts about graphs, clones, summaries and variables; see `mechanics.py`."""

import re

import numpy as np

from tests.reference.programs.kit import collector, error, fill, paths, values
from tests.reference.programs.mechanics import own_layers

__all__ = ["CASES"]

CASES: dict = {}
case = collector(CASES)


def graph(keras):
    """Two inputs, a shared layer, an op, and a model inside."""
    layers = keras.layers
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(4, activation="relu", name="shared")
    inner_input = keras.Input((4,), name="inner_input")
    inner = keras.Model(
        inner_input, layers.Dense(2, name="inner_dense")(inner_input), name="inner"
    )
    x = layers.Add(name="add")([shared(a), shared(b)])
    x = keras.ops.tanh(x) * 2.0
    y = inner(x)
    z = layers.Dense(1, name="head")(y)
    return keras.Model([a, b], [y, z], name="graph")


def numbers(x):
    return np.asarray(x).astype("float64").round(4).tolist()


@case
def surgery(keras):
    model = graph(keras)
    fill(model)
    x = [values("surgery/a", 2, 3), values("surgery/b", 2, 3)]
    features = keras.Model(model.inputs, model.get_layer("add").output)
    every = keras.Model(
        model.input,
        {name: model.get_layer(name).output for name in ("a", "add", "head")},
    )
    part = keras.Model(model.get_layer("inner").input, model.get_layer("inner").output)
    shared = model.get_layer("shared")
    second = keras.Model(model.inputs[1], shared(model.inputs[1]))
    outputs = every(x)
    return {
        "features": numbers(features(x)),
        "layers": [layer.name for layer in features.layers],
        "every": sorted(outputs),
        "head": numbers(outputs["head"]),
        "part": [layer.name for layer in part.layers],
        "second": numbers(second(x[1])),
        "by index": model.get_layer(index=2).name,
        "no such": error(model.get_layer, "nowhere"),
        "both": error(model.get_layer, "add", 2),
        "input_shape": str(model.input_shape),
        "output_shape": str(model.output_shape),
        "output_names": model.output_names,
        "not connected": error(
            keras.Model, keras.Input((3,)), model.get_layer("add").output
        ),
    }


@case
def operations(keras):
    model = graph(keras)
    layer = model.get_layer("shared")
    names = []
    for depth in sorted(model._nodes_by_depth, reverse=True):
        names.append(sorted(n.operation.name for n in model._nodes_by_depth[depth]))
    function = keras.Function(model.inputs, model.outputs[0], name="function")
    x = [values("surgery/a", 2, 3), values("surgery/b", 2, 3)]
    fill(model)
    history = model.outputs[1]._keras_history

    class Double(keras.Operation):
        def call(self, x):
            return x * 2

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, x.dtype)

    doubled = Double(name="double")(keras.Input((3,)))
    return {
        "operations": [op.name for op in model.operations],
        "depths": names,
        "function": [op.name for op in function.operations],
        "value": numbers(function(x)),
        "spec": [list(function.compute_output_spec(model.inputs).shape)],
        "inbound": len(layer._inbound_nodes),
        "outbound": len(layer._outbound_nodes),
        "history": [history.operation.name, history.node_index, history.tensor_index],
        "input of two calls": error(lambda: layer.input),
        "input": list(model.get_layer("head").input.shape),
        "output": list(model.get_layer("head").output.shape),
        "own": [list(doubled.shape), doubled._keras_history.operation.name],
        "eager": numbers(Double()(np.ones((2,), "float32"))),
    }


@case
def clones(keras):
    layers = keras.layers
    model = graph(keras)
    fill(model)
    x = [values("surgery/a", 2, 3), values("surgery/b", 2, 3)]
    calls = []

    def wider(layer):
        config = layer.get_config()
        if layer.name in ("head", "inner_dense"):
            config["units"] += 2
        return type(layer).from_config(config)

    def with_dropout(layer, *args, **kwargs):
        calls.append(layer.name)
        out = layer(*args, **kwargs)
        if layer.name == "add":
            out = layers.Dropout(0.5, name="after_add")(out)
        return out

    same = keras.models.clone_model(model)
    same.set_weights(model.get_weights())
    wide = keras.models.clone_model(model, clone_function=wider)
    called = keras.models.clone_model(
        model, clone_function=lambda layer: layer, call_function=with_dropout
    )
    recursive = keras.models.clone_model(model, clone_function=wider, recursive=True)
    stack = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    again = keras.models.clone_model(stack, input_tensors=keras.Input((3,), 5))

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

        def get_config(self):
            return {}

        @classmethod
        def from_config(cls, config):
            return cls()

    return {
        "same": numbers(same(x)[1]) == numbers(model(x)[1]),
        "shares nothing": not {id(w) for w in same.weights}
        & {id(w) for w in model.weights},
        "wide": [list(w.shape) for w in wide.weights],
        "called": sorted(set(calls)),
        "layers": sorted(layer.name for layer in called.layers),
        "kept weights": called.get_layer("shared") is model.get_layer("shared"),
        "value": numbers(called(x)[1]),
        "recursive": [list(w.shape) for w in recursive.weights],
        "sequential": [type(again).__name__, str(again.input_shape)],
        "subclass": type(keras.models.clone_model(Own())).__name__,
        "call function of a stack": error(
            keras.models.clone_model, stack, call_function=with_dropout
        ),
    }


def summary(model, **options):
    lines = []
    model.summary(print_fn=lines.append, line_length=90, **options)
    lines = "\n".join(lines).splitlines()
    # TensorFlow counts an optimizer's iterations in 8 bytes, other backends in 4.
    return [line for line in lines if "Optimizer params" not in line]


@case
def summaries(keras):
    layers = keras.layers
    Linear, Block = own_layers(keras)

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.block = Block(name="block")
            self.stack = [layers.Dense(3), layers.Dropout(0.1)]
            self.inner = keras.Sequential([layers.Dense(3), Linear(2)], name="inner")
            self.unused = layers.Dense(9, name="unused")

        def call(self, x):
            x = self.block(x)
            for layer in self.stack:
                x = layer(x)
            return self.inner(x)

    model = Own()
    facts = {"not built": summary(model)}
    model(np.ones((2, 4), "float32"))
    facts["called"] = summary(model)
    facts["nested"] = summary(model, expand_nested=True, show_trainable=True)
    model.block.trainable = False
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4), "float32"), np.ones((2, 2), "float32"), verbose=0)
    facts["trained"] = summary(model, show_trainable=True)
    inputs = keras.Input((4,))
    outer = keras.Model(inputs, layers.Dense(1)(model(inputs)), name="outer")
    facts["outer"] = summary(outer, expand_nested=True)
    facts["graph"] = summary(graph(keras), expand_nested=True)
    facts["range"] = summary(graph(keras), layer_range=["shared", "add"])
    facts["not found"] = error(summary, model, layer_range=["here", "there"])
    return facts


@case
def variables(keras):
    ops = keras.ops
    v = keras.Variable([1.0, 2.0], name="v")
    facts = {"start": [v.name, v.path, v.dtype, list(v.shape), v.ndim, v.trainable]}
    v.assign([3.0, 4.0])
    v.assign_add([1.0, 1.0])
    v.assign_sub(np.array([0.5, 0.5]))
    facts["assigned"] = numbers(v)
    facts["wrong shape"] = error(v.assign, [1.0])
    facts["operators"] = [
        numbers(x)
        for x in (
            v + 1, 1 - v, v * v, v / 2, v**2, -v, abs(-v), v @ v, v[0], v // 2, v % 2,
            2**v, v > 4.0, v == 3.5, v != 3.5, v <= 3.5,
        )
    ]  # fmt: skip
    facts["kinds"] = [
        hasattr(v, "numpy"), isinstance(v + 1, keras.Variable), len(np.asarray(v)),
    ]  # fmt: skip
    facts["bool"] = error(bool, v)
    facts["integer"] = keras.Variable(3).dtype
    facts["integers"] = keras.Variable([1, 2], dtype="int64").dtype
    facts["doubles"] = keras.Variable(np.ones(2)).dtype
    facts["flag"] = keras.Variable(True, dtype="bool").dtype
    made = keras.Variable(
        initializer=keras.initializers.Ones(), shape=(2, 3), dtype="float32"
    )
    facts["made"] = numbers(made)
    facts["initializer"] = numbers(
        keras.Variable(lambda shape, dtype: ops.ones(shape, dtype) * 2, shape=(2,))
    )
    facts["no shape"] = error(keras.Variable, keras.initializers.Ones())
    facts["bad name"] = error(keras.Variable, 1.0, name="a/b")
    facts["bad type"] = error(keras.Variable, 1.0, dtype="float31")
    facts["aggregation"] = [
        v.aggregation, error(keras.Variable, 1.0, aggregation="most"),
    ]  # fmt: skip
    facts["names"] = [re.sub(r"\d+", "N", keras.Variable(1.0).name) for _ in range(2)]
    frozen = keras.Variable(1.0, trainable=False)
    frozen.trainable = True
    facts["thawed"] = frozen.trainable
    facts["regularizer"] = error(setattr, v, "regularizer", 3)
    facts["text"] = repr(keras.Variable([1.0, 2.0], name="text"))
    facts["scope"] = []
    with keras.StatelessScope(state_mapping=[(v, ops.array([9.0, 9.0]))]) as scope:
        facts["scope"].append(numbers(v.value))
        v.assign(v + 1.0)
        facts["scope"].append(numbers(v.value))
    facts["scope"].append(numbers(scope.get_current_value(v)))
    facts["scope"].append(numbers(v))
    return facts


@case
def own_parts(keras):
    """Initializers, regularizers, constraints, losses, metrics, optimizers, schedules,
    callbacks of one's own, in one training."""
    layers, ops = keras.layers, keras.ops

    class Fixed(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return ops.reshape(ops.arange(np.prod(shape), dtype=dtype), shape) / 10.0

    class Quartic(keras.regularizers.Regularizer):
        def __call__(self, x):
            return 0.01 * ops.sum(ops.square(ops.square(x)))

    class Capped(keras.constraints.Constraint):
        def __call__(self, w):
            return ops.minimum(w, 0.6)

    class Focal(keras.losses.Loss):
        def __init__(self, gamma=2.0, **kwargs):
            super().__init__(**kwargs)
            self.gamma = gamma

        def call(self, y_true, y_pred):
            p = ops.where(y_true > 0.5, y_pred, 1.0 - y_pred)
            p = ops.clip(p, 1e-6, 1.0)
            return -ops.mean(ops.power(1.0 - p, self.gamma) * ops.log(p), axis=-1)

    class Share(keras.metrics.Metric):
        def __init__(self, name="share", **kwargs):
            super().__init__(name=name, **kwargs)
            self.above = self.add_variable((), "zeros", name="above")
            self.count = self.add_variable((), "zeros", name="count")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.above.assign_add(ops.sum(ops.cast(y_pred > 0.5, "float32")))
            self.count.assign(self.count + ops.shape(y_pred)[0])

        def result(self):
            return self.above / self.count

    class Sign(keras.optimizers.Optimizer):
        def __init__(self, learning_rate=0.01, name="sign", **kwargs):
            super().__init__(learning_rate=learning_rate, name=name, **kwargs)

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.means = [
                self.add_variable_from_reference(v, name="mean") for v in variables
            ]

        def update_step(self, gradient, variable, learning_rate):
            mean = self.means[self._get_variable_index(variable)]
            self.assign(mean, 0.9 * mean + 0.1 * gradient)
            step = ops.cast(learning_rate, variable.dtype) * ops.sign(mean)
            self.assign_sub(variable, step)

    class Steps(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return ops.where(ops.cast(step, "float32") < 3, 0.05, 0.01)

        def get_config(self):
            return {}

    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append([batch, sorted(logs)])

        def on_epoch_end(self, epoch, logs=None):
            seen.append(round(float(logs["loss"]), 4))
            self.model.optimizer.learning_rate

    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(
                2,
                "sigmoid",
                kernel_initializer=Fixed(),
                kernel_regularizer=Quartic(),
                kernel_constraint=Capped(),
                bias_regularizer=lambda b: 0.1 * ops.sum(ops.abs(b)),
            ),
        ]
    )
    model.compile(Sign(Steps()), Focal(), metrics=[Share()])
    x = values("own_parts/x", 12, 3)
    y = (values("own_parts/y", 12, 2) > 0).astype("float32")
    history = model.fit(
        x, y, batch_size=4, epochs=4, shuffle=False, verbose=0, callbacks=[Watch()]
    ).history
    return {
        "history": {k: numbers(v) for k, v in history.items()},
        "weights": [numbers(w) for w in model.get_weights()],
        "seen": seen,
        "optimizer": paths(model.optimizer.variables),
        "metric": paths(model.metrics[1].variables),
        "largest": float(np.max(model.get_weights()[0])),
    }
