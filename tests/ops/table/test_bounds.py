"""No op reads outside of its arrays, whatever places its numbers name."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="protects pages of memory")
@pytest.mark.parametrize("what", ["table", "indices"])
def test_nothing_outside_is_read(what):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.ops.table.guarded", what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{lines[-1:]}: {done.stderr[-3000:]}"
    assert lines[-1] == "done"
