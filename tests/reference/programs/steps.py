"""Smaller programs: what else goes on in users' steps, layers and loops."""

import numpy as np

from tests.reference.programs.kit import fill, values

__all__ = [
    "batch_by_batch",
    "dictionaries",
    "gradient_penalty",
    "kinds_of_logs",
    "own_evaluation",
    "own_gradient",
    "rate_schedules",
    "sample_weights",
    "tapes_side_by_side",
    "warm_up",
]

X = values("steps/x", 16, 3)
Y = X[:, :1] * 2.0 + 1.0


def _mlp(keras, cls=None):
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, activation="tanh")(inputs)
    model = (cls or keras.Model)(inputs, keras.layers.Dense(1)(x))
    fill(model)
    return model


def _epochs(model, x=X, y=Y, epochs=3, **options):
    history = model.fit(
        x, y, epochs=epochs, verbose=0, shuffle=False, **options
    ).history
    for i in range(epochs):
        yield {name: float(value[i]) for name, value in history.items()}


def tapes_side_by_side(kit):
    """Two tapes that record the same computation, as GANs in TensorFlow's style."""
    keras, ops = kit.keras, kit.keras.ops
    generator, critic = _mlp(keras), _mlp(keras)
    first, second = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02)
    first.build(generator.trainable_variables)
    second.build(critic.trainable_variables)

    def step(x):
        with kit.GradientTape() as gen_tape, kit.GradientTape() as disc_tape:
            one = generator(x, training=True)
            fake = critic(ops.concatenate([one, one, one], -1), training=True)
            real = critic(x, training=True)
            gen_loss = ops.mean(ops.square(fake))
            disc_loss = ops.mean(ops.square(real - 1)) + ops.mean(ops.abs(fake))
        weights = generator.trainable_variables
        gradients = gen_tape.gradient(gen_loss, weights)
        first.apply_gradients(zip(gradients, weights, strict=True))
        weights = critic.trainable_variables
        gradients = disc_tape.gradient(disc_loss, weights)
        second.apply_gradients(zip(gradients, weights, strict=True))
        return gen_loss, disc_loss

    if not kit.run_eagerly:
        step = kit.function(step)
    x = keras.ops.convert_to_tensor(X)
    for _ in range(3):
        gen_loss, disc_loss = step(x)
        yield {"generator": float(gen_loss), "critic": float(disc_loss)}


def batch_by_batch(kit):
    """`train_on_batch` and `test_on_batch`, the learning rate changed in between."""
    keras = kit.keras
    model = _mlp(keras)
    model.compile(
        keras.optimizers.SGD(0.1), "mse", metrics=["mae"], run_eagerly=kit.run_eagerly
    )
    for rate in (0.1, 0.5, 0.0, 0.2):
        model.optimizer.learning_rate = rate
        yield {
            k: float(v) for k, v in model.train_on_batch(X, Y, return_dict=True).items()
        }
        loss, mae = model.test_on_batch(X, Y)
        yield {"loss": float(loss), "mae": float(mae)}


def dictionaries(kit):
    """Inputs, outputs, losses, weights and predictions by name."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.a = layers.Dense(2)
            self.b = layers.Dense(1)

        def call(self, inputs, training=None):
            joined = ops.concatenate([inputs["p"], inputs["q"]], -1)
            return {"u": self.a(joined), "v": self.b(joined)}

    model = Own()
    x = {"p": X, "q": X * 2.0}
    model(x)
    fill(model)
    model.compile(
        "sgd",
        loss={"u": "mse", "v": "mae"},
        loss_weights={"u": 1.0, "v": 0.5},
        metrics={"v": ["mse"]},
        run_eagerly=kit.run_eagerly,
    )
    yield from _epochs(model, x, {"u": X[:, :2], "v": Y}, batch_size=8)
    yield {k: float(v.sum()) for k, v in model.predict(x, verbose=0).items()}


def sample_weights(kit):
    """`unpack_x_y_sample_weight`, `compute_loss` and `compute_metrics` in a step."""
    keras = kit.keras

    class Own(keras.Model):
        def train_step(self, data):
            x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
            with kit.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(
                    x=x, y=y, y_pred=y_pred, sample_weight=sample_weight
                )
            weights = self.trainable_variables
            gradients = tape.gradient(loss, weights)
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
            logs = self.compute_metrics(x, y, y_pred, sample_weight)
            return {**logs, "now": loss}

    model = _mlp(keras, Own)
    model.compile("adam", "mse", weighted_metrics=["mae"], run_eagerly=kit.run_eagerly)
    weights = np.linspace(0.0, 1.0, 16)
    yield from _epochs(model, sample_weight=weights, batch_size=8)


def kinds_of_logs(kit):
    """Numbers, variables and tensors in the logs, and a counter of one's own."""
    keras, ops = kit.keras, kit.keras.ops

    class Own(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.count = keras.Variable(0, dtype="int32", trainable=False, name="n")

        def train_step(self, data):
            self.count.assign_add(1)
            logs = super().train_step(data)
            more = {"one": 1.0, "sum": ops.sum(data[0]), "two": np.float32(2.5)}
            return {**logs, **more, "count": self.count}

    model = _mlp(keras, Own)
    model.compile("sgd", "mse", run_eagerly=kit.run_eagerly)
    yield from _epochs(model, batch_size=4)


def warm_up(kit):
    """A factor that depends on the optimizer's iterations."""
    keras, ops = kit.keras, kit.keras.ops

    class Own(keras.Model):
        def train_step(self, data):
            x, y = data
            beta = ops.cast(self.optimizer.iterations, "float32") / 4.0
            beta = ops.minimum(1.0, beta)
            with kit.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = beta * self.compute_loss(y=y, y_pred=y_pred)
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"beta": beta, "loss": loss}

    model = _mlp(keras, Own)
    model.compile("sgd", "mse", run_eagerly=kit.run_eagerly)
    yield from _epochs(model, epochs=6, batch_size=16)


def own_gradient(kit):
    """A layer around `custom_gradient`."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    @ops.custom_gradient
    def clipped(x):
        def grad(*args, upstream=None):
            return ops.clip(args[0] if upstream is None else upstream, -0.1, 0.1)

        return x, grad

    class Clip(layers.Layer):
        def call(self, x):
            return clipped(x)

    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(2), Clip(), layers.Dense(1)]
    )
    fill(model)
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=kit.run_eagerly)
    yield from _epochs(model)


def rate_schedules(kit):
    """A schedule of the library, and a function, as the learning rate."""
    keras = kit.keras
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    for rate in (schedule, lambda: 0.02):
        model = _mlp(keras)
        model.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=kit.run_eagerly)
        yield from _epochs(model, batch_size=4)


def own_evaluation(kit):
    """An own `test_step` beside the standard training; `predict_step` with a dict."""
    keras, ops = kit.keras, kit.keras.ops

    class Own(keras.Model):
        def test_step(self, data):
            x, y = data
            return {"distance": ops.mean(ops.abs(self(x, training=False) - y))}

        def predict_step(self, data):
            x = data[0] if isinstance(data, (tuple, list)) else data
            return {"y": self(x, training=False), "sums": (ops.sum(x, axis=-1),)}

    model = _mlp(keras, Own)
    model.compile("sgd", "mse", run_eagerly=kit.run_eagerly)
    yield from _epochs(model, validation_data=(X[:8], Y[:8]))
    found = model.predict(X, batch_size=5, verbose=0)
    yield {"y": float(found["y"].sum()), "sums": float(found["sums"][0].sum())}


def gradient_penalty(kit):
    """Weights' gradients of the size of the input's gradient."""
    keras, ops = kit.keras, kit.keras.ops
    model = _mlp(keras)

    def penalty(x):
        with kit.GradientTape() as outer:
            with kit.GradientTape() as inner:
                inner.watch(x)
                y = ops.sum(ops.square(model(x)))
            size = ops.mean(ops.square(inner.gradient(y, x)))
        return size, outer.gradient(size, model.trainable_weights)

    if not kit.run_eagerly:
        penalty = kit.function(penalty)
    size, gradients = penalty(ops.convert_to_tensor(X))
    yield {"size": float(size)}
    for gradient in gradients:
        yield {
            "sum": float(ops.sum(gradient)),
            "size": float(ops.sum(ops.abs(gradient))),
        }
