"""How names of metrics and losses are resolved, and what logs call them."""

import numpy as np
import pytest

from ckeras import losses, metrics
from ckeras.training.compile_loss import CompileLoss, resolve_loss
from ckeras.training.compile_metrics import CompileMetrics, resolve_metric

ONE = np.zeros((4, 1), "float32")
THREE = np.eye(4, 3, dtype="float32")
CLASSES = np.array([0, 1, 2, 0])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        (ONE, ONE, metrics.BinaryAccuracy),
        (CLASSES, ONE, metrics.BinaryAccuracy),
        (CLASSES, THREE, metrics.SparseCategoricalAccuracy),
        (CLASSES[:, np.newaxis], THREE, metrics.SparseCategoricalAccuracy),
        (THREE, THREE, metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy(y_true, y_pred, kind, name):
    metric = resolve_metric(name, y_true, y_pred)
    assert type(metric) is kind
    assert metric.name == name


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        (ONE, ONE, losses.binary_crossentropy),
        (CLASSES, THREE, losses.sparse_categorical_crossentropy),
        (THREE, THREE, losses.categorical_crossentropy),
    ],
)
def test_crossentropy(y_true, y_pred, kind):
    assert resolve_loss("crossentropy", y_true, y_pred).fn is kind


def own_metric(y_true, y_pred):
    return y_true - y_pred


def test_names():
    def names(given, weighted=None):
        compiled = CompileMetrics(given, weighted)
        compiled.update_state(THREE, THREE)
        return list(compiled.result())

    assert names(["mae", "accuracy", own_metric]) == ["mae", "accuracy", "own_metric"]
    assert names([metrics.MeanSquaredError(name="square")]) == ["square"]
    assert names(["mse", "mse"]) == ["mse", "mse_1"]
    assert names(["mse"], ["mse", "mae"]) == ["mse", "weighted_mse", "mae"]


def outputs():
    y_pred = [ONE, THREE]
    y_true = [ONE + 1, CLASSES]
    return y_true, y_pred


@pytest.mark.parametrize(
    "given",
    [
        {"a": ["mae"], "b": "accuracy"},
        [["mae"], ["accuracy"]],
        ["mae", "accuracy"],
    ],
)
def test_metrics_of_two_outputs(given):
    compiled = CompileMetrics(given, output_names=["a", "b"])
    compiled.update_state(*outputs())
    assert list(compiled.result()) == ["a_mae", "b_accuracy"]
    assert float(compiled.result()["a_mae"]) == 1.0
    compiled.reset_state()
    assert float(compiled.result()["a_mae"]) == 0.0


@pytest.mark.parametrize("given", [["mae"], {"c": "mae"}, ["mae", "mae", "mae"]])
def test_metrics_that_do_not_fit(given):
    compiled = CompileMetrics(given, output_names=["a", "b"])
    with pytest.raises(ValueError, match="Invalid `metrics`"):
        compiled.build(*outputs())


def test_metrics_before_the_first_batch():
    compiled = CompileMetrics(["mae"])
    assert compiled.metrics == compiled.variables == []
    with pytest.raises(ValueError, match="not yet been built"):
        compiled.result()


@pytest.mark.parametrize("given", ["mae", own_metric])
def test_metrics_must_be_a_list(given):
    with pytest.raises(ValueError, match="list, tuple, or dict"):
        CompileMetrics(given)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ({"a": "mse", "b": "crossentropy"}, {"a": 2.0, "b": 0.5}),
        (["mse", "crossentropy"], [2.0, 0.5]),
    ],
)
def test_loss_of_two_outputs(given, weights):
    loss = CompileLoss(given, weights, ["a", "b"])
    y_true, y_pred = outputs()
    y_pred = [y_pred[0], np.full((4, 3), 1 / 3, "float32")]
    total = loss(y_true, y_pred)
    assert float(total) == pytest.approx(2.0 * 1.0 + 0.5 * np.log(3), rel=1e-5)
    assert [m.name for m in loss.metrics] == ["a_loss", "b_loss"]
    assert float(loss.metrics[1].result()) == pytest.approx(np.log(3), rel=1e-5)


def test_targets_by_name_and_partly():
    loss = CompileLoss([None, "mse"], output_names=["a", "b"])
    total = loss([THREE + 2], [ONE, THREE])
    assert float(total) == 4.0
    loss = CompileLoss(["mae", "mse"], output_names=["a", "b"])
    total = loss({"b": THREE + 2, "a": ONE + 1}, [ONE, THREE])
    assert float(total) == 5.0


def test_outputs_in_a_dict():
    loss = CompileLoss({"x": "mae", "y": "mse"})
    total = loss({"x": ONE + 1, "y": THREE + 2}, {"x": ONE, "y": THREE})
    assert float(total) == 5.0
    assert [m.name for m in loss.metrics] == ["x_loss", "y_loss"]


def test_one_loss_for_all_outputs():
    loss = CompileLoss("mae", output_names=["a", "b"])
    assert float(loss([ONE + 1, THREE + 2], [ONE, THREE])) == 3.0


@pytest.mark.parametrize(
    ("given", "weights", "message"),
    [
        ({"a": "mse", "c": "mse"}, None, "Expected keys"),
        (["mse"] * 3, None, "does not go with the model's outputs"),
        (["mse", "mse"], [1.0], "must match the number of losses"),
        ("mse", 2.0, "must match the number of losses"),
    ],
)
def test_losses_that_do_not_fit(given, weights, message):
    with pytest.raises(ValueError, match=message):
        CompileLoss(given, weights, ["a", "b"]).build([ONE, THREE], [ONE, THREE])


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ({"x": "mse", "z": "mse"}, None),
        ({"x": "mse", "y": "mse", "z": "mse"}, None),
        ("mse", {"x": 1.0, "z": 2.0}),
    ],
)
def test_a_key_that_is_no_output(given, weights):
    outputs = {"x": ONE, "y": THREE}
    with pytest.raises(KeyError, match="'z'"):
        CompileLoss(given, weights).build(outputs, outputs)


def test_targets_of_another_structure():
    loss = CompileLoss("mse", output_names=["a", "b"])
    with pytest.raises(ValueError, match="different structures"):
        loss([ONE, ONE, ONE], [ONE, THREE])
