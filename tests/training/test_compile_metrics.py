"""How names of metrics are resolved, and what logs call them."""

import numpy as np
import pytest

from ckeras import metrics
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


def test_names_of_a_dict_of_outputs_come_in_the_order_of_the_model():
    given = {"a": "mae", "b": "mse"}
    compiled = CompileMetrics(given, output_names=["b", "a"])
    compiled.update_state({"a": ONE + 1, "b": ONE + 2}, {"a": ONE, "b": ONE})
    result = {name: float(value) for name, value in compiled.result().items()}
    assert list(result.items()) == [("b_mse", 4.0), ("a_mae", 1.0)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [(None, ["mae", "mse"]), (["p", "q"], ["p_mae", "q_mse"])],
)
def test_metrics_of_nested_outputs(names, expected):
    compiled = CompileMetrics({"a": ["mae", {"b": "mse"}]}, output_names=names)
    compiled.update_state({"a": [ONE + 1, {"b": ONE}]}, {"a": [ONE, {"b": ONE + 2}]})
    assert list(compiled.result()) == expected
    assert [float(v) for v in compiled.result().values()] == [1.0, 4.0]


@pytest.mark.parametrize(
    "y_true", [np.array([[0.0], [1.0], [2.0], [5.0]]), {"a": ONE + 2}]
)
def test_targets_in_a_container_for_the_only_output(y_true):
    target = y_true["a"] if isinstance(y_true, dict) else y_true
    wrapped = y_true if isinstance(y_true, dict) else [y_true]
    compiled = CompileMetrics(["mse"], output_names=["a"])
    compiled.update_state(wrapped, ONE)
    assert float(compiled.result()["mse"]) == np.mean(target**2)
