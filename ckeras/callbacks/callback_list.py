"""Several callbacks behind the interface of one."""

from ckeras.callbacks.callback import Callback
from ckeras.callbacks.history import History
from ckeras.callbacks.progbar_logger import ProgbarLogger


class CallbackList(Callback):
    """Calls a list of callbacks, and knows how closely they want to watch.

    Args:
        callbacks: List of `Callback` instances.
        add_history: Whether to add a `History` if there is none.
        add_progbar: Whether to add a `ProgbarLogger` if there is none.
        model: The model that the callbacks act on.
        **params: Handed to each callback's `set_params`.

    Example:

    >>> callbacks = CallbackList([], add_history=True, epochs=1, steps=10)
    >>> callbacks.on_train_begin()
    """

    def __init__(
        self,
        callbacks=None,
        add_history=False,
        add_progbar=False,
        model=None,
        **params,
    ):
        super().__init__()
        self.callbacks = _flatten(callbacks)
        self._history = self._find(History)
        self._progbar = self._find(ProgbarLogger)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        self.set_model(model)
        self.set_params(params)

    def _find(self, kind):
        found = [c for c in self.callbacks if isinstance(c, kind)]
        return found[-1] if found else None

    def append(self, callback):
        self.callbacks.append(callback)

    def __iter__(self):
        return iter(self.callbacks)

    def set_params(self, params):
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model):
        if model is None:
            return
        super().set_model(model)
        if self._history:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_batches(self, mode):
        """Whether any callback must be called for every single batch."""
        return any(_wants_batches(c, mode) for c in self.callbacks)

    def watchers(self, mode):
        """Callbacks content with a call after some batches: the progress bar."""
        return [
            c
            for c in self.callbacks
            if isinstance(c, ProgbarLogger) and c.watches(mode)
        ]

    def on_batch_begin(self, batch, logs=None):
        self._call("on_batch_begin", batch, logs)

    def on_batch_end(self, batch, logs=None):
        self._call("on_batch_end", batch, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._call("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self._call("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self._call("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch, logs=None):
        self._call("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        self._call("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch, logs=None):
        self._call("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._call("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs=None):
        self._call("on_train_begin", logs)

    def on_train_end(self, logs=None):
        self._call("on_train_end", logs)

    def on_test_begin(self, logs=None):
        self._call("on_test_begin", logs)

    def on_test_end(self, logs=None):
        self._call("on_test_end", logs)

    def on_predict_begin(self, logs=None):
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs=None):
        self._call("on_predict_end", logs)

    def _call(self, hook, *args):
        """One dict of plain numbers for all: a later callback sees additions."""
        *position, logs = args
        logs = pythonify_logs(logs)
        for callback in self.callbacks:
            getattr(callback, hook)(*position, logs)


def pythonify_logs(logs):
    """Logs with names sorted, nested dicts flattened and scalars as floats."""
    result = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            result.update(pythonify_logs(value))
            continue
        try:
            result[name] = float(value)
        except (TypeError, ValueError):
            result[name] = value
    return result


def _flatten(callbacks):
    if not callbacks:
        return []
    if not isinstance(callbacks, (list, tuple)):
        return [callbacks]
    return [c for entry in callbacks for c in _flatten_entry(entry)]


def _flatten_entry(entry):
    return _flatten(entry) if isinstance(entry, (list, tuple)) else [entry]


def _wants_batches(callback, mode):
    # A callback need not derive from ours: then assume that it wants everything.
    ask = getattr(callback, "wants_batches", None)
    return True if ask is None else ask(mode)
