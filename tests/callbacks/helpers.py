"""A stand-in for a model, and the calls that `fit` makes to callbacks."""

import numpy as np

from ckeras.callbacks import CallbackList


class FakeOptimizer:
    learning_rate = 0.5


class FakeModel:
    """Has what callbacks touch, and notes what they do."""

    name = "fake"
    built = True
    metrics = ()

    def __init__(self):
        self.stop_training = False
        self.optimizer = FakeOptimizer()
        self.weights = [np.zeros(2)]
        self.saved = []
        self._initial_epoch = None

    def get_weights(self):
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, overwrite=True):
        self.saved.append(path)

    save_weights = save


def run(callbacks, epoch_logs, model=None, batches=(), **params):
    """Plays the epochs of a `fit`; returns the model."""
    model = model or FakeModel()
    params = {"epochs": len(epoch_logs), "verbose": 0, "steps": 1, **params}
    everything = CallbackList(callbacks, add_history=True, model=model, **params)
    everything.on_train_begin()
    for epoch, logs in enumerate(epoch_logs):
        model.weights = [np.full(2, float(epoch))]
        everything.on_epoch_begin(epoch)
        for batch, batch_logs in enumerate(batches):
            everything.on_train_batch_begin(batch)
            everything.on_train_batch_end(batch, batch_logs)
        everything.on_epoch_end(epoch, dict(logs))
        if model.stop_training:
            break
    everything.on_train_end({})
    return model
