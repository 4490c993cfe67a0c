import pytest

from ckeras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from tests.callbacks.helpers import FakeModel, run


def test_scheduler_sets_and_logs_the_rate():
    callback = LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    model = run([callback], [{"loss": 1.0}] * 3)
    assert model.optimizer.learning_rate == 0.0625
    assert model.history.history["learning_rate"] == [0.25, 0.125, 0.0625]


def test_scheduler_of_one_argument():
    model = run([LearningRateScheduler(lambda epoch: 0.1 * epoch)], [{"loss": 1}] * 2)
    assert model.optimizer.learning_rate == 0.1


def test_scheduler_must_return_a_float():
    with pytest.raises(ValueError, match="should be a float"):
        run([LearningRateScheduler(lambda epoch, rate: "low")], [{"loss": 1}])


def test_plateau():
    callback = ReduceLROnPlateau(factor=0.1, patience=2, min_lr=0.01)
    logs = [{"val_loss": v} for v in (1, 1, 1, 1, 1, 1, 1)]
    model = run([callback], logs)
    assert model.history.history["learning_rate"] == pytest.approx(
        [0.5, 0.5, 0.5, 0.05, 0.05, 0.01, 0.01]
    )


def test_plateau_with_cooldown():
    model = FakeModel()
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, cooldown=2)
    run([callback], [{"loss": 1}] * 6, model)
    assert model.optimizer.learning_rate == 0.0625


def test_plateau_factor():
    with pytest.raises(ValueError, match=r"factor >= 1\.0"):
        ReduceLROnPlateau(factor=1.0)
