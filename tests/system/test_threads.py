"""Threads: of Python, at once on one model; of kernels, without changing a bit."""

import threading

import numpy as np
import pytest

from ckeras import Input, Sequential, config, layers, utils
from tests.system.models import CASES, same_bits, state_of, trained


@pytest.fixture(autouse=True)
def restored_threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def _at_once(work, count=4):
    """Runs `work(i)` in threads that begin together; returns their results."""
    barrier, results, errors = threading.Barrier(count), [None] * count, []

    def run(i):
        try:
            barrier.wait(10)
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors, errors
    return results


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_four_threads_predict_at_once(name):
    model, x, _, _ = trained(name)
    inputs = [np.roll(x, i, axis=0)[: 50 - i] for i in range(4)]
    expected = [model.predict(one, batch_size=8, verbose=0) for one in inputs]

    def work(i):
        return [model.predict(inputs[i], batch_size=8, verbose=0) for _ in range(20)]

    for i, found in enumerate(_at_once(work)):
        assert same_bits(found, [expected[i]] * 20)


def test_four_threads_predict_single_batches_at_once():
    model, x, _, _ = trained("lstm")
    expected = [model.predict_on_batch(x[i : i + 9]) for i in range(4)]
    found = _at_once(
        lambda i: [model.predict_on_batch(x[i : i + 9]) for _ in range(50)]
    )
    for one, wanted in zip(found, expected, strict=True):
        assert same_bits(one, [wanted] * 50)


def test_threads_that_are_first_to_predict():
    make, data = CASES["mlp"]
    x, _ = data()
    expected = make().predict(x, verbose=0)
    model = make()
    assert same_bits(_at_once(lambda i: model.predict(x, verbose=0)), [expected] * 4)


def test_each_thread_trains_a_model_of_its_own():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype("float32")
    models = []
    for _ in range(8):
        utils.set_random_seed(5)
        model = Sequential([Input((3,)), layers.Dense(4), layers.Dense(1)])
        model.compile("adam", "mse")
        models.append(model)

    def train(model):
        model.fit(x, x[:, :1], epochs=3, shuffle=False, verbose=0)
        return state_of(model)

    alone = [train(model) for model in models[:4]]
    together = _at_once(lambda i: train(models[4 + i]))
    for one, other in zip(alone, together, strict=True):
        assert same_bits(one, other)


def _wide(name):
    """Models whose steps are large enough for two threads, trained for an epoch."""
    utils.set_random_seed(4)
    rng = np.random.default_rng(6)
    if name == "mlp":
        x = rng.normal(size=(300, 65)).astype("float32")
        body = [
            Input((65,)), layers.Dense(257, activation="relu"), layers.Dropout(0.4),
            layers.Dense(129, activation="tanh"),
        ]  # fmt: skip
    else:
        x = rng.normal(size=(300, 11, 17)).astype("float32")
        body = [Input((11, 17)), layers.LSTM(67, return_sequences=True)]
        body += [layers.Dropout(0.2), layers.LSTM(33)]
    y = rng.integers(0, 5, 300)
    model = Sequential([*body, layers.Dense(5, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2, batch_size=129, validation_split=0.1, verbose=0)
    losses = [np.asarray(values) for values in history.history.values()]
    return [*state_of(model), *losses, model.predict(x, verbose=0)]


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_the_bits_do_not_depend_on_the_threads(name):
    config.set_num_threads(1)
    one = _wide(name)
    for threads in (2, 3):
        config.set_num_threads(threads)
        assert same_bits(_wide(name), one)


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_the_same_seed_gives_the_same_bits(name):
    first, _, _, history = trained(name, epochs=3)
    second, _, _, other = trained(name, epochs=3)
    assert same_bits(state_of(first), state_of(second))
    assert history == other


def test_another_seed_gives_other_bits():
    first, *_ = trained("mlp", seed=1)
    second, *_ = trained("mlp", seed=2)
    assert not same_bits(first.get_weights(), second.get_weights())
