"""Every CPU level computes the same within rounding; a wrong level is an error."""

import pathlib

import numpy as np
import pytest

from ckeras import kernels
from tests.system.programs import run_program

TRAINING = """
import sys
import numpy as np
from tests.system.models import trained
import ckeras.kernels
results = [ckeras.kernels.level]
for name in ("mlp", "lstm"):
    model, x, _, history = trained(name, epochs=3, metrics=["accuracy"])
    results += [*history["loss"], *history["accuracy"]]
    results += [float(np.sum(w * np.cos(np.arange(w.size)).reshape(w.shape)))
                for w in model.get_weights()]
    results += model.predict(x[:3], verbose=0).ravel().tolist()
print(*results)
"""


def results_of(level):
    done = run_program(TRAINING, CKERAS_CPU_LEVEL=level)
    assert done.returncode == 0, done.stderr
    name, *numbers = done.stdout.split()
    assert name == level
    return np.array(numbers, float)


def complete(level):
    """Whether a level has all the modules of the one in use: it may be half built."""
    folder = pathlib.Path(kernels.__file__).parent
    ours, theirs = (
        {path.name for path in (folder / name).rglob("*.so")}
        for name in (kernels.level, level)
    )
    return theirs >= ours


def test_all_levels_train_alike():
    levels = [name for name in kernels.available_levels() if complete(name)]
    best = results_of(levels[0])
    assert np.isfinite(best).all() and len(best) > 30
    for level in levels[1:]:
        np.testing.assert_allclose(results_of(level), best, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("level", ["v9", "avx2", "V3"])
def test_a_level_that_is_not_available(level):
    done = run_program("import ckeras", CKERAS_CPU_LEVEL=level)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"CKERAS_CPU_LEVEL={level} is not available" in last
    assert all(name in last for name in kernels.available_levels())


def test_an_empty_variable_means_the_best():
    program = "import ckeras.kernels; print(ckeras.kernels.level)"
    done = run_program(program, CKERAS_CPU_LEVEL="")
    assert done.stdout.strip() == kernels.available_levels()[0]


def test_levels_of_an_older_cpu(monkeypatch):
    if kernels.available_levels() == ["baseline"]:
        pytest.skip("this kind of machine has one level")
    oldest = kernels.available_levels()[-1]  # v2, or the one level that was built
    names = list(kernels._FEATURES)
    flags = set().union(*(kernels._FEATURES[n] for n in names[names.index(oldest) :]))
    monkeypatch.setattr(kernels, "_cpu_flags", lambda: flags)
    assert kernels.available_levels() == [oldest]
    monkeypatch.setattr(kernels, "_cpu_flags", set)
    assert kernels.available_levels() == []
    with pytest.raises(ImportError, match="no compiled kernels"):
        monkeypatch.delenv("CKERAS_CPU_LEVEL", raising=False)
        kernels._choose()
