"""Losses against Keras's stored values, gradients and configurations."""

import numpy as np
import pytest

from ckeras import losses, ops
from ckeras.engine.tracing.gradient import GradientTape
from tests.reference.load import load, plain
from tests.reference.losses_cases import CASES, data

ARRAYS, FACTS = load("losses")


def make(name, **more):
    cls, options, kind = CASES[name]
    return getattr(losses, cls)(**{**options, **more}), data(kind)


def assert_close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_values(name):
    loss, (y_true, y_pred, weight) = make(name)
    assert_close(loss(y_true, y_pred), ARRAYS[f"{name}/value"])
    each, _ = make(name, reduction="none")
    assert_close(each(y_true, y_pred), ARRAYS[f"{name}/each"])
    if f"{name}/weighted" in ARRAYS:
        weighted = loss(y_true, y_pred, sample_weight=weight)
        assert_close(weighted, ARRAYS[f"{name}/weighted"])


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    loss, (y_true, y_pred, _) = make(name)
    y_pred = ops.convert_to_tensor(y_pred)
    with GradientTape() as tape:
        tape.watch(y_pred)
        value = ops.sum(loss(y_true, y_pred))
    gradient = np.asarray(tape.gradient(value, y_pred))
    expected = ARRAYS[f"{name}/gradient"]
    np.testing.assert_allclose(gradient, expected, rtol=5e-5, atol=5e-6)


@pytest.mark.parametrize("name", CASES)
def test_configuration(name):
    loss, _ = make(name)
    config = losses.serialize(loss)
    assert plain(config) == FACTS[name]
    again = losses.deserialize(plain(config))
    assert type(again) is type(loss)
    assert plain(losses.serialize(again)) == FACTS[name]
