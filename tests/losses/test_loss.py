"""The base class: masks, weights, reductions, your own losses."""

import numpy as np
import pytest

from ckeras import losses, ops, saving


class Squares(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.sum(ops.square(y_true - y_pred), axis=-1)


def test_own_loss():
    loss = Squares(name="squares", reduction="sum")
    assert float(loss([[1.0, 2.0]], [[0.0, 0.0]])) == 5.0
    assert loss.get_config() == {"name": "squares", "reduction": "sum"}
    assert Squares().name.startswith("squares")


def test_mask_counts_only_valid_samples():
    y_pred = ops.convert_to_tensor(np.array([[1.0], [2.0], [4.0]], "float32"))
    y_pred._keras_mask = ops.convert_to_tensor(np.array([True, False, True]))
    value = losses.MeanSquaredError()(np.zeros((3, 1)), y_pred)
    np.testing.assert_allclose(float(value), 8.5, rtol=1e-6)
    total = losses.MeanSquaredError(reduction="sum")(np.zeros((3, 1)), y_pred)
    np.testing.assert_allclose(float(total), 17.0, rtol=1e-6)


def test_ignored_class_does_not_count():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    y_pred = np.array([[0.5, 0.5], [0.9, 0.1]], "float32")
    value = loss(np.array([0, -1]), y_pred)
    np.testing.assert_allclose(float(value), np.log(2.0), rtol=1e-6)


def test_wrong_reduction():
    with pytest.raises(ValueError, match="reduction=middle"):
        losses.MeanSquaredError(reduction="middle")


def test_empty_batch_has_no_nan():
    value = losses.MeanSquaredError()(np.zeros((0, 3)), np.zeros((0, 3)))
    assert np.asarray(value).size in (0, 1)
    assert not np.isnan(np.asarray(value)).any()


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error"])
def test_functions_by_name(name):
    assert losses.get(name) is losses.mean_squared_error


def test_get():
    assert losses.get(None) is None
    assert isinstance(losses.get("Huber"), losses.Huber)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    made = losses.get({"class_name": "Tversky", "config": {"alpha": 0.1}})
    assert made.alpha == 0.1
    with pytest.raises(ValueError, match="Could not interpret loss identifier: mce"):
        losses.get("mce")


def test_wrapped_function_round_trip():
    @saving.register_keras_serializable("tests")
    def distance(y_true, y_pred, power=1.0):
        return ops.sum(ops.power(ops.abs(y_true - y_pred), power), axis=-1)

    from ckeras.losses.wrapper import LossFunctionWrapper

    loss = LossFunctionWrapper(distance, name="distance", power=2.0)
    config = loss.get_config()
    assert config["fn"]["config"] == "tests>distance"
    again = LossFunctionWrapper.from_config(config)
    assert float(again([[1.0]], [[3.0]])) == 4.0


def test_float64():
    loss = losses.MeanSquaredError(dtype="float64")
    value = loss(np.array([[1 / 3]]), np.array([[0.1]]))
    assert value.dtype == "float64"
    np.testing.assert_allclose(float(value), (1 / 3 - 0.1) ** 2, rtol=1e-14)
