"""A callback made of functions."""

from ckeras.callbacks.callback import Callback


class LambdaCallback(Callback):
    """Calls given functions at stages of training.

    Args:
        on_epoch_begin: Called as `f(epoch, logs)` before each epoch.
        on_epoch_end: Called as `f(epoch, logs)` after each epoch.
        on_train_begin: Called as `f(logs)` when training begins.
        on_train_end: Called as `f(logs)` when training ends.
        on_train_batch_begin: Called as `f(batch, logs)` before each batch.
        on_train_batch_end: Called as `f(batch, logs)` after each batch.
        **kwargs: Any other hook of `Callback` by its name.

    Example:

    >>> show = LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs["loss"]))
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **kwargs,
    ):
        super().__init__()
        self.__dict__.update(kwargs)
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        # A hook that was not given stays the class's, so that it costs nothing.
        for name, hook in hooks.items():
            if hook is not None:
                setattr(self, name, hook)
