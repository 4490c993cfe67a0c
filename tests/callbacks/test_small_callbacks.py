"""CSVLogger, LambdaCallback, TerminateOnNaN, and copies of all of them."""

import copy
import pickle

import pytest

from ckeras import callbacks
from tests.callbacks.helpers import run


def test_csv_file(tmp_path):
    path = tmp_path / "log.csv"
    logger = callbacks.CSVLogger(path)
    run([logger], [{"loss": 2.0}, {"loss": 1.0, "val_loss": 4.0}])
    assert path.read_text().splitlines() == [
        "epoch,loss,val_loss",
        "0,2.0,NA",
        "1,1.0,4.0",
    ]
    run([callbacks.CSVLogger(path, append=True)], [{"loss": 0.5}])
    assert path.read_text().splitlines()[-1] == "0,0.5,NA"
    assert path.read_text().count("epoch") == 1


def test_lambda_callback():
    seen = []
    callback = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, logs["loss"])),
        on_train_end=lambda logs: seen.append("end"),
    )
    assert not callback.wants_batches("train")
    run([callback], [{"loss": 2.0}, {"loss": 1.0}])
    assert seen == [(0, 2.0), (1, 1.0), "end"]
    callback = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    assert callback.wants_batches("train")


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_terminate_on_nan(loss, capsys):
    batches = [{"loss": 1.0}, {"loss": loss}]
    model = run([callbacks.TerminateOnNaN()], [{"loss": loss}], batches=batches)
    assert model.stop_training
    assert "Batch 1: Invalid loss" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="at batch 1"):
        run([callbacks.TerminateOnNaN(True)], [{}], batches=batches)


@pytest.mark.parametrize(
    "make",
    [
        callbacks.History,
        callbacks.EarlyStopping,
        callbacks.TerminateOnNaN,
        callbacks.ReduceLROnPlateau,
        callbacks.ProgbarLogger,
        lambda: callbacks.CSVLogger("log.csv"),
        lambda: callbacks.ModelCheckpoint("m.keras"),
        lambda: callbacks.LearningRateScheduler(abs),
        lambda: callbacks.BackupAndRestore("backup"),
    ],
)
def test_copies(make):
    callback = make()
    for clone in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
        assert type(clone) is type(callback)
        assert clone.__dict__.keys() == callback.__dict__.keys()
