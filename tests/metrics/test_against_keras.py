"""Metrics against Keras's stored results, variables and configurations."""

import numpy as np
import pytest

from ckeras import metrics
from ckeras.engine.function import function
from tests.reference.load import load, plain
from tests.reference.metrics_cases import CASES, arguments, data

ARRAYS, FACTS = load("metrics")


def make(name):
    cls, options, kind = CASES[name]
    return getattr(metrics, cls)(**options), data(kind)


def assert_close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", CASES)
def test_results(name, weighted):
    metric, batches = make(name)
    expected = ARRAYS[f"{name}/{'weighted' if weighted else 'plain'}"]
    for _ in range(2):  # once more after a reset
        for batch in batches:
            given, more = arguments(name, batch, weighted)
            metric.update_state(*given, **more)
        assert_close(metric.result(), expected)
        metric.reset_state()


@pytest.mark.parametrize("name", CASES)
def test_compiled(name):
    metric, batches = make(name)
    step = function(lambda given: metric.update_state(*given))
    result = function(metric.result)
    for batch in batches:
        given, _ = arguments(name, batch, False)
        step(given)
    assert_close(result(), ARRAYS[f"{name}/plain"])


@pytest.mark.parametrize("name", CASES)
def test_stateless(name):
    metric, batches = make(name)
    given, _ = arguments(name, batches[0], False)
    metric.update_state(*given)  # some metrics make their variables now
    metric.reset_state()
    state = metric.stateless_reset_state()
    for batch in batches:
        given, _ = arguments(name, batch, False)
        state = metric.stateless_update_state(state, *given)
    assert_close(metric.stateless_result(state), ARRAYS[f"{name}/plain"])
    assert all(not np.asarray(v).any() for v in metric.variables)


@pytest.mark.parametrize("name", CASES)
def test_configuration_and_variables(name):
    metric, batches = make(name)
    given, _ = arguments(name, batches[0], False)
    metric.update_state(*given)
    made = [[v.name, list(v.shape), v.dtype] for v in metric.variables]
    assert made == FACTS[name]["variables"]
    config = plain(metric.get_config())
    expected = FACTS[name]["config"]
    named = {"name"} if CASES[name][1].get("name") is None else set()
    assert config.keys() == expected.keys()
    for key in config.keys() - named:
        if isinstance(expected[key], list):  # Keras rounds them to float32
            np.testing.assert_allclose(config[key], expected[key], rtol=1e-6)
        else:
            assert config[key] == expected[key]
    again = type(metric).from_config(config)
    again.update_state(*given)
    assert_close(again.result(), np.asarray(metric.result()))
