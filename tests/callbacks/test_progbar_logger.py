import io
import sys

import pytest

from ckeras.callbacks import CallbackList
from tests.callbacks.helpers import FakeModel


class Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self):
        return True


def play(epochs=2, steps=4, verbose=1):
    everything = CallbackList(
        [],
        add_progbar=True,
        model=FakeModel(),
        epochs=epochs,
        steps=steps,
        verbose=verbose,
    )
    everything.on_train_begin()
    for epoch in range(epochs):
        everything.on_epoch_begin(epoch)
        for watcher in everything.watchers("train"):
            for batch in range(4):
                watcher.on_train_batch_end(batch, {"loss": 1.0})
        everything.on_epoch_end(epoch, {"loss": 0.25, "val_loss": 0.5})
    everything.on_train_end()


def test_one_ascii_line_an_epoch_without_a_terminal(capsys):
    play()
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert len(lines) == 2
    for i, line in enumerate(lines):
        assert line.isascii()
        assert line.startswith(f"Epoch {i + 1}/2 - 4/4 ====================")
        assert line.endswith(" - loss: 0.2500 - val_loss: 0.5000")
    assert printed.err == ""
    assert "\b" not in printed.out and "\r" not in printed.out


def test_verbose_2(capsys):
    play(verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2"
    assert lines[1].startswith("4/4 - 0s - ")
    assert lines[1].endswith(" - loss: 0.2500 - val_loss: 0.5000")
    assert len(lines) == 4


@pytest.mark.parametrize("steps", [4, None])
def test_unknown_number_of_steps(steps, capsys):
    play(epochs=1, steps=steps)
    assert capsys.readouterr().out.startswith("4/4 ===")


def test_bar_in_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    play(epochs=1)
    text = terminal.getvalue()
    assert "\r" in text
    assert "\x1b[32m====================" in text
    assert text.endswith("\n")
