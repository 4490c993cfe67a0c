"""Memory stays flat however often models are used, trained and thrown away."""

import gc
import os
import weakref

import numpy as np
import pytest

from ckeras import Input, Sequential, layers
from tests.system.models import CASES, lstm, mlp, mlp_data

PAGE = os.sysconf("SC_PAGE_SIZE")

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="needs /proc"
)


def resident():
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * PAGE


def growth(work, rounds, warm_up):
    """By how many bytes a round makes the process larger, after a warm-up.

    A leak shows in every part of the rounds. What the allocator or a cache takes once
    shows in one part, so that the smallest growth is what counts.
    """
    for _ in range(warm_up):
        work()
    gc.collect()
    parts, before = [], resident()
    for _ in range(4):
        for _ in range(rounds // 4):
            work()
        gc.collect()
        parts.append(resident() - before)
        before = resident()
    return min(parts) / (rounds // 4)


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_10_000_times_predict(name):
    make, data = CASES[name]
    model, (x, _) = make(), data(20)

    def work():
        model.predict(x, batch_size=16, verbose=0)

    assert growth(work, 10_000, warm_up=1000) < 40


def test_10_000_times_predict_on_batch_and_call():
    model, (x, _) = mlp(), mlp_data(5)

    def work():
        model.predict_on_batch(x)
        model(x)

    assert growth(work, 10_000, warm_up=1000) < 40


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_1000_times_fit(name):
    make, data = CASES[name]
    model, (x, y) = make(metrics=["accuracy"]), data(20)

    def work():
        model.fit(x, y, batch_size=16, validation_data=(x, y), verbose=0)

    assert growth(work, 1000, warm_up=200) < 400


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_500_rounds_of_build_fit_delete(name):
    make, data = CASES[name]
    x, y = data(10)

    def work():
        model = make()
        model.fit(x, y, verbose=0)

    # A model of this size, its plans and its optimizer take some 100 KB.
    assert growth(work, 500, warm_up=50) < 1000


@pytest.mark.parametrize("make", [mlp, lstm])
def test_a_deleted_model_is_gone(make):
    """Its memory is not held by a cache, nor by the garbage collector's luck."""
    x, y = (mlp_data if make is mlp else CASES["lstm"][1])(10)
    model = make()
    model.fit(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.evaluate(x, y, verbose=0)
    gone = [weakref.ref(model), weakref.ref(model.optimizer)]
    gone += [weakref.ref(w) for w in model.weights]
    gone.append(weakref.ref(model.train_function))
    del model
    gc.collect()
    assert [one() for one in gone] == [None] * len(gone)


def test_batches_of_many_sizes():
    """Plans are kept by signature; the sizes of one data set are two at most."""
    model, (x, _) = mlp(), mlp_data(60)
    sizes = np.random.default_rng(1).integers(1, 60, 400)
    for size in sizes:
        model.predict(x[: int(size)], verbose=0)
    plans = len(model.predict_function.plans)
    assert plans <= 33  # 1 to 31 rows in the last batch, and full ones


def test_large_arrays_are_not_kept():
    model = Sequential([Input((1000,)), layers.Dense(2)])
    model.compile("sgd", "mse")

    def work():
        x = np.ones((5000, 1000), "float32")  # 20 MB
        model.fit(x, x[:, :2], batch_size=500, verbose=0)
        model.predict(x, batch_size=500, verbose=0)

    assert growth(work, 12, warm_up=4) < 2e6
