"""Programs about what happens to gradients: accumulation, averages, own loops."""

import numpy as np

from tests.reference.programs.kit import BATCH, STEPS, fill, fit_steps, values

__all__ = [
    "accumulation",
    "averages",
    "function_loop",
    "mean_teacher",
    "stateless_loop",
]

ROWS = STEPS * BATCH


def _regressor(keras):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(6, activation="tanh"), layers.Dense(2)]
    )
    fill(model)
    return model


def _data():
    x = values("optimizing/x", ROWS, 5)
    return x, np.sin(3.0 * x[:, :2]) + x[:, 2:4]


def accumulation(kit):
    """`gradient_accumulation_steps` of an optimizer."""
    keras = kit.keras
    model = _regressor(keras)
    optimizer = keras.optimizers.AdamW(0.02, gradient_accumulation_steps=3)
    model.compile(optimizer, "mse", run_eagerly=kit.run_eagerly)
    yield from fit_steps(model, *_data())
    yield {"iterations": float(optimizer.iterations)}


def averages(kit):
    """`use_ema` of an optimizer: the weights end as moving averages."""
    keras = kit.keras
    model = _regressor(keras)
    optimizer = keras.optimizers.SGD(
        0.1, momentum=0.9, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4
    )
    model.compile(optimizer, "mse", run_eagerly=kit.run_eagerly)
    x, y = _data()
    history = model.fit(
        x, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0
    ).history
    for loss in history["loss"]:
        yield {"loss": float(loss)}
    yield {"after": float(model.evaluate(x, y, verbose=0))}


def mean_teacher(kit):
    """A teacher whose weights follow the student's, assigned in the step."""
    keras, ops = kit.keras, kit.keras.ops

    class MeanTeacher(keras.Model):
        def __init__(self, student, teacher, momentum=0.9):
            super().__init__()
            self.student = student
            self.teacher = teacher
            self.momentum = momentum
            self.loss_tracker = keras.metrics.Mean(name="loss")
            self.gap_tracker = keras.metrics.Mean(name="gap")

        def call(self, x):
            return self.teacher(x)

        def train_step(self, data):
            x, y = data
            with kit.GradientTape() as tape:
                y_pred = self.student(x, training=True)
                gap = ops.mean(ops.square(y_pred - self.teacher(x, training=False)))
                loss = self.compute_loss(y=y, y_pred=y_pred) + 0.5 * gap
            weights = self.student.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            for mean, now in zip(self.teacher.weights, weights, strict=True):
                mean.assign(self.momentum * mean + (1.0 - self.momentum) * now)
            self.loss_tracker.update_state(loss)
            self.gap_tracker.update_state(gap)
            return {m.name: m.result() for m in self.metrics}

        @property
        def metrics(self):
            return [self.loss_tracker, self.gap_tracker]

    model = MeanTeacher(_regressor(keras), _regressor(keras))
    model.teacher.trainable = False
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=kit.run_eagerly)
    x, y = _data()
    yield from fit_steps(model, x, y)
    yield {"teacher": float(ops.mean(ops.abs(model.teacher(x))))}


def function_loop(kit):
    """The guide's loop from scratch: a tape in a compiled function."""
    keras = kit.keras
    model = _regressor(keras)
    optimizer = keras.optimizers.Adam(0.02)
    loss_fn = keras.losses.Huber()
    train_metric = keras.metrics.MeanAbsoluteError()
    val_metric = keras.metrics.MeanAbsoluteError()

    def train_step(x, y):
        with kit.GradientTape() as tape:
            predictions = model(x, training=True)
            loss_value = loss_fn(y, predictions)
            loss_value += sum(model.losses)
        grads = tape.gradient(loss_value, model.trainable_weights)
        optimizer.apply(grads, model.trainable_weights)
        train_metric.update_state(y, predictions)
        return loss_value

    def test_step(x, y):
        val_metric.update_state(y, model(x, training=False))

    optimizer.build(model.trainable_weights)
    if not kit.run_eagerly:
        train_step, test_step = kit.function(train_step), kit.function(test_step)
    x, y = _data()
    for i in range(STEPS):
        rows = slice(i * BATCH, (i + 1) * BATCH)
        loss_value = train_step(x[rows], y[rows])
        yield {"loss": float(loss_value), "mae": float(train_metric.result())}
        if i % 5 == 4:
            train_metric.reset_state()
            test_step(x, y)
            yield {"val": float(val_metric.result())}


def stateless_loop(kit):
    """The stateless API, as one writes it for JAX: state goes in and comes out."""
    keras, layers = kit.keras, kit.keras.layers

    class Counting(layers.Layer):
        def build(self, input_shape):
            self.calls = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="calls"
            )

        def call(self, x):
            self.calls.assign_add(1.0)
            return x / (1.0 + 0.1 * self.calls)

    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(6, activation="tanh", activity_regularizer="l2"),
            Counting(),
            layers.Dense(2),
        ]
    )
    fill(model)
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build(model.trainable_variables)
    metric = keras.metrics.MeanAbsoluteError()
    loss_fn = keras.losses.MeanSquaredError()

    def compute_loss_and_updates(trainable, others, metric_state, x, y):
        y_pred, others, losses = model.stateless_call(
            trainable, others, x, training=True, return_losses=True
        )
        loss = loss_fn(y, y_pred) + sum(losses)
        metric_state = metric.stateless_update_state(metric_state, y, y_pred)
        return loss, (others, metric_state)

    grad_fn = kit.value_and_grad(compute_loss_and_updates)

    def train_step(state, x, y):
        trainable, others, slots, metric_state = state
        (loss, (others, metric_state)), grads = grad_fn(
            trainable, others, metric_state, x, y
        )
        trainable, slots = optimizer.stateless_apply(slots, grads, trainable)
        return loss, (trainable, others, slots, metric_state)

    if not kit.run_eagerly:
        train_step = kit.function(train_step)

    def fresh(variables):
        return [keras.ops.convert_to_tensor(v.numpy()) for v in variables]

    state = (
        fresh(model.trainable_variables),
        fresh(model.non_trainable_variables),
        fresh(optimizer.variables),
        fresh(metric.variables),
    )
    x, y = _data()
    for i in range(STEPS):
        rows = slice(i * BATCH, (i + 1) * BATCH)
        loss, state = train_step(state, x[rows], y[rows])
        yield {
            "loss": float(loss),
            "mae": float(metric.stateless_result(state[3])),
            "calls": float(state[1][0]),
        }
    yield {"reset": float(metric.stateless_reset_state()[0])}
    # The objects themselves have not changed; now they get the values.
    yield {"unchanged": float(abs(model.non_trainable_variables[0].numpy()))}
    for variable, value in zip(model.trainable_variables, state[0], strict=True):
        variable.assign(value)
    yield {"after": float(keras.ops.sum(model(x)))}
