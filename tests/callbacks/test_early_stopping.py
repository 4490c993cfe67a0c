import numpy as np
import pytest

from ckeras.callbacks import EarlyStopping
from tests.callbacks.helpers import run


def losses(*values, name="val_loss"):
    return [{name: v} for v in values]


def test_stops_after_patience_and_restores_the_best():
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    model = run([callback], losses(3, 1, 2, 2, 0.5))
    assert model.stop_training
    assert callback.stopped_epoch == 3
    assert callback.best_epoch == 1
    np.testing.assert_array_equal(model.weights[0], [1.0, 1.0])


def test_keeps_the_last_weights_without_restoring():
    model = run([EarlyStopping(patience=1)], losses(3, 1, 2, 2))
    np.testing.assert_array_equal(model.weights[0], [2.0, 2.0])


def test_maximum():
    callback = EarlyStopping("score", patience=1, mode="max")
    assert not run([callback], losses(1, 2, 3, name="score")).stop_training
    assert run([callback], losses(1, 2, 2, name="score")).stop_training


def test_small_changes_do_not_count():
    callback = EarlyStopping(min_delta=0.5, patience=1)
    assert run([callback], losses(3, 2.9)).stop_training
    assert not run([callback], losses(3, 2.4)).stop_training


def test_baseline_must_be_beaten():
    callback = EarlyStopping(baseline=1.0, patience=2)
    assert run([callback], losses(3, 2.5, 2)).stop_training is False
    assert run([callback], losses(3, 2.5, 2.6)).stop_training
    assert not run([callback], losses(0.9, 0.8, 0.7)).stop_training


def test_waits_for_the_first_epochs():
    callback = EarlyStopping(patience=1, start_from_epoch=2)
    assert not run([callback], losses(1, 2, 3)).stop_training


def test_missing_quantity_warns():
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        run([EarlyStopping()], [{"loss": 1.0}])


def test_unknown_direction():
    with pytest.raises(ValueError, match="maximized or minimized"):
        run([EarlyStopping("score")], losses(1, name="score"))


def test_message(capsys):
    run([EarlyStopping(patience=1, verbose=1, restore_best_weights=True)], losses(1, 2))
    printed = capsys.readouterr()
    assert printed.out == (
        "Epoch 2: early stopping\n"
        "Restoring model weights from the end of the best epoch: 1.\n"
    )
    assert printed.err == ""
