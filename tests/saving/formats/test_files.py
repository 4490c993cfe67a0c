import os
import stat

import pytest

from ckeras.saving.formats import files


def test_a_failure_leaves_the_older_file(tmp_path):
    path = tmp_path / "m.keras"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.atomic_path(path) as temporary:
        with open(temporary, "w") as file:
            file.write("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["m.keras"]


def test_success_replaces_it_and_keeps_permissions(tmp_path):
    path = tmp_path / "m.keras"
    path.write_text("old")
    path.chmod(0o640)
    with files.atomic_path(path) as temporary, open(temporary, "w") as file:
        file.write("new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["m.keras"]


def test_asks_before_overwriting(tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    assert files.may_write(path, overwrite=False)
    path.write_text("old")
    assert files.may_write(path, overwrite=True)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert not files.may_write(path, overwrite=False)
