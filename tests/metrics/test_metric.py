"""The base class and finding metrics by name."""

import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import Variable, metrics, ops, saving


class Largest(metrics.Metric):
    def __init__(self, name="largest", **kwargs):
        super().__init__(name=name, **kwargs)
        self.value = self.add_weight(name="value", initializer="zeros")
        self.mean = metrics.Mean(name="inner")

    def update_state(self, values, sample_weight=None):
        self.value.assign(ops.maximum(self.value, ops.max(values)))
        self.mean.update_state(values)

    def result(self):
        return self.value.value


def test_own_metric():
    metric = Largest()
    assert [v.name for v in metric.variables] == ["value", "total", "count"]
    assert metric.variables[0].path == "largest/value"
    assert float(metric(np.array([1.0, 3.0]))) == 3.0
    assert float(metric(np.array([2.0]))) == 3.0
    assert float(metric.mean.result()) == 2.0
    metric.reset_state()
    assert float(metric.result()) == 0.0
    assert float(metric.mean.result()) == 0.0
    assert metric.get_config() == {"name": "largest", "dtype": "float32"}


def test_copies_have_their_own_state():
    metric = metrics.Mean()
    metric.update_state([1.0, 3.0])
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert float(other.result()) == 2.0
        other.update_state([8.0])
        assert float(other.result()) == 4.0
        assert float(metric.result()) == 2.0


def test_get():
    assert isinstance(metrics.get("mse"), metrics.MeanSquaredError)
    assert isinstance(metrics.get("MAE"), metrics.MeanAbsoluteError)
    assert isinstance(metrics.get("auc"), metrics.AUC)
    assert isinstance(metrics.get("binary_accuracy"), metrics.BinaryAccuracy)
    metric = metrics.AUC(num_thresholds=5)
    assert metrics.get(metric) is metric
    assert metrics.get(None) is None
    with pytest.raises(ValueError, match="metric identifier: speed"):
        metrics.get("speed")


def test_serialization():
    config = metrics.serialize(metrics.Precision(top_k=3, name="p"))
    assert config["module"] == "keras.metrics"
    again = metrics.deserialize(config)
    assert again.top_k == 3
    assert again.name == "p"


def test_function_in_wrapper():
    metric = metrics.MeanMetricWrapper(metrics.mean_absolute_error, name="m")
    again = saving.deserialize_keras_object(saving.serialize_keras_object(metric))
    assert float(again([[1.0]], [[3.0]])) == 2.0


def test_mask():
    y_pred = ops.convert_to_tensor(np.array([[1.0], [2.0], [4.0]], "float32"))
    y_pred._keras_mask = ops.convert_to_tensor(np.array([True, False, True]))
    value = metrics.MeanAbsoluteError()(np.zeros((3, 1)), y_pred)
    np.testing.assert_allclose(float(value), 2.5)


def test_wrong_number_of_variables():
    with pytest.raises(ValueError, match="length 1, but expected 2"):
        metrics.Mean().stateless_result([np.float32(1)])


def test_without_super_call():
    class Broken(metrics.Metric):
        def __init__(self):
            self.value = self.add_variable((), "zeros")

    with pytest.raises((RuntimeError, AttributeError)):
        Broken()


@pytest.mark.parametrize(
    "inside",
    [
        metrics.Mean(name="inner"),
        [metrics.Mean(name="inner")],
        {"a": (metrics.Mean(name="inner"),)},
    ],
)
def test_metrics_and_variables_in_attributes_are_part_of_the_state(inside):
    outer = metrics.Mean(name="outer")
    outer.parts = inside
    outer.more = [Variable(0.0), {"b": Variable(1.0)}]
    assert len(outer.variables) == 2 + 2 + 2
    inner = ckeras.tree.flatten(inside)[0]
    inner.update_state(3.0)
    outer.reset_state()
    assert float(inner.result()) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.FBetaScore(beta=0.0), "`beta`.* should be > 0.*beta=0.0"),
        (lambda: metrics.FBetaScore(beta=1), "`beta`.* a Python float.*beta=1 of type"),
        (lambda: metrics.F1Score(threshold=1.1), "0 < threshold <= 1.*threshold=1.1"),
        (lambda: metrics.F1Score(threshold="a"), "a Python float.*threshold=a of type"),
        (lambda: metrics.AUC(curve="X"), 'Invalid AUC curve value: "X"'),
        (
            lambda: metrics.AUC(summation_method="X"),
            'Invalid AUC summation method value: "X"',
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_float_weights_are_cut_off_by_counts_of_whole_numbers():
    weight = np.array([0.5, 0.5])
    with pytest.warns(UserWarning, match="weight is float, but the metric counts in"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=weight)
    exact = metrics.MeanIoU(2, dtype="float32")
    exact.update_state([0, 1], [0, 1], sample_weight=weight)
    assert float(exact.result()) == pytest.approx(1.0, abs=1e-5)
