"""fit, evaluate, predict and their kin against NumPy in float64."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from ckeras import Model, Sequential, callbacks, layers, ops, utils
from ckeras.utils import PyDataset
from tests.training.helpers import (
    data,
    linear,
    reference_sgd,
    two_output_data,
    two_outputs,
)


def slices(x, y, size, weights=None):
    return [
        (
            x[i : i + size],
            y[i : i + size],
            None if weights is None else weights[i : i + size],
        )
        for i in range(0, len(x), size)
    ]


def check_weights(model, kernel, bias):
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], bias, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("every_batch", [False, True])
def test_fit_makes_the_steps_of_sgd(eager, every_batch):
    x, y = data(20)
    model = linear(run_eagerly=eager)
    kernel, bias = model.get_weights()
    watch = [callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: None)]
    history = model.fit(
        x,
        y,
        batch_size=8,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=watch if every_batch else None,
    )
    expected = []
    for _ in range(2):
        kernel, bias, loss = reference_sgd(kernel, bias, slices(x, y, 8))
        expected.append(loss)
    check_weights(model, kernel, bias)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    assert history.epoch == [0, 1]
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 3}


def test_sample_weights():
    x, y = data(10)
    weights = np.random.default_rng(5).uniform(size=10)
    model = linear()
    kernel, bias = model.get_weights()
    model.fit(x, y, 4, sample_weight=weights, shuffle=False, verbose=0)
    check_weights(model, *reference_sgd(kernel, bias, slices(x, y, 4, weights))[:2])


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


def test_same_seed_same_bits():
    x, y = data(50)
    runs = []
    for _ in range(2):
        model = linear()
        runs.append(model.fit(x, y, epochs=3, verbose=0).history["loss"])
        runs.append(model.get_weights())
    assert runs[0] == runs[2]
    for one, two in zip(runs[1], runs[3], strict=True):
        np.testing.assert_array_equal(one, two)


def test_evaluate_and_predict():
    x, y = data(11)
    model = linear(metrics=["mae"])
    kernel, bias = model.get_weights()
    error = x @ kernel + bias - y
    loss, mae = model.evaluate(x, y, batch_size=4, verbose=0)
    np.testing.assert_allclose(
        [loss, mae], [np.mean(error**2), np.abs(error).mean()], rtol=1e-5
    )
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert named.keys() == {"loss", "mae"}
    assert type(named["loss"]) is float
    for size in (1, 4, 11, 100):
        predicted = model.predict(x, batch_size=size, verbose=0)
        assert isinstance(predicted, np.ndarray)
        np.testing.assert_allclose(predicted, x @ kernel + bias, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        model.predict_on_batch(x), x @ kernel + bias, rtol=1e-5, atol=1e-6
    )
    assert type(linear().evaluate(x, y, verbose=0)) is float


def test_single_batches():
    x, y = data(6)
    model = linear(metrics=["mae"])
    kernel, bias = model.get_weights()
    tested = model.test_on_batch(x, y, return_dict=True)
    model.reset_metrics()
    trained = model.train_on_batch(x, y)
    kernel, bias, loss = reference_sgd(kernel, bias, [(x, y, None)])
    check_weights(model, kernel, bias)
    assert trained == pytest.approx([loss, tested["mae"]], rel=1e-5)
    assert tested["loss"] == pytest.approx(loss, rel=1e-5)


def test_validation_data_and_split():
    x, y = data(20)
    one, two = linear(), linear()
    first = one.fit(x, y, validation_split=0.25, verbose=0, shuffle=False, epochs=2)
    second = two.fit(
        x[:15],
        y[:15],
        validation_data=(x[15:], y[15:]),
        verbose=0,
        shuffle=False,
        epochs=2,
    )
    assert first.history == second.history
    assert first.history.keys() == {"loss", "val_loss"}
    after = two.evaluate(x[15:], y[15:], verbose=0)
    assert second.history["val_loss"][-1] == pytest.approx(after, rel=1e-6)


def test_validation_frequency():
    x, y = data()
    history = linear().fit(
        x, y, epochs=4, validation_data=(x, y), validation_freq=2, verbose=0
    )
    assert len(history.history["val_loss"]) == 2
    history = linear().fit(
        x, y, epochs=4, validation_data=(x, y), validation_freq=[1, 3, 4], verbose=0
    )
    assert len(history.history["val_loss"]) == 3


def test_initial_epoch():
    x, y = data()
    history = linear().fit(x, y, initial_epoch=3, epochs=5, verbose=0)
    assert history.epoch == [3, 4]


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


def test_class_weight():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    weights = np.where(y == 1, 3.0, 0.5)
    losses = []
    for arguments in ({"class_weight": {0: 0.5, 1: 3.0}}, {"sample_weight": weights}):
        utils.set_random_seed(1)
        model = Sequential([layers.Dense(1, activation="sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        history = model.fit(x, y, shuffle=False, verbose=0, **arguments)
        losses.append(history.history["loss"])
    assert losses[0] == losses[1]


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


def test_several_inputs_and_outputs():
    x, y = two_output_data()
    model = two_outputs(
        loss={"sum": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"sum": 0.25, "kind": 2.0},
        metrics={"kind": ["accuracy"], "sum": ["mae"]},
    )
    history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y)).history
    names = {"loss", "sum_loss", "kind_loss", "kind_accuracy", "sum_mae"}
    assert history.keys() == names | {f"val_{n}" for n in names}
    total = 0.25 * history["sum_loss"][0] + 2 * history["kind_loss"][0]
    assert history["loss"][0] == pytest.approx(total, rel=1e-5)
    predictions = model.predict({"left": x[0], "right": x[1]}, verbose=0)
    assert [p.shape for p in predictions] == [(12, 1), (12, 4)]
    named = {"sum": y[0], "kind": y[1]}
    one = model.evaluate({"left": x[0], "right": x[1]}, named, verbose=0)
    assert one == pytest.approx(model.evaluate(x, y, verbose=0))


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
    assert seen == [1, 3, 4]
    check_weights(model, *reference_sgd(kernel, bias, slices(x, y, 4))[:2])


def test_predict_batches_reach_callbacks():
    outputs = []
    watch = callbacks.LambdaCallback(
        on_predict_batch_end=lambda b, logs: outputs.append(logs["outputs"])
    )
    x, _ = data(10)
    result = linear().predict(x, 4, callbacks=[watch], verbose=0)
    np.testing.assert_array_equal(np.concatenate(outputs), result)


def test_four_threads_predict_at_once():
    x, _ = data(64)
    model = linear()
    expected = model.predict(x, verbose=0)
    results = []

    def work():
        results.extend(model.predict(x, verbose=0) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("every_batch", [False, True])
def test_interrupt_leaves_a_usable_model(every_batch):
    x, y = data(50_000, 30)
    model = linear(30)
    ended = []
    hooks = {"on_train_end": ended.append}
    if every_batch:
        hooks["on_train_batch_end"] = lambda b, logs: None
    pressed = []

    def press():
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.7, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            y,
            32,
            epochs=100_000,
            verbose=0,
            callbacks=[callbacks.LambdaCallback(**hooks)],
        )
    assert time.monotonic() - pressed[0] < 0.2
    timer.join()
    assert len(ended) == 1
    assert len(model.history.history.get("loss", [])) == len(model.history.epoch)
    assert np.isfinite(model.predict(x[:5], verbose=0)).all()
    model.fit(x, y, 32, verbose=0)


def test_nothing_on_stderr_and_one_line_an_epoch(capfd):
    x, y = data()
    model = linear()
    model.fit(x, y, epochs=2, validation_split=0.5)
    model.evaluate(x, y)
    model.predict(x)
    printed = capfd.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("Epoch 1/2 - 1/1 ====")
    assert "val_loss" in lines[1]
    assert printed.out.isascii()
