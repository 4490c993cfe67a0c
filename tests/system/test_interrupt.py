"""Ctrl-C during `fit`: it stops soon, and the model can be used afterwards."""

import signal
import time

import numpy as np
import pytest

from ckeras import Input, Sequential, callbacks, layers, utils

# Far above the 0.2 s that are promised: other processes share the machine.
SOON = 1.0


class Interrupt:
    """A KeyboardInterrupt by a signal after some seconds, and the time of the signal.

    The time is that of the clock: Python's handler runs only where Python does.
    """

    def __init__(self, seconds):
        self.seconds = seconds
        self.at = None

    def __enter__(self):
        self._old = signal.signal(signal.SIGALRM, self._strike)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        self.at = time.monotonic() + self.seconds
        return self

    def _strike(self, number, frame):
        raise KeyboardInterrupt

    def __exit__(self, *error):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._old)
        return False


def many_small_steps():
    utils.set_random_seed(1)
    model = Sequential([Input((6,)), layers.Dense(8), layers.Dense(1)])
    model.compile("adam", "mse")
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200_000, 6)).astype("float32")
    return model, x, x[:, :1].copy()


def few_large_steps():
    """Each step takes long, so that it is stopped between its kernels."""
    utils.set_random_seed(1)
    body = [layers.Dense(1500, activation="relu") for _ in range(8)]
    model = Sequential([Input((1500,)), *body, layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(3).normal(size=(2000, 1500)).astype("float32")
    return model, x, x[:, :1].copy()


def a_long_lstm():
    """Steps whose time goes into single kernels."""
    utils.set_random_seed(1)
    model = Sequential([Input((100, 8)), layers.LSTM(96), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(3).normal(size=(512, 100, 8)).astype("float32")
    return model, x, x[:, 0, :1].copy()


@pytest.mark.parametrize("make", [many_small_steps, few_large_steps, a_long_lstm])
def test_fit_stops_soon_and_the_model_goes_on(make):
    model, x, y = make()
    model.fit(x[:8], y[:8], batch_size=4, verbose=0)  # compiled before the clock runs
    size = 32 if make is many_small_steps else len(x)
    with Interrupt(0.4) as interrupt, pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=10_000, batch_size=size, verbose=0)
    assert time.monotonic() - interrupt.at < SOON
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert np.isfinite(model.predict(x[:8], verbose=0)).all()
    history = model.fit(x[:8], y[:8], epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


def test_the_history_holds_the_epochs_that_were_finished():
    model, x, y = many_small_steps()
    finished = []
    record = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: finished.append(logs["loss"])
    )
    with Interrupt(0.5), pytest.raises(KeyboardInterrupt):
        model.fit(x[:400], y[:400], epochs=10**6, verbose=0, callbacks=[record])
    assert len(finished) > 1
    assert model.history.history["loss"][: len(finished) - 1] == finished[:-1]
    assert len(model.history.epoch) == len(model.history.history["loss"])


def test_a_step_is_done_wholly_or_not_at_all():
    """The weights after an interrupted fit are those after some number of steps."""
    model, x, y = few_large_steps()
    model.fit(x, y, batch_size=len(x), verbose=0)
    start = model.get_weights()
    with Interrupt(0.3), pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=1000, batch_size=len(x), shuffle=False, verbose=0)
    steps = int(model.optimizer.iterations.numpy()) - 1
    found = model.get_weights()
    model.set_weights(start)
    if steps:
        model.fit(x, y, epochs=steps, batch_size=len(x), shuffle=False, verbose=0)
    for one, other in zip(found, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_evaluate_and_predict_stop_soon(method):
    model, x, y = many_small_steps()
    x, y = np.tile(x, (50, 1)), np.tile(y, (50, 1))
    arguments = (x, y) if method == "evaluate" else (x,)
    with Interrupt(0.2) as interrupt, pytest.raises(KeyboardInterrupt):
        for _ in range(100):
            getattr(model, method)(*arguments, batch_size=8, verbose=0)
    assert time.monotonic() - interrupt.at < SOON


def test_ctrl_c_itself(ctrl_c):
    model, x, y = many_small_steps()
    strike = callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: (
            epoch == 2 and signal.raise_signal(signal.SIGINT)
        )
    )
    with pytest.raises(KeyboardInterrupt):
        model.fit(x[:64], y[:64], epochs=9, verbose=0, callbacks=[strike])
    assert model.history.epoch == [0, 1]
