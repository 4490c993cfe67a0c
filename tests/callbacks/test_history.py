import pytest

from ckeras.callbacks import History
from tests.callbacks.helpers import run

EPOCHS = [
    {"loss": 2.0, "val_loss": 3.0, "accuracy": 0.1},
    {"loss": 1.0, "val_loss": 2.0, "accuracy": 0.2},
]


def history(logs=EPOCHS):
    return run([], logs).history


def test_plot_has_a_panel_for_each_metric(tmp_path):
    path = tmp_path / "curves.png"
    figure = history().plot(path=path)
    assert [a.get_ylabel() for a in figure.axes] == ["loss", "accuracy"]
    loss = figure.axes[0].lines
    assert [line.get_label() for line in loss] == ["training", "validation"]
    assert loss[0].get_xydata().tolist() == [[1.0, 2.0], [2.0, 1.0]]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_plot_one_metric():
    assert len(history().plot("accuracy").axes) == 1


def test_plot_unknown_metric():
    with pytest.raises(ValueError, match=r"Received: 'recall'"):
        history().plot("recall")


def test_plot_without_epochs():
    with pytest.raises(ValueError, match="nothing to draw"):
        History().plot()


def test_plot_without_matplotlib(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"ckeras\[plot\]"):
        history().plot()
