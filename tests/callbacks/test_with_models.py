"""Callbacks that save, restore or swap weights, with real models."""

import numpy as np
import pytest

from ckeras import Sequential, callbacks, layers, models, optimizers
from tests.training.helpers import data, linear


def test_backup_resumes_where_training_was_cut_off(tmp_path):
    x, y = data()
    expected = linear()
    expected.fit(x, y, epochs=5, shuffle=False, verbose=0)

    class Crash(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise RuntimeError("power cut")

    def backup():
        return callbacks.BackupAndRestore(tmp_path / "backup", double_checkpoint=True)

    model = linear()
    with pytest.raises(RuntimeError, match="power cut"):
        model.fit(
            x, y, epochs=5, shuffle=False, verbose=0, callbacks=[backup(), Crash()]
        )
    again = linear()
    history = again.fit(x, y, epochs=5, shuffle=False, verbose=0, callbacks=[backup()])
    assert history.epoch == [3, 4]
    for one, two in zip(expected.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not (tmp_path / "backup").exists()


def test_a_damaged_backup_falls_back_to_the_one_before(tmp_path):
    x, y = data()
    keep = callbacks.BackupAndRestore(
        tmp_path / "backup", double_checkpoint=True, delete_checkpoint=False
    )
    linear().fit(x, y, epochs=3, verbose=0, callbacks=[keep])
    (tmp_path / "backup" / "latest.weights.h5").write_bytes(b"broken")
    history = linear().fit(x, y, epochs=4, verbose=0, callbacks=[keep])
    assert history.epoch == [2, 3]


def test_backup_needs_a_built_model(tmp_path):
    model = Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match="must be built"):
        callback = callbacks.BackupAndRestore(tmp_path)
        callback.set_model(model)
        callback.on_train_begin()
    with pytest.raises(ValueError, match="Empty `backup_dir`"):
        callbacks.BackupAndRestore("")


def test_checkpoints_can_be_loaded(tmp_path):
    x, y = data()
    model = linear()
    model.fit(
        x,
        y,
        epochs=2,
        verbose=0,
        callbacks=[
            callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"),
            callbacks.ModelCheckpoint(
                tmp_path / "w{epoch}.weights.h5", save_weights_only=True
            ),
        ],
    )
    loaded = models.load_model(tmp_path / "2.keras")
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    other = linear()
    other.load_weights(tmp_path / "w2.weights.h5")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_early_stopping_restores_the_best_epoch():
    x, y = data(30)
    model = linear(optimizer=optimizers.SGD(0.9))  # diverges
    start = model.get_weights()
    callback = callbacks.EarlyStopping(
        monitor="loss", patience=2, restore_best_weights=True
    )
    history = model.fit(x, y, epochs=20, verbose=0, callbacks=[callback])
    assert len(history.epoch) < 20
    assert callback.best == min(history.history["loss"])
    assert (model.get_weights()[0] != start[0]).any()


def test_early_stopping_knows_the_direction_of_metrics():
    x, y = data(30)
    model = linear(metrics=["accuracy"])
    callback = callbacks.EarlyStopping(monitor="val_accuracy", patience=3)
    model.fit(x, y, epochs=2, validation_split=0.5, verbose=0, callbacks=[callback])
    assert callback.monitor_op(2, 1)


def test_learning_rate_of_a_real_optimizer():
    x, y = data()
    model = linear()
    schedule = callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)
    before = model.get_weights()
    history = model.fit(x, y, epochs=1, verbose=0, callbacks=[schedule])
    assert history.history["learning_rate"] == [0.0]
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_averaged_weights_are_in_place_for_evaluation():
    x, y = data()
    seen = []

    class Look(callbacks.Callback):
        def on_test_begin(self, logs=None):
            seen.append(self.model.get_weights()[0])

    swap = callbacks.SwapEMAWeights()
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    model = linear(optimizer=optimizer)
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    trained = [w.copy() for w in model.get_weights()]
    averages = [v.numpy() for v in optimizer._model_variables_moving_average]
    model.evaluate(x, y, verbose=0, callbacks=[swap, Look()])
    np.testing.assert_array_equal(seen[0], averages[0])
    np.testing.assert_array_equal(model.get_weights()[0], trained[0])
    with pytest.raises(ValueError, match="use_ema=True"):
        linear().fit(x, y, validation_data=(x, y), callbacks=[swap], verbose=0)
