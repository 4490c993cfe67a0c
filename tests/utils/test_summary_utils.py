import sys

import pytest

import ckeras
from ckeras import layers


def model():
    inputs = ckeras.Input((3,), name="in")
    inner = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2, name="d")], name="s")
    frozen = layers.Dense(2, name="frozen", trainable=False)
    x = layers.Add(name="sum")([inner(inputs), frozen(inputs)])
    return ckeras.Model(inputs, x, name="[m]")


def text(**kwargs):
    lines = []
    model().summary(print_fn=lines.append, line_length=90, **kwargs)
    return "\n".join(lines)


def test_columns():
    shown = text(expand_nested=True, show_trainable=True)
    assert 'Model: "[m]"' in shown
    assert "└ d (Dense)" in shown
    assert "s[0][0]," in shown
    assert "Total params: 16 (64.00 B)" in shown
    assert "Trainable params: 8 (32.00 B)" in shown
    frozen = next(line for line in shown.splitlines() if "frozen (Dense)" in line)
    assert "N" in frozen.replace("│", " ").split()


def test_range():
    shown = text(layer_range=["s", "frozen"])
    assert "in (InputLayer)" not in shown
    assert "frozen (Dense)" in shown
    with pytest.raises(ValueError, match="do not match"):
        text(layer_range=["a", "b"])
    with pytest.raises(ValueError, match="of length 2"):
        text(layer_range=["a"])
    with pytest.raises(ValueError, match="string type only"):
        text(layer_range=[1, 2])


def test_unbuilt_and_narrow():
    lines = []
    ckeras.Sequential([layers.Dense(2)]).summary(print_fn=lines.append)
    assert "0 (unbuilt)" in lines[0]
    with pytest.raises(ValueError, match="Insufficient console width"):
        model().summary(line_length=8)


def test_without_rich(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    shown = text()
    assert "frozen (Dense)" in shown
    assert "(None, 2)" in shown
    assert "[color" not in shown
    assert "Non-trainable params: 8 (32.00 B)" in shown
