"""Users' programs against Keras: see `tests/reference/programs/make.py`."""

import json
import pathlib

import pytest

import ckeras
from ckeras.engine import scope
from tests.reference.programs.cases import FACTS, PROGRAMS
from tests.reference.programs.kit import Kit

STORED = pathlib.Path(__file__).parents[1] / "reference/programs"
LOGS = json.loads((STORED / "losses.json").read_text())
KNOWN = json.loads((STORED / "facts.json").read_text())


def value_and_grad(function):
    """JAX's `value_and_grad`, for a function that returns a loss and more."""

    def call(sources, *args):
        with ckeras.GradientTape() as tape:
            tape.watch(sources)
            loss, more = function(sources, *args)
        return (loss, more), tape.gradient(loss, sources)

    return call


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, run_eagerly):
    kit = Kit(ckeras, ckeras.GradientTape, ckeras.function, value_and_grad, run_eagerly)
    found = list(PROGRAMS[name](kit))
    assert len(found) == len(LOGS[name])
    for step, (logs, stored) in enumerate(zip(found, LOGS[name], strict=True)):
        assert logs == pytest.approx(stored, rel=2e-5, abs=2e-6), step


def check(found, stored, path):
    """Compares what JSON holds; floats may differ in their last bits."""
    if isinstance(stored, float):
        assert found == pytest.approx(stored, rel=2e-5, abs=2e-6), path
    elif isinstance(stored, (list, dict)):
        assert type(found) is type(stored), path
        keys = stored if isinstance(stored, dict) else range(len(stored))
        assert len(found) == len(stored), path
        for key in keys:
            check(found[key], stored[key], f"{path}/{key}")
    else:
        assert found == stored, path


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.filterwarnings("ignore")  # some cases do what is warned of
def test_facts(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    scope.reset_names()
    found = json.loads(json.dumps(FACTS[name](ckeras)))
    check(found, KNOWN[name], name)
