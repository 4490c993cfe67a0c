"""Steps, losses and metrics that models override."""

import pytest

from ckeras import Model, Sequential, layers, ops
from tests.training.helpers import (
    check_weights,
    data,
    reference_sgd,
)


def test_overridden_train_step():
    from ckeras import GradientTape

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
