"""The base class of all callbacks: hooks into fit, evaluate and predict."""


class Callback:
    """Base class of objects that act at stages of training or evaluation.

    Override the hooks you need and pass instances to `fit`, `evaluate` or `predict`.
    A callback that overrides no batch hook costs nothing between batches: the batches
    then run many at a time outside Python.

    Attributes:
        params: Dict with `verbose`, `epochs` and `steps` of the run.
        model: The model being trained.

    Example:

    >>> class PrintLoss(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    """

    def __init__(self):
        self.params = None
        self._model = None

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self._model = model

    @property
    def model(self):
        return self._model

    def wants_batches(self, mode):
        """Whether a hook of every batch is overridden.

        Args:
            mode: `"train"`, `"test"` or `"predict"`.
        """
        hooks = [f"on_{mode}_batch_begin", f"on_{mode}_batch_end"]
        if mode == "train":
            hooks += ["on_batch_begin", "on_batch_end"]
        return any(not _is_default(self, hook) for hook in hooks)

    def on_batch_begin(self, batch, logs=None):
        """Older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch, logs=None):
        """Called before each epoch of `fit`.

        Args:
            epoch: Index of the epoch, from 0.
            logs: Nothing at present.
        """

    def on_epoch_end(self, epoch, logs=None):
        """Called after each epoch of `fit`.

        Args:
            epoch: Index of the epoch, from 0.
            logs: Dict of the epoch's results; those on the validation data have
                names that begin with `val_`.
        """

    def on_train_batch_begin(self, batch, logs=None):
        """Called before each batch of `fit`.

        Args:
            batch: Index of the batch in the epoch.
            logs: Nothing at present.
        """
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        """Called after each batch of `fit`.

        Args:
            batch: Index of the batch in the epoch.
            logs: Dict of the results up to this batch.
        """
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch, logs=None):
        """Called before each batch of `evaluate` and of validation in `fit`."""

    def on_test_batch_end(self, batch, logs=None):
        """Called after each batch of `evaluate` and of validation in `fit`."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Called before each batch of `predict`."""

    def on_predict_batch_end(self, batch, logs=None):
        """Called after each batch of `predict`; `logs["outputs"]` is its result."""

    def on_train_begin(self, logs=None):
        """Called once when `fit` begins."""

    def on_train_end(self, logs=None):
        """Called once when `fit` ends; `logs` are those of the last epoch."""

    def on_test_begin(self, logs=None):
        """Called when `evaluate` or a validation begins."""

    def on_test_end(self, logs=None):
        """Called when `evaluate` or a validation ends, with its results."""

    def on_predict_begin(self, logs=None):
        """Called when `predict` begins."""

    def on_predict_end(self, logs=None):
        """Called when `predict` ends."""


def _is_default(callback, hook):
    method = getattr(callback, hook)
    return getattr(method, "__func__", None) is getattr(Callback, hook)
