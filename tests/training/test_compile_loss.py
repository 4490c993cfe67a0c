"""Which losses go with which outputs, what they add up to, what logs call them."""

import collections

import numpy as np
import pytest

import ckeras
from ckeras import losses, ops
from ckeras.engine import tree
from ckeras.training.compile_loss import CompileLoss, resolve_loss

ONE = np.zeros((4, 1), "float32")
THREE = np.eye(4, 3, dtype="float32")
CLASSES = np.array([0, 1, 2, 0])
Pair = collections.namedtuple("Pair", ["first", "second"])


def outputs():
    return [ONE + 1, CLASSES], [ONE, THREE]


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
        (["mse", "mse"], [1.0], "must match the number of losses"),
        ("mse", [2.0, 1.0], "must match the number of losses"),
    ],
)
def test_losses_that_do_not_fit(given, weights, message):
    with pytest.raises(ValueError, match=message):
        CompileLoss(given, weights, ["a", "b"]).build([ONE, THREE], [ONE, THREE])


def test_targets_of_another_structure():
    loss = CompileLoss("mse", output_names=["a", "b"])
    with pytest.raises(ValueError, match="different structures"):
        loss([ONE, ONE, ONE], [ONE, THREE])


def test_one_factor_for_all_outputs():
    loss = CompileLoss("mae", 2.0, ["a", "b"])
    assert float(loss([ONE + 1, THREE + 2], [ONE, THREE])) == 6.0


def names(loss):
    return [metric.name for metric in loss.metrics]


NESTED = {"a": (ONE, ONE), "b": {"c": ONE, "d": ONE}}
TARGETS = {"a": (ONE + 1, ONE + 2), "b": {"c": ONE + 3, "d": ONE + 4}}


@pytest.mark.parametrize(
    ("given", "expected", "total"),
    [
        ("mae", ["a/p_loss", "a/q_loss", "b/c_loss", "b/d_loss"], 10.0),
        ({"a": ["mae", "mse"]}, ["a/p_loss", "a/q_loss"], 1 + 4.0),
        ({"a": ["mae", None], "b": {"d": "mse"}}, ["a/p_loss", "b/d_loss"], 1 + 16.0),
        ({"b": {"c": ["mae", "mse"]}}, ["b/c_loss", "b/c_loss"], 3 + 9.0),
    ],
)
@pytest.mark.parametrize("given_names", [["p", "q", "r", "s"]])
def test_losses_of_nested_outputs(given, expected, total, given_names):
    loss = CompileLoss(given, output_names=given_names)
    assert float(loss(TARGETS, NESTED)) == total
    assert names(loss) == expected


def test_a_loss_of_several_outputs():
    def difference(y_true, y_pred):
        assert isinstance(y_true, Pair) and isinstance(y_pred, Pair)
        return ops.mean(y_true.first - y_pred.second)

    loss = CompileLoss([difference, Pair("mae", None)], output_names=["a", "b"])
    total = loss(Pair(ONE + 3, ONE), Pair(ONE + 1, ONE + 2))
    assert float(total) == (3 - 2) + 2
    assert names(loss) == ["a_b_loss", "a_loss"]


def test_several_losses_of_one_output():
    loss = CompileLoss(["mae", ["mse", "mae"]], output_names=["a", "b"])
    assert float(loss([ONE + 1, ONE + 3], [ONE, ONE])) == 1 + 9 + 3
    assert names(loss) == ["a_loss", "b_loss", "b_loss"]


def test_factors_of_a_structure_of_losses():
    given, factors = {"a": ["mae", "mse"]}, {"a": [10.0, 0.5]}
    loss = CompileLoss(given, factors, ["p", "q", "r", "s"])
    assert float(loss(TARGETS, NESTED)) == 10 + 0.5 * 4
    assert [float(m.result()) for m in loss.metrics] == [1.0, 4.0]


def test_sample_weights_of_a_structure_of_losses():
    loss = CompileLoss({"a": ["mae", "mse"]}, output_names=["p", "q", "r", "s"])
    weights = tree.map_structure(lambda _: np.ones(4, "float32"), NESTED)
    weights["a"] = (np.zeros(4, "float32"), np.array([0, 0, 0, 1], "float32"))
    assert float(loss(TARGETS, NESTED, weights)) == 4 / 4


@pytest.mark.parametrize(
    ("given", "y_pred", "message"),
    [
        (["mse"] * 3, [ONE, ONE], "The path: \\(2,\\) in the `loss`"),
        ({"a": "mse", "z": "mse"}, {"a": ONE, "b": ONE}, "The path: \\('z',\\)"),
        ({"a": {"x": "mse"}}, {"a": ONE, "b": ONE}, "Received a dict"),
    ],
)
def test_losses_without_an_output(given, y_pred, message):
    with pytest.raises(KeyError, match=message):
        CompileLoss(given).build(y_pred, y_pred)


def test_an_own_compute_loss_may_pass_other_outputs_on():
    class Doubled(ckeras.Model):
        def compute_loss(self, x, y, y_pred, sample_weight=None, **kwargs):
            return super().compute_loss(x, y, [y_pred, y_pred], sample_weight, **kwargs)

    inputs = ckeras.Input((3,))
    model = Doubled(inputs, ckeras.layers.Dense(1)(inputs))
    model.compile("sgd", ["mean_squared_error", losses.MeanAbsoluteError()])
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    history = model.fit(x, (y, y), verbose=0).history
    one, two = "mean_squared_error_loss", "mean_absolute_error_loss"
    assert sorted(history) == ["loss", two, one]
    assert history["loss"][0] == pytest.approx(history[one][0] + history[two][0])
