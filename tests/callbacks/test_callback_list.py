import numpy as np
import pytest

from ckeras.callbacks import Callback, CallbackList, History, ProgbarLogger
from ckeras.callbacks.callback_list import pythonify_logs
from ckeras.engine.values.tensor import Tensor
from tests.callbacks.helpers import FakeModel, run


def test_history_and_progress_bar_are_added_once():
    own = History()
    everything = CallbackList(
        [own], add_history=True, add_progbar=True, verbose=0, epochs=1, steps=1
    )
    kinds = [type(c) for c in everything]
    assert kinds == [History, ProgbarLogger]


def test_logs_are_plain_sorted_and_shared():
    seen = []

    class First(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = 7.0

    class Second(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(dict(logs))

    run([First(), Second()], [{"loss": Tensor(np.float32(2).reshape(())), "acc": 1}])
    assert seen == [{"acc": 1.0, "loss": 2.0, "extra": 7.0}]
    assert type(seen[0]["loss"]) is float


def test_nested_logs_are_flattened():
    assert pythonify_logs({"b": {"z": 1, "y": 2}, "a": "text"}) == {
        "a": "text",
        "y": 2.0,
        "z": 1.0,
    }
    assert pythonify_logs(None) == {}


@pytest.mark.parametrize(
    "hook", ["on_train_batch_end", "on_train_batch_begin", "on_batch_end"]
)
def test_only_overridden_batch_hooks_want_batches(hook):
    plain = CallbackList([Callback()], verbose=0, epochs=1, steps=1)
    assert not plain.wants_batches("train")
    watching = type("Watching", (Callback,), {hook: lambda *args, **kwargs: None})
    everything = CallbackList([watching()], verbose=0, epochs=1, steps=1)
    assert everything.wants_batches("train")
    assert not everything.wants_batches("test")


def test_a_callback_of_another_class_is_called_for_everything():
    class Foreign:
        def __getattr__(self, name):
            return lambda *args, **kwargs: None

    class Duck:
        calls = 0

        def set_params(self, params):
            pass

        set_model = set_params

        def on_train_batch_end(self, batch, logs=None):
            self.calls += 1

    assert CallbackList([Duck()]).wants_batches("train")
    run([Foreign()], [{"loss": 1.0}])


def test_model_gets_the_history():
    model = FakeModel()
    run([], [{"loss": 3.0}, {"loss": 2.0, "val_loss": 5.0}], model)
    assert model.history.history == {"loss": [3.0, 2.0], "val_loss": [5.0]}
    assert model.history.epoch == [0, 1]
    assert model.history.params["epochs"] == 2
