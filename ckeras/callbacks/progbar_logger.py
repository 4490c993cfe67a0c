"""Prints the progress of fit, evaluate and predict."""

from ckeras.callbacks.callback import Callback
from ckeras.utils import io_utils
from ckeras.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Prints a progress bar and the metrics to standard output.

    `fit`, `evaluate` and `predict` add one unless `verbose=0`. In a terminal the bar
    is redrawn; elsewhere one line of plain ASCII is printed when an epoch is done.
    """

    def __init__(self):
        super().__init__()
        self.seen = 0
        self.progbar = None
        self.target = None
        self.verbose = 1
        self.epochs = 1
        self._called_in_fit = False
        self._heading = ""

    def set_params(self, params):
        self.params = params
        verbose = params["verbose"]
        self.verbose = 1 if verbose == "auto" else verbose
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def watches(self, mode):
        """Whether the display changes while the batches of `mode` run."""
        if mode == "test" and self._called_in_fit:
            return False
        # The bar must count where the number of steps is not known beforehand.
        return self.target is None or (self.verbose == 1 and io_utils.is_terminal())

    def wants_batches(self, mode):
        hook = f"on_{mode}_batch_end"
        return getattr(type(self), hook) is not getattr(ProgbarLogger, hook)

    def on_train_begin(self, logs=None):
        self._called_in_fit = True

    def on_train_end(self, logs=None):
        self._called_in_fit = False

    def on_test_begin(self, logs=None):
        if not self._called_in_fit:
            self._start_bar()

    def on_predict_begin(self, logs=None):
        self._start_bar()

    def on_epoch_begin(self, epoch, logs=None):
        if self.verbose and self.epochs > 1:
            heading = f"Epoch {epoch + 1}/{self.epochs}"
            if self.verbose == 1 and not io_utils.is_terminal():
                self._heading = f"{heading} - "
            else:
                io_utils.print_msg(heading)
        self._start_bar()
        self._heading = ""

    def on_train_batch_end(self, batch, logs=None):
        self._update(batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        if not self._called_in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._update(batch, None)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_test_end(self, logs=None):
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs=None):
        self._finish(logs)

    def _start_bar(self):
        self.seen = 0
        self.progbar = Progbar(
            target=self.target,
            verbose=self.verbose,
            unit_name="step",
            stateless_metrics=set(),
        )
        self.progbar._prefix = self._heading

    def _update(self, batch, logs):
        if self.progbar is None:
            self._start_bar()
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs):
        if self.target is None:
            self.target = self.seen
            self.progbar.target = self.seen
        self.progbar.update(self.target, list((logs or {}).items()), finalize=True)
