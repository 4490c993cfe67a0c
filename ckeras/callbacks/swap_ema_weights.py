"""Evaluates with the averaged weights that the optimizer keeps."""

from ckeras.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Put the optimizer's moving average of the weights in place for evaluation.

    Training goes on with the ordinary weights; the optimizer must have been made
    with `use_ema=True`.

    Args:
        swap_on_epoch: Whether the averages are in place at the end of each epoch as
            well, so that a checkpoint saves them.

    Example:

    >>> model.compile(optimizers.SGD(use_ema=True), loss="mse")
    >>> history = model.fit(x, y, callbacks=[SwapEMAWeights()], verbose=0)
    """

    def __init__(self, swap_on_epoch=False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put_back()

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch and not self._ema_weights_in_model:
            self._put_in()
            if epoch == self.params["epochs"] - 1:
                # The end of `fit` assigns the averages to the weights once more,
                # and after the swap the averages' place holds the old weights.
                for variable, average in self._pairs():
                    average.assign(variable)

    def on_test_begin(self, logs=None):
        self._put_in()

    def on_test_end(self, logs=None):
        self._put_back()

    def on_predict_begin(self, logs=None):
        self._put_in()

    def on_predict_end(self, logs=None):
        self._put_back()

    def _put_in(self):
        if not self._ema_weights_in_model:
            self._swap()
            self._ema_weights_in_model = True

    def _put_back(self):
        if self._ema_weights_in_model:
            self._swap()
            self._ema_weights_in_model = False

    def _swap(self):
        for variable, average in self._pairs():
            old = variable.numpy().copy()
            variable.assign(average)
            average.assign(old)

    def _pairs(self):
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        averages = getattr(optimizer, "_model_variables_moving_average", None)
        if not getattr(optimizer, "use_ema", False) or averages is None:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the "
                f"optimizer. Received: use_ema={getattr(optimizer, 'use_ema', None)}"
            )
        return list(zip(optimizer._trainable_variables, averages, strict=True))
