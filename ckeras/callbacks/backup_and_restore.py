"""Resumes a training run that was interrupted."""

import json
import os
import shutil

from ckeras.callbacks.callback import Callback
from ckeras.callbacks.model_checkpoint import BatchCounter


class BackupAndRestore(Callback):
    """Back up the training state, so that the same `fit` can go on after a crash.

    The weights, the optimizer's state and the epoch are stored in a folder, which is
    deleted when training ends in order. The model must be built before `fit`.

    Args:
        backup_dir: Folder for the backup; nothing else may use it.
        save_freq: `"epoch"`, or a number of batches.
        double_checkpoint: Whether to keep the backup before the last as well, in
            case the last one was cut off.
        delete_checkpoint: Whether to delete the folder when training ends.

    Raises:
        ValueError: If `backup_dir` is empty or `save_freq` is unknown.

    Example:

    >>> callback = BackupAndRestore("backup")
    """

    def __init__(
        self,
        backup_dir,
        save_freq="epoch",
        double_checkpoint=False,
        delete_checkpoint=True,
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                "Invalid value for argument `save_freq`. Expected 'epoch' or an "
                f"integer. Received: save_freq={save_freq}"
            )
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.backup_dir = os.fspath(backup_dir)
        self._counter = BatchCounter(save_freq)
        self._current_epoch = 0
        self._last_batch = 0
        self._weights_path = os.path.join(self.backup_dir, "latest.weights.h5")
        self._state_path = os.path.join(self.backup_dir, "training_metadata.json")

    def wants_batches(self, mode):
        return self.save_freq != "epoch" and super().wants_batches(mode)

    def on_train_begin(self, logs=None):
        try:
            self._restore("")
        except (OSError, ValueError):
            if not os.path.exists(self._weights_path + ".bkp"):
                raise
            self._restore(".bkp")

    def on_epoch_end(self, epoch, logs=None):
        self._current_epoch = epoch + 1
        self._last_batch = 0
        if self.save_freq == "epoch":
            self._back_up()

    def on_train_batch_end(self, batch, logs=None):
        self._last_batch = batch
        if self._counter.is_due(batch):
            self._back_up()

    def on_train_end(self, logs=None):
        if self.delete_checkpoint and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)

    def _restore(self, ending):
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, your model must be built before "
                f"you call `fit()`. Model {self.model.name} is unbuilt. You can build "
                "it beforehand by calling it on a batch of data."
            )
        if os.path.exists(self._weights_path + ending):
            optimizer = self.model.optimizer
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            source = self._weights_path
            if ending:  # the name of a weights file must keep its ending
                shutil.copy(source + ending, source)
            self.model.load_weights(source)
        if os.path.exists(self._state_path + ending):
            with open(self._state_path + ending) as f:
                self.model._initial_epoch = int(json.load(f)["epoch"])

    def _back_up(self):
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights_path, self._state_path):
                if os.path.exists(path):
                    shutil.copy(path, path + ".bkp")
        self.model.save_weights(self._weights_path, overwrite=True)
        state = {"epoch": self._current_epoch, "batch": self._last_batch}
        temporary = self._state_path + ".tmp"
        with open(temporary, "w") as f:
            json.dump(state, f)
        os.replace(temporary, self._state_path)
