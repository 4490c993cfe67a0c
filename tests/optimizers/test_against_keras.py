"""Five steps of every optimizer against Keras's stored ones."""

import numpy as np
import pytest

from ckeras import optimizers
from ckeras.engine.function import function
from ckeras.engine.scope import name_scope
from ckeras.engine.values.variable import Variable
from tests.reference.load import load, plain
from tests.reference.optimizers_cases import (
    CASES,
    SCHEDULE_STEPS,
    SCHEDULES,
    STEPS,
    gradients,
    options,
    start,
)

ARRAYS, FACTS = load("optimizers")


def make(name):
    case = CASES[name]
    made = options(case, optimizers.schedules)
    optimizer = getattr(optimizers, case[0])(**made, name="opt")
    with name_scope("model"):
        variables = [Variable(v, name=f"w{i}") for i, v in enumerate(start())]
    optimizer.build(variables)
    return optimizer, variables


def run(name, step_function, optimizer, variables):
    for step in range(STEPS):
        step_function(gradients(step))
        for i, variable in enumerate(variables):
            expected = ARRAYS[f"{name}/{step}/{i}"]
            np.testing.assert_allclose(
                variable.numpy(), expected, rtol=2e-5, atol=2e-6, err_msg=f"{step}/{i}"
            )
    for i, variable in enumerate(optimizer.variables):
        expected = ARRAYS[f"{name}/state/{i}"]
        np.testing.assert_allclose(
            variable.numpy(), expected, rtol=5e-5, atol=2e-6, err_msg=variable.path
        )


@pytest.mark.parametrize("name", CASES)
def test_steps(name):
    optimizer, variables = make(name)
    run(name, optimizer.apply, optimizer, variables)


@pytest.mark.parametrize("name", CASES)
def test_each_variable_by_itself(name):
    optimizer, variables = make(name)
    optimizer._arenas = None
    run(name, optimizer.apply, optimizer, variables)


@pytest.mark.parametrize("name", CASES)
def test_compiled_steps(name):
    optimizer, variables = make(name)
    run(name, function(optimizer.apply), optimizer, variables)


@pytest.mark.parametrize("name", CASES)
def test_stateless_steps(name):
    optimizer, variables = make(name)
    state = [v.numpy() for v in optimizer.variables]
    values = [v.numpy() for v in variables]
    for step in range(STEPS):
        values, state = optimizer.stateless_apply(state, gradients(step), values)
    for i, value in enumerate(values):
        expected = ARRAYS[f"{name}/{STEPS - 1}/{i}"]
        np.testing.assert_allclose(np.asarray(value), expected, rtol=2e-5, atol=2e-6)
    for variable, first in zip(variables, start(), strict=True):
        np.testing.assert_array_equal(variable.numpy(), first)


@pytest.mark.parametrize("name", CASES)
def test_configuration_and_variables(name):
    optimizer, _ = make(name)
    made = [[v.path, list(v.shape), v.dtype] for v in optimizer.variables]
    expected = FACTS[name]["variables"]
    assert [m[1:] for m in made] == [e[1:] for e in expected]
    named = [(m[0], e[0]) for m, e in zip(made, expected, strict=True)]
    assert all(ours == theirs for ours, theirs in named if "/" in theirs)
    config = plain(optimizers.serialize(optimizer))
    assert config == FACTS[name]["config"]
    again = optimizers.deserialize(config)
    assert plain(optimizers.serialize(again)) == FACTS[name]["config"]


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    cls, given, more = SCHEDULES[name]
    schedule = getattr(optimizers.schedules, cls)(*given, **more)
    values = [float(schedule(step)) for step in SCHEDULE_STEPS]
    expected = ARRAYS[f"schedule/{name}"]
    np.testing.assert_allclose(values, expected, rtol=2e-5, atol=1e-8)
    config = plain(optimizers.schedules.serialize(schedule))
    assert config == FACTS[f"schedule/{name}"]
    again = optimizers.schedules.deserialize(config)
    assert float(again(5)) == values[5]
