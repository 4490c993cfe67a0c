"""Models that are not ready, names that nobody knows, arguments out of range."""

import numpy as np
import pytest

from ckeras import Input, Sequential, layers, losses, metrics, optimizers
from tests.training.unchanged import X, Y, assert_unchanged, classifier, state


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_not_compiled(method):
    model = Sequential([Input((4,)), layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match=rf"`compile\(\)`.*{method}.*'raw'"):
        getattr(model, method)(X, Y)
    assert model.optimizer is None


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_training_without_an_optimizer(method):
    model = Sequential([Input((4,)), layers.Dense(1)], name="raw")
    model.compile(None, "mse")
    assert model.test_on_batch(X, Y) >= 0
    with pytest.raises(ValueError, match=r"needs an optimizer.*'raw'"):
        getattr(model, method)(X, Y)


def test_not_built(tmp_path):
    model = Sequential([layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match=r"`count_params`.*'raw'.*build"):
        model.count_params()
    with pytest.raises(ValueError, match="not yet been built"):
        model.save_weights(tmp_path / "raw.weights.h5")
    with pytest.raises(AttributeError, match="no defined input"):
        model.inputs
    with pytest.raises(AttributeError, match="never been called"):
        layers.Dense(1, name="d").input
    with pytest.raises(ValueError, match=r"'raw'.*0 weights|expecting 0|built"):
        model.set_weights([np.ones((4, 1)), np.ones(1)])
    assert not model.built and not model.weights


def test_no_layers():
    model = Sequential(name="raw")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"raw cannot be built.*model\.add"):
        model.fit(X, Y, verbose=0)


def test_no_loss():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"No loss.*`loss`.*`compile\(\)`"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    "make, kind",
    [
        (lambda: layers.Dense(1, activation="nothing"), "activation"),
        (lambda: layers.LSTM(1, recurrent_activation="nothing"), "activation"),
        (lambda: layers.Dense(1, kernel_initializer="nothing"), "initializer"),
        (lambda: layers.Dense(1, kernel_regularizer="nothing"), "regularizer"),
        (lambda: layers.Dense(1, kernel_constraint="nothing"), "constraint"),
        (lambda: layers.Embedding(2, 3, "nothing"), "initializer"),
        (lambda: losses.get("nothing"), "loss"),
        (lambda: metrics.get("nothing"), "metric"),
        (lambda: optimizers.get("nothing"), "optimizer"),
    ],
)
def test_unknown_names(make, kind):
    message = f"Could not interpret {kind}.* identifier: nothing.*Expected"
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.Dense(0), "`units`.*positive integer.*0"),
        (lambda: layers.Dense(2.5), "`units`.*positive integer.*2.5"),
        (lambda: layers.LSTM(-1), "`units`.*positive integer.*-1"),
        (lambda: layers.Dropout(1.5), "`rate`.*between 0 and 1.*1.5"),
        (lambda: optimizers.SGD("fast"), "`learning_rate`.*fast"),
        (lambda: Sequential([3]), "`keras.Layer`.*3"),
    ],
)
def test_arguments_of_layers_and_optimizers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("weights", [[X], [X, X, X, X], [X.T] * 4])
def test_weights_of_other_shapes(weights):
    model = classifier()
    before = state(model)
    with pytest.raises(ValueError, match="weight"):
        model.set_weights(weights)
    assert_unchanged(model, before)


def test_set_weights_sets_all_or_nothing():
    model = classifier()
    before = state(model)
    wrong = [np.zeros_like(w) for w in model.get_weights()]
    wrong[-1] = np.zeros(7)
    with pytest.raises(ValueError, match=r"shape \(3,\).*shape \(7,\)"):
        model.set_weights(wrong)
    assert_unchanged(model, before)
