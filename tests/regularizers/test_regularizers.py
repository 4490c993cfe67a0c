"""Penalties and their configurations."""

import numpy as np
import pytest

from ckeras import ops, regularizers
from ckeras.engine.tracing.gradient import GradientTape
from tests.reference.load import plain

W = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.5]], "float32")


@pytest.mark.parametrize(
    ("regularizer", "value", "slope"),
    [
        (regularizers.L1(0.1), 0.8, 0.1 * np.sign(W)),
        (regularizers.L2(0.1), 0.1 * (W**2).sum(), 0.2 * W),
        (
            regularizers.L1L2(0.1, 0.2),
            0.8 + 0.2 * (W**2).sum(),
            0.1 * np.sign(W) + 0.4 * W,
        ),
        (regularizers.L1L2(), 0.0, None),
    ],
)
def test_values_and_gradients(regularizer, value, slope):
    w = ops.convert_to_tensor(W)
    with GradientTape() as tape:
        tape.watch(w)
        penalty = regularizer(w)
    np.testing.assert_allclose(float(penalty), value, rtol=1e-6)
    if slope is not None:
        np.testing.assert_allclose(
            np.asarray(tape.gradient(penalty, w)), slope, rtol=1e-6
        )
    config = plain(regularizers.serialize(regularizer))
    again = regularizers.deserialize(config)
    np.testing.assert_allclose(float(again(w)), value, rtol=1e-6)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_orthogonal(mode):
    rows = W if mode == "rows" else W.T
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = np.abs(unit @ unit.T)
    pairs = len(rows) * (len(rows) - 1) / 2
    expected = 0.3 * (cosines.sum() - len(rows)) / 2 / pairs
    regularizer = regularizers.OrthogonalRegularizer(0.3, mode=mode)
    np.testing.assert_allclose(float(regularizer(W)), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="rank 2"):
        regularizer(W[0])


def test_configurations():
    config = plain(regularizers.serialize(regularizers.L2(0.1)))
    assert config == {
        "module": "keras.regularizers",
        "class_name": "L2",
        "config": {"l2": 0.1},
        "registered_name": None,
    }
    assert regularizers.L1(0.1).get_config()["l1"] == float(np.float32(0.1))


def test_get():
    assert isinstance(regularizers.get("l2"), regularizers.L2)
    assert isinstance(regularizers.get("l1_l2"), regularizers.L1L2)
    assert isinstance(regularizers.get("L1"), regularizers.L1)
    assert regularizers.get(None) is None
    made = regularizers.get({"class_name": "L2", "config": {"l2": 0.5}})
    assert made.l2 == 0.5
    with pytest.raises(ValueError, match="regularizer identifier: l3"):
        regularizers.get("l3")
    for bad in (-1.0, float("nan"), "0.1"):
        with pytest.raises(ValueError, match="l2"):
            regularizers.L2(bad)
