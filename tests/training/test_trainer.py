"""fit, evaluate, predict and their kin against NumPy in float64."""

import copy
import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest

from ckeras import Sequential, callbacks, layers, optimizers, utils
from tests.training.helpers import (
    check_weights,
    data,
    linear,
    reference_sgd,
    slices,
    two_output_data,
    two_outputs,
)


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
    trained = model.train_on_batch(x, y)
    kernel, bias, loss = reference_sgd(kernel, bias, [(x, y, None)])
    check_weights(model, kernel, bias)
    assert trained == pytest.approx([loss, tested["mae"]], rel=1e-5)
    assert tested["loss"] == pytest.approx(loss, rel=1e-5)


def test_single_batches_begin_their_metrics_anew():
    x, y = data(12)
    model = linear(metrics=["mae"])
    kernel, bias = model.get_weights()
    for method in (model.test_on_batch, model.train_on_batch):
        model.set_weights([kernel, bias])
        expected = model.evaluate(x[:5], y[:5], verbose=0)
        model.evaluate(x[5:], y[5:], verbose=0)  # leaves its values in the metrics
        assert method(x[:5], y[:5]) == pytest.approx(expected)


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
def test_interrupt_leaves_a_usable_model(every_batch, ctrl_c):
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


def test_results_are_not_overwritten_by_the_next_call():
    one, two = data(4)[0], data(4, seed=9)[0]
    model = linear()
    for predict in (model.predict_on_batch, lambda x: model.predict(x, verbose=0)):
        first = predict(one)
        kept = first.copy()
        assert (predict(two) != kept).any()
        np.testing.assert_array_equal(first, kept)


def test_predict_on_batch_checks_arrays_that_differ_from_the_last_one():
    x = np.ones((2, 3), "float32")
    model = linear()
    expected = model.predict_on_batch(x)
    for other in (x.astype("float64"), np.asfortranarray(x), x.tolist(), x[::1]):
        np.testing.assert_array_equal(model.predict_on_batch(other), expected)
        np.testing.assert_array_equal(model.predict_on_batch(x), expected)
    with pytest.raises(ValueError, match="empty array"):
        model.predict_on_batch(x[:0])
    with pytest.raises(ValueError, match=r"shape|axis"):
        model.predict_on_batch(x[:, :2])


@pytest.mark.parametrize(
    "clone", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_copies_of_a_trained_model_train_alike(clone):
    x, y = data(20)
    model = linear(optimizer="adam", metrics=["mae"])
    model.fit(x, y, verbose=0, shuffle=False)
    other = clone(model)
    for m in (model, other):
        m.fit(x, y, verbose=0, shuffle=False, epochs=2)
    assert model.history.history["loss"] == other.history.history["loss"]
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_layer_added_after_training_is_used():
    x, y = data(8)
    model = linear()
    model.fit(x, y, verbose=0)
    before = model.predict(x, verbose=0)
    model.add(layers.Dense(2))
    assert model.predict(x, verbose=0).shape == (8, 2)
    model.pop()
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)


@pytest.mark.parametrize("eager", [False, True])
def test_metrics_leave_out_masked_timesteps(eager):
    x = np.array([[3, 1, 0, 0], [2, 2, 1, 0], [1, 0, 0, 0]])
    y = np.arange(12).reshape(3, 4) % 5
    model = Sequential(
        [
            layers.Embedding(5, 8, mask_zero=True),
            layers.LSTM(5, return_sequences=True),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile(
        optimizers.SGD(0.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=eager,
    )
    hits = model.predict(x, verbose=0).argmax(-1) == y
    y[x == 0] = (model.predict(x, verbose=0).argmax(-1))[x == 0]  # all of these right
    found = model.fit(x, y, verbose=0).history["accuracy"]
    np.testing.assert_allclose(found, [hits[x > 0].mean()], rtol=1e-6)
    assert model.evaluate(x, y, verbose=0)[1] == found[0] < 1
