"""Data that can't be used: an error that says so, and a model as it was."""

import numpy as np
import pytest

from ckeras import Input, Sequential, layers
from tests.training.helpers import data, linear


def classifier(units=3, loss="sparse_categorical_crossentropy", activation="softmax"):
    model = Sequential([Input((4,)), layers.Dense(units, activation=activation)])
    model.compile("sgd", loss)
    return model


def refuses(model, x, y, message, **arguments):
    before = model.get_weights()
    for method in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            method(x, y, verbose=0, **arguments)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_not_compiled():
    model = Sequential([Input((3,)), layers.Dense(1)])
    for method in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match=rf"`compile\(\)` before.*{method}"):
            getattr(model, method)(*data())


def test_lengths_differ():
    x, y = data(10)
    refuses(linear(), x, y[:9], "'x' sizes: 10; 'y' sizes: 9")
    refuses(linear(), x, y, "'sample_weight' sizes: 3", sample_weight=np.ones(3))


@pytest.mark.parametrize("size", [0, -3])
def test_batch_size(size):
    refuses(
        linear(), *data(), f"`batch_size`.*Received: batch_size={size}", batch_size=size
    )


def test_empty():
    refuses(linear(), np.zeros((0, 3)), np.zeros((0, 1)), "empty array")


@pytest.mark.parametrize("shape", [(10, 4), (10,), (10, 3, 2)])
def test_rank_and_features(shape):
    refuses(linear(), np.zeros(shape), np.zeros((10, 1)), "dense|sequential|shape")


def test_strings():
    x, y = data(4)
    refuses(linear(), np.array([["a"] * 3] * 4), y, "`x` has a dtype")
    refuses(linear(), x, np.array(["a"] * 4), "`y` has a dtype")
    refuses(linear(), np.array([[None] * 3] * 4), y, "dtype=object")


def test_nan_labels():
    x, y = data(4)
    y[2] = np.nan
    refuses(linear(), x, y, "NaN")


@pytest.mark.parametrize("label", [3, -1])
def test_labels_out_of_range(label):
    x = np.zeros((5, 4))
    y = np.array([0, 1, 2, label, 0])
    refuses(classifier(), x, y, "from 0 to 2")


def test_one_unit_for_many_classes():
    x, y = np.zeros((5, 4)), np.eye(20)[:5]
    model = classifier(1, "categorical_crossentropy", "sigmoid")
    refuses(model, x, y, "units=20")


def test_no_targets():
    refuses(linear(), data()[0], None, "no `y` was given")


def test_bad_batches_of_a_generator_are_found_before_their_step():
    model = classifier()
    before = model.get_weights()
    with pytest.raises(ValueError, match="from 0 to 2"):
        model.fit(iter([(np.ones((2, 4)), np.array([0, 9]))]), verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_validation_data_are_checked_before_the_first_step():
    x, y = data()
    refused = (x, y[:3])
    model = linear()
    before = model.get_weights()
    with pytest.raises(ValueError, match="cardinality"):
        model.fit(x, y, validation_data=refused, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"optimizer": "adamant"},
        {"loss": "mean_sqared_error"},
        {"metrics": ["acuracy"]},
        {"metrics": "accuracy"},
        {"steps_per_execution": 0},
    ],
)
def test_compile_with_unknown_names_changes_nothing(arguments):
    model = linear()
    optimizer, loss = model.optimizer, model.loss
    (value,) = arguments.values()
    named = value[0] if isinstance(value, list) else value
    with pytest.raises(ValueError, match=str(named)):
        model.compile(**{"optimizer": "adam", "loss": "mae", **arguments})
    assert model.optimizer is optimizer
    assert model.loss == loss


def test_steps():
    with pytest.raises(ValueError, match="Received: 0"):
        linear().fit(*data(), steps_per_epoch=0, verbose=0)


def test_weights_of_both_kinds():
    with pytest.raises(ValueError, match="at the same time"):
        linear().fit(*data(4), class_weight={0: 1.0}, sample_weight=np.ones(4))


def test_unknown_arguments():
    with pytest.raises(ValueError, match="not recognized"):
        linear().evaluate(*data(), speed=3)
