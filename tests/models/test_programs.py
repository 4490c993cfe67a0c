"""Users' programs against Keras: see `tests/reference/programs/make.py`."""

import json
import pathlib

import pytest

import ckeras
from tests.reference.programs.cases import CASES
from tests.reference.programs.kit import Kit

STORED = pathlib.Path(__file__).parents[1] / "reference/programs/losses.json"
LOGS = json.loads(STORED.read_text())


def value_and_grad(function):
    """JAX's `value_and_grad`, for a function that returns a loss and more."""

    def call(sources, *args):
        with ckeras.GradientTape() as tape:
            tape.watch(sources)
            loss, more = function(sources, *args)
        return (loss, more), tape.gradient(loss, sources)

    return call


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("name", CASES)
def test_program(name, run_eagerly):
    kit = Kit(ckeras, ckeras.GradientTape, ckeras.function, value_and_grad, run_eagerly)
    found = list(CASES[name](kit))
    assert len(found) == len(LOGS[name])
    for step, (logs, stored) in enumerate(zip(found, LOGS[name], strict=True)):
        assert logs == pytest.approx(stored, rel=2e-5, abs=2e-6), step
