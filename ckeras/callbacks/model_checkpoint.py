"""Saves the model while it trains."""

import os
import warnings

import numpy as np

from ckeras.callbacks.monitor_callback import MonitorCallback
from ckeras.utils import io_utils


class BatchCounter:
    """Says at which batches a saving every `save_freq` batches is due.

    One call may stand for several batches, as with `steps_per_execution`.
    """

    def __init__(self, save_freq):
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' "
                "or integer values"
            )
        self.save_freq = save_freq
        self._seen = 0
        self._last_batch = None

    def is_due(self, batch):
        if self.save_freq == "epoch" or not self.save_freq:
            return False
        new_epoch = self._last_batch is None or batch <= self._last_batch
        self._seen += batch + 1 if new_epoch else batch - self._last_batch
        self._last_batch = batch
        if self._seen < self.save_freq:
            return False
        self._seen = 0
        return True


class ModelCheckpoint(MonitorCallback):
    """Save the model or its weights at the end of epochs or every few batches.

    Args:
        filepath: Path of the file, ending in `.keras` or `.h5`, or in `.weights.h5`
            with `save_weights_only=True`. It may hold format fields for the epoch
            and the logs: `"model-{epoch:02d}-{val_loss:.2f}.keras"`.
        monitor: Name of the quantity that `save_best_only` looks at.
        verbose: 1 prints a message at each saving.
        save_best_only: Whether to save only when `monitor` is better than ever.
        save_weights_only: Whether to save the weights alone.
        mode: `"min"`, `"max"` or `"auto"`.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: Value of `monitor` that the first saving must beat.

    Raises:
        ValueError: If `filepath` has another ending, or `save_freq` is neither
            `"epoch"` nor an integer.

    Example:

    >>> callback = ModelCheckpoint("best.keras", save_best_only=True)
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._counter = BatchCounter(save_freq)
        self._current_epoch = 0
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                "`ModelCheckpoint` expected `filepath` to end in "
                f"{' or '.join(f'`{e}`' for e in endings)} with "
                f"`save_weights_only={save_weights_only}`. "
                f"Received: filepath={self.filepath}"
            )

    def wants_batches(self, mode):
        if mode == "train" and self.save_freq == "epoch":
            own = type(self).on_train_batch_end
            return own is not ModelCheckpoint.on_train_batch_end
        return super().wants_batches(mode)

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._counter.is_due(batch):
            self._save_model(self._current_epoch, batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor_op is None and self.save_best_only:
            self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save_model(epoch, None, logs)

    def _save_model(self, epoch, batch, logs):
        logs = logs or {}
        path = self._get_file_path(epoch, batch, logs)
        if self.save_best_only and self.monitor_op is None:
            self._set_monitor_op()
        if not self._should_save_model(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. "
                f"Filepath used is an existing directory: {path}"
            )
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(epoch, f"finished saving model to {path}")

    def _should_save_model(self, epoch, logs, path):
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available.",
                stacklevel=2,
            )
            return True
        if np.ndim(current) > 0:
            warnings.warn(
                "Can save best model only when `monitor` is a scalar value. "
                f"Received: {current}. Falling back to `save_best_only=False`.",
                stacklevel=2,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(
            epoch,
            f"{self.monitor} improved from {best} to {current:.5f}, "
            f"saving model to {path}",
        )
        self.best = current
        return True

    def _say(self, epoch, message):
        if self.verbose > 0:
            io_utils.print_msg(f"\nEpoch {epoch + 1}: {message}")

    def _get_file_path(self, epoch, batch, logs):
        fields = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**fields)
        except KeyError as e:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". '
                f"Reason: {e}"
            ) from e
