"""What importing and training does to the process around it: nothing."""

import os

import numpy as np
import pytest

from ckeras.engine import config
from ckeras.engine.runtime import calls
from tests.system.models import trained
from tests.system.programs import output_of, run_program

TRAINING = """
import numpy as np
import ckeras
model = ckeras.Sequential([
    ckeras.Input((5, 2)), ckeras.layers.LSTM(3), ckeras.layers.Dense(1)])
model.compile("adam", "mse", metrics=["mae"])
x = np.ones((70, 5, 2)); y = np.ones((70, 1))
model.fit(x, y, epochs=3, validation_data=(x[:9], y[:9]))
model.evaluate(x, y)
model.predict(x)
"""


def test_stderr_stays_empty_and_an_epoch_is_one_line_of_ascii():
    lines = output_of(TRAINING).splitlines()
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert [line[:9] for line in lines[:3]] == [f"Epoch {i}/3" for i in (1, 2, 3)]
    assert len(lines) == 5
    for name in ("loss", "mae", "val_loss", "val_mae"):
        assert all(f" {name}: " in line for line in lines[:3])


def test_import_prints_nothing():
    assert output_of("import ckeras") == ""


def test_import_is_silent_without_a_terminal_or_a_home():
    program = "import os, ckeras; ckeras.layers.Dense(1)(ckeras.ops.ones((1, 2)))"
    assert output_of(program, HOME=None, TERM="dumb", PYTHONIOENCODING="ascii") == ""


def control_word():
    """The floating-point control bits, without the sticky exception flags.

    NumPy itself clears those flags in its functions.
    """
    return calls.float_state() & ~0x3F


SUBNORMALS = """
import numpy as np
def subnormal():
    return float(np.float32(1e-30) * np.float32(1e-10)), 1e-300 * 1e-10
before = subnormal()
import ckeras
from ckeras.engine.runtime import calls
state = calls.float_state() & ~0x3F
assert subnormal() == before and before[0] > 0 and before[1] > 0
model = ckeras.Sequential([ckeras.Input((4,)), ckeras.layers.Dense(3)])
model.compile("adam", "mse")
model.fit(np.ones((9, 4)), np.ones((9, 3)), verbose=0)
assert subnormal() == before
assert calls.float_state() & ~0x3F == state
"""


def test_import_and_training_leave_subnormals_alone():
    assert output_of(SUBNORMALS) == ""


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
def test_training_leaves_the_floating_point_state(name):
    before = control_word()
    model, x, _, _ = trained(name)
    model.predict(x, verbose=0)
    assert control_word() == before
    assert np.float32(1e-30) * np.float32(1e-10) > 0


def test_errors_leave_the_floating_point_state():
    model, x, _, _ = trained("mlp")
    before = control_word()
    from ckeras import ops

    with pytest.raises(IndexError):
        ops.take(np.ones((3, 2)), np.array([7]), axis=0)
    with pytest.raises(ValueError):
        model.predict(x[:, :2], verbose=0)
    assert control_word() == before


THREADS = "import ckeras; print(ckeras.config.get_num_threads())"


def test_threads_are_those_that_the_process_may_use():
    expected = config.available_cpus()
    assert 1 <= expected <= len(os.sched_getaffinity(0))
    assert int(output_of(THREADS, OMP_NUM_THREADS=None)) == expected


def test_threads_follow_the_affinity_mask():
    cpu = min(os.sched_getaffinity(0))
    program = f"import os; os.sched_setaffinity(0, [{cpu}]); {THREADS}"
    assert int(output_of(program, OMP_NUM_THREADS=None)) == 1


@pytest.mark.parametrize(
    "asked, expected",
    [("1", 1), ("1,2", 1), ("1000", None), ("", None), ("x", None), ("0", None)],
)
def test_threads_follow_omp_num_threads_but_never_exceed_the_cpus(asked, expected):
    expected = config.available_cpus() if expected is None else expected
    # The OpenMP runtime itself prints a warning where the value is no number.
    done = run_program(THREADS, OMP_NUM_THREADS=asked)
    assert int(done.stdout) == expected


@pytest.mark.parametrize(
    "quota, cpus", [(None, 8), (0.5, 1), (1.0, 1), (2.5, 2), (16.0, 8)]
)
def test_threads_follow_the_quota(monkeypatch, quota, cpus):
    monkeypatch.setattr(config, "_quota", lambda: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    assert config.available_cpus() == cpus
