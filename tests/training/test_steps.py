"""Passes over arrays, datasets and generators, whole ones and parts."""

import numpy as np
import pytest

from ckeras import Sequential, callbacks, config, layers, ops, utils
from ckeras.utils import PyDataset
from tests.training.helpers import (
    check_weights,
    data,
    linear,
    reference_sgd,
    slices,
)


def test_shuffled_epochs_see_every_row_once():
    seen = []

    class Recorder(Sequential):
        def train_step(self, data):
            x, _ = data
            seen.append(np.asarray(x)[:, 0])
            return super().train_step(data)

    x = np.arange(10.0)[:, np.newaxis]
    model = Recorder([layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    utils.set_random_seed(0)
    model.fit(x, x, batch_size=3, epochs=2, verbose=0)
    epochs = np.concatenate(seen).reshape(2, 10)
    np.testing.assert_array_equal(np.sort(epochs), [np.arange(10)] * 2)
    assert (epochs[0] != epochs[1]).any()


def test_steps_per_epoch_goes_on_where_the_last_epoch_ended():
    x, y = data(12)
    model = linear()
    kernel, bias = model.get_weights()
    model.fit(x, y, 2, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0)
    check_weights(model, *reference_sgd(kernel, bias, slices(x, y, 2))[:2])
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(x, y, 6, steps_per_epoch=3, verbose=0)


def test_steps_of_evaluate_and_predict():
    x, y = data(12)
    model = linear()
    part = model.evaluate(x[:6], y[:6], verbose=0)
    assert model.evaluate(x, y, batch_size=3, steps=2, verbose=0) == pytest.approx(part)
    assert model.predict(x, batch_size=5, steps=2, verbose=0).shape == (10, 1)


class PairSums(layers.Layer):
    """Two numbers for each batch, however many samples it has."""

    def call(self, x):
        return ops.sum(x, axis=0)[:2]


def test_predict_joins_results_that_have_no_row_for_each_sample():
    x = np.arange(15.0, dtype="float32").reshape(5, 3)
    model = Sequential([PairSums()])
    for size in (2, 5, 32):  # the whole batches of two have two rows by accident
        parts = [x[i : i + size].sum(0)[:2] for i in range(0, 5, size)]
        expected = np.concatenate(parts)
        np.testing.assert_array_equal(model.predict(x, size, verbose=0), expected)


class Batches(PyDataset):
    def __init__(self, x, y, size):
        super().__init__()
        self.batches = [b[:2] for b in slices(x, y, size)]

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def test_datasets_and_generators():
    x, y = data(20)
    models = [linear() for _ in range(3)]
    arrays = models[0].fit(x, y, 8, epochs=2, shuffle=False, verbose=0)
    source = Batches(x, y, 8)
    dataset = models[1].fit(
        source, epochs=2, shuffle=False, verbose=0, validation_data=source
    )

    def forever():
        while True:
            yield from source.batches

    generator = models[2].fit(forever(), epochs=2, steps_per_epoch=3, verbose=0)
    assert arrays.history["loss"] == dataset.history["loss"]
    assert arrays.history["loss"] == generator.history["loss"]
    assert models[0].evaluate(x, y, verbose=0) == pytest.approx(
        models[0].evaluate(source, verbose=0), rel=1e-6
    )
    np.testing.assert_array_equal(
        models[0].predict(x, verbose=0), models[0].predict(source, verbose=0)
    )


def test_a_generator_that_ends_stops_the_training():
    x, y = data(4)
    with pytest.warns(UserWarning, match="ran out of data"):
        history = linear().fit(
            iter([(x, y)] * 3), epochs=5, steps_per_epoch=2, verbose=0
        )
    assert len(history.history["loss"]) == 2


def test_stop_training_in_the_middle_of_an_epoch():
    seen = []

    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)
            self.model.stop_training = batch == 1

    x, y = data(20)
    history = linear().fit(x, y, 4, epochs=3, callbacks=[Stop()], verbose=0)
    assert seen == [0, 1]
    assert history.epoch == [0]


def test_steps_per_execution():
    seen = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(b))
    x, y = data(20)
    model = linear(steps_per_execution=2)
    kernel, bias = model.get_weights()
    model.fit(x, y, 4, callbacks=[watch], shuffle=False, verbose=0)
    assert seen == [1, 3, 5]  # a last group that is not full counts as a whole one
    check_weights(model, *reference_sgd(kernel, bias, slices(x, y, 4))[:2])


@pytest.mark.parametrize("kind", ["arrays", "batches"])
@pytest.mark.parametrize("watched", [True, False])
def test_steps_per_epoch_is_rounded_up_to_whole_executions(kind, watched):
    x, y = data(40)
    batches = slices(x, y, 4)
    seen = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(b))
    given = {"x": x, "y": y, "batch_size": 4, "shuffle": False}
    if kind == "batches":
        given = {"x": iter(batches)}
    model = linear(steps_per_execution=2)
    kernel, bias = model.get_weights()
    watches = [watch] if watched else []
    model.fit(**given, steps_per_epoch=3, callbacks=watches, verbose=0)
    check_weights(model, *reference_sgd(kernel, bias, batches[:4])[:2])
    assert seen == ([1, 3] if watched else [])


def test_limits_of_epochs_and_steps():
    x, y = data(24)
    model = linear()
    kernel, bias = model.get_weights()
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    try:
        with pytest.warns(UserWarning, match="Limiting (epochs to 2|steps_per_epoch)"):
            history = model.fit(x, y, 4, epochs=4, shuffle=False, verbose=0)
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
            assert model.predict(x, 4, verbose=0).shape[0] == 12
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
    assert len(history.history["loss"]) == 2
    batches = slices(x, y, 4)
    check_weights(model, *reference_sgd(kernel, bias, batches)[:2])


def test_predict_batches_reach_callbacks():
    outputs = []
    watch = callbacks.LambdaCallback(
        on_predict_batch_end=lambda b, logs: outputs.append(logs["outputs"])
    )
    x, _ = data(10)
    result = linear().predict(x, 4, callbacks=[watch], verbose=0)
    np.testing.assert_array_equal(np.concatenate(outputs), result)
