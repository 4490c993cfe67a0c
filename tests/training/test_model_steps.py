"""Steps, losses and metrics that models override."""

import numpy as np
import pytest

from ckeras import (
    GradientTape,
    Model,
    Sequential,
    layers,
    ops,
    optimizers,
    random,
    utils,
)
from tests.training.helpers import (
    check_weights,
    data,
    reference_sgd,
)


def test_overridden_train_step():
    class Doubled(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                loss = ops.mean(ops.square(self(x, training=True) - y)) * 2.0
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"double": loss}

    x, y = data(8)
    model = Doubled()
    model.compile("sgd", "mse")
    model(x)
    kernel, bias = model.get_weights()
    history = model.fit(x, y, verbose=0, shuffle=False)
    kernel, bias, loss = reference_sgd(kernel, bias, [(x, y, None)], rate=0.02)
    check_weights(model, kernel, bias)
    assert history.history["double"] == [pytest.approx(2 * loss, rel=1e-5)]


def test_overridden_compute_loss_and_metrics():
    from ckeras import metrics

    class Own(Sequential):
        def __init__(self, *args):
            super().__init__(*args)
            self.tracker = metrics.Mean(name="largest")

        def compute_loss(self, x, y, y_pred, sample_weight):
            return ops.mean(ops.abs(y - y_pred))

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            self.tracker.update_state(ops.max(y))
            return super().compute_metrics(x, y, y_pred, sample_weight)

    x, y = data(8)
    model = Own([layers.Dense(1)])
    model.compile("sgd")
    history = model.fit(x, y, verbose=0).history
    assert history.keys() == {"loss", "largest"}
    assert history["largest"] == [pytest.approx(y.max(), rel=1e-6)]


class Scaled(Model):
    """A model that is never called: its step alone knows what to do."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = ops.mean(ops.square(self.dense(x) - y))
        weights = self.dense.trainable_weights
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def test_own_step_of_a_model_without_call():
    x, y = data(8)
    model = Scaled()
    model.compile("sgd")
    first = model.fit(x, y, verbose=0).history["loss"][0]
    assert model.fit(x, y, verbose=0).history["loss"][0] < first
    with pytest.raises(NotImplementedError, match="does not have a `call` method"):
        model.predict(x, verbose=0)


@pytest.mark.parametrize("batches", [False, True], ids=["arrays", "generator"])
def test_own_step_may_do_without_targets(batches):
    class Autoencoder(Sequential):
        def train_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            with GradientTape() as tape:
                loss = self.compute_loss(x=x, y=x, y_pred=self(x, training=True))
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    x, _ = data(8)
    model = Autoencoder([layers.Dense(2, activation="tanh"), layers.Dense(3)])
    model.compile("adam", "mse")
    source = ((x,) for _ in range(3)) if batches else x
    history = model.fit(source, verbose=0)
    assert history.history["loss"][0] > 0
    # The loss has been built by the step; the standard evaluation still needs targets.
    with pytest.raises(ValueError, match="The loss needs targets"):
        model.evaluate(x, verbose=0)


def test_two_optimizers_update_by_kernel():
    """What the default optimizer of `compile` does not use stays free for others."""

    class Two(Model):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Dense(1), layers.Dense(1)]

        def compile(self, optimizers, **kwargs):
            super().compile(**kwargs)
            self.optimizers = optimizers

        def train_step(self, data):
            x, y = data
            for part, optimizer in zip(self.parts, self.optimizers, strict=True):
                with GradientTape() as tape:
                    loss = ops.mean(ops.square(part(x) - y))
                weights = part.trainable_weights
                optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    model = Two()
    model.compile([optimizers.Adam(), optimizers.SGD()])
    model.fit(*data(8), verbose=0)
    assert not model.optimizer.built
    assert all(optimizer._arenas is not None for optimizer in model.optimizers)
    names = [step.node.primitive.name for step in model.train_plan.steps]
    assert names.count("adam") == names.count("sgd") == 1


@pytest.mark.parametrize("seed", ["global", "generator", "layer"])
def test_random_numbers_are_the_same_compiled_and_eager(seed):
    class Noisy(Model):
        def __init__(self):
            super().__init__()
            self.generator = random.SeedGenerator(5)
            self.dropout = layers.Dropout(0.5, seed=3)
            self.dense = layers.Dense(1, kernel_initializer="ones")

        def call(self, x, training=None):
            if seed == "layer":
                return self.dense(self.dropout(x, training=training))
            source = None if seed == "global" else self.generator
            return self.dense(x + random.normal(ops.shape(x), seed=source))

    def losses(run_eagerly):
        utils.set_random_seed(2)
        model = Noisy()
        model.compile("adam", "mse", run_eagerly=run_eagerly)
        x, y = data(8)
        history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
        return history.history["loss"]

    assert losses(False) == pytest.approx(losses(True), rel=1e-6)


def test_single_batches_stand_for_themselves():
    x, y = data(8)
    model = Sequential([layers.Dense(1)])
    model.compile(optimizers.SGD(0.0), "mse", metrics=["mae"])
    for rows in (slice(4), slice(4, 8)):
        alone = model.evaluate(x[rows], y[rows], verbose=0)
        assert model.train_on_batch(x[rows], y[rows]) == pytest.approx(alone, rel=1e-6)
        assert model.test_on_batch(x[rows], y[rows]) == pytest.approx(alone, rel=1e-6)


def test_a_trainer_need_not_be_a_model():
    from ckeras.training import Trainer

    class Scaled(Trainer, layers.Layer):
        def __init__(self):
            layers.Layer.__init__(self)
            Trainer.__init__(self)
            self.factor = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            return x * self.factor

    model = Scaled()
    x = np.array([[1.0], [2.0]], "float32")
    for eagerly in (False, True):
        model.compile("sgd", "mse", run_eagerly=eagerly)
        assert len(model.fit(x, 2 * x, verbose=0).history["loss"]) == 1
    assert float(model.factor) > 1
