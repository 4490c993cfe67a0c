"""`fit`, `evaluate` and `predict`: the methods by which a model meets data."""

import numpy as np

from ckeras.callbacks import CallbackList
from ckeras.callbacks.callback_list import pythonify_logs
from ckeras.engine import tree
from ckeras.engine.values.tensor import Tensor
from ckeras.training.compile_metrics import CompileMetrics
from ckeras.training.data import get_data, train_validation_split
from ckeras.training.data.arrays import ArrayData
from ckeras.training.data.convert import densify
from ckeras.training.inputs import cast_batch, check_targets
from ckeras.training.model_steps import ModelSteps
from ckeras.training.steps import Steps, limited_epochs, limited_steps
from ckeras.utils.packing import unpack_x_y_sample_weight
from ckeras.utils.traceback_utils import filter_traceback

__all__ = ["Trainer"]


class Trainer(ModelSteps):
    """Gives a model `compile`, `fit`, `evaluate`, `predict` and their kin."""

    @filter_traceback
    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Train for a number of passes over the data.

        Args:
            x: Inputs: NumPy arrays, tensors, pandas objects, sparse matrices of
                SciPy or lists of numbers; for several inputs a list, or a dict by
                input name. Or an iterable of
                batches `(x, y)` or `(x, y, sample_weight)`: a `utils.PyDataset`, a
                generator, a PyTorch `DataLoader` or the like.
            y: Targets, in the same kinds of arrays; not with an iterable.
            batch_size: Number of samples in a batch, 32 by default.
            epochs: Index of the epoch at which to stop.
            verbose: 0 silent, 1 progress bar, 2 one line an epoch; `"auto"` is 1.
            callbacks: List of `callbacks.Callback` instances.
            validation_split: Share of the samples, the last ones before shuffling,
                that is set aside for validation.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or an iterable of
                batches, evaluated after each epoch.
            shuffle: Whether to reorder the samples before each epoch; `"batch"`
                reorders whole batches.
            class_weight: Dict from class number to the weight of its samples.
            sample_weight: Weight of each sample in the loss; for several outputs
                one array for each.
            initial_epoch: Index of the epoch at which to begin.
            steps_per_epoch: Number of batches in an epoch; by default all.
            validation_steps: Number of batches in a validation; by default all.
            validation_batch_size: Number of samples in a validation batch.
            validation_freq: Validate after every so many epochs, or after those in
                a list (counted from 1).

        Returns:
            `History`, whose `history` holds the loss and the metrics of each epoch.

        Raises:
            ValueError: If the model is not compiled, or the data can't be used; then
                nothing has changed.

        Example:

        >>> history = model.fit(x, y, epochs=3, verbose=0)
        >>> len(history.history["loss"])
        3
        """
        self._assert_compile_called("fit")
        epochs = limited_epochs(epochs)
        steps_per_epoch = limited_steps(steps_per_epoch)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        data = get_data(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
        )
        steps = self._start(data, "train", steps_per_epoch)
        validation = None
        if validation_data is not None:
            validation_steps = limited_steps(validation_steps)
            val_x, val_y, val_weight = unpack_x_y_sample_weight(validation_data)
            size = validation_batch_size or batch_size
            val_data = get_data(val_x, val_y, val_weight, size, validation_steps)
            validation = self._start(val_data, "test", validation_steps)
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=epochs,
                steps=steps.num_steps,
                model=self,
            )
        self._run_epochs(
            steps, validation, callbacks, initial_epoch, epochs, validation_freq
        )
        return self.history

    def _run_epochs(
        self, steps, validation, callbacks, initial_epoch, epochs, validation_freq
    ):
        self.make_train_function()
        self.stop_training = False
        self._initial_epoch = None
        logs = {}
        callbacks.on_train_begin()
        try:
            for epoch in range(self._initial_epoch or initial_epoch, epochs):
                self.reset_metrics()
                callbacks.on_epoch_begin(epoch)
                results = steps.run(
                    self.train_function, callbacks, lambda: self.stop_training
                )
                if results is None:  # the data have come to their end
                    break
                logs = pythonify_logs(results)
                if validation is not None and _is_due(epoch, validation_freq):
                    val_logs = self._run_evaluation(validation, callbacks)
                    logs.update({f"val_{k}": v for k, v in val_logs.items()})
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
        except KeyboardInterrupt:
            # Files get closed, and the history holds all epochs that were finished.
            self._finalize_weights()
            callbacks.on_train_end(logs)
            raise
        self._finalize_weights()
        callbacks.on_train_end(logs)

    def _finalize_weights(self):
        if self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.trainable_variables)

    @filter_traceback
    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        **kwargs,
    ):
        """Compute the loss and the metrics on data.

        Args:
            x, y, sample_weight: As for `fit`.
            batch_size: Number of samples in a batch, 32 by default.
            verbose: 0 silent, 1 progress bar, 2 one line; `"auto"` is 1.
            steps: Number of batches; by default all.
            callbacks: List of `callbacks.Callback` instances.
            return_dict: Whether to return a dict by name instead of a list.

        Returns:
            The loss, or a list of the loss and the metrics, or a dict of them.

        Raises:
            ValueError: If the model is not compiled, or the data can't be used.

        Example:

        >>> loss = model.evaluate(x, y, verbose=0)
        """
        self._assert_compile_called("evaluate")
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        steps = limited_steps(steps)
        data = get_data(x, y, sample_weight, batch_size, steps)
        pass_ = self._start(data, "test", steps)
        callbacks = self._callback_list(callbacks, verbose, pass_)
        logs = self._run_evaluation(pass_, callbacks)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def _run_evaluation(self, steps, callbacks):
        self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        self.reset_metrics()
        logs = steps.run(self.test_function, callbacks, lambda: self.stop_evaluating)
        logs = pythonify_logs(logs)
        callbacks.on_test_end(logs)
        return logs

    @filter_traceback
    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """Compute the outputs for inputs, batch by batch.

        For a single batch, `model(x)` or `predict_on_batch` has less to prepare.

        Args:
            x: As for `fit`.
            batch_size: Number of samples in a batch, 32 by default.
            verbose: 0 silent, 1 progress bar, 2 one line; `"auto"` is 1.
            steps: Number of batches; by default all.
            callbacks: List of `callbacks.Callback` instances.

        Returns:
            NumPy array, or arrays in the structure of the model's outputs.

        Raises:
            ValueError: If the data can't be used.

        Example:

        >>> predictions = model.predict(x, verbose=0)
        """
        steps = limited_steps(steps)
        data = get_data(x, batch_size=batch_size, steps=steps)
        pass_ = self._start(data, "predict", steps)
        callbacks = self._callback_list(callbacks, verbose, pass_)
        function = self.make_predict_function()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        outputs = pass_.collect(function, callbacks, lambda: self.stop_predicting)
        callbacks.on_predict_end()
        return outputs

    def _callback_list(self, callbacks, verbose, steps):
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=steps.num_steps,
            model=self,
        )

    def _start(self, data, mode, steps):
        """Checks and casts the data, builds what is not built, and makes the pass."""
        if not data.is_arrays:
            batch = None
            if not self._is_ready(mode):
                batch = data.first_batch()
                self._build_for(batch, mode)
            return self._steps(data, mode, steps)
        batch = data.first_batch()
        y_pred = self._build_for(batch, mode)
        data.convert(lambda arrays: cast_batch(self, arrays))
        if self._reads_targets(mode):
            check_targets(self, data.data, y_pred)
        return self._steps(data, mode, steps)

    def _steps(self, data, mode, steps):
        def prepare(batch):
            if not data.is_arrays:
                y_pred = self._build_for(batch, mode)
                if self._reads_targets(mode):
                    check_targets(self, batch, y_pred)
                batch = cast_batch(self, batch)
            return batch

        return Steps(data, mode, prepare, steps, self.steps_per_execution)

    # --- single batches ------------------------------------------------------------

    @filter_traceback
    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, return_dict=False
    ):
        """Train on a single batch; the metrics are those of this batch alone.

        Args:
            x, y, sample_weight, class_weight: As for `fit`, arrays only.
            return_dict: Whether to return a dict by name instead of a list.

        Returns:
            The loss, or a list of the loss and the metrics, or a dict of them.
        """
        self._assert_compile_called("train_on_batch")
        batch = self._single_batch("train", x, y, sample_weight, class_weight)
        self.reset_metrics()
        logs = pythonify_logs(self.make_train_function()(batch))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    @filter_traceback
    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Evaluate a single batch; the metrics are those of this batch alone.

        Args:
            x, y, sample_weight: As for `fit`, arrays only.
            return_dict: Whether to return a dict by name instead of a list.

        Returns:
            The loss, or a list of the loss and the metrics, or a dict of them.
        """
        self._assert_compile_called("test_on_batch")
        batch = self._single_batch("test", x, y, sample_weight)
        self.reset_metrics()
        logs = pythonify_logs(self.make_test_function()(batch))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    @filter_traceback
    def predict_on_batch(self, x):
        """Compute the outputs for a single batch.

        Args:
            x: Inputs, arrays only.

        Returns:
            NumPy array, or arrays in the structure of the model's outputs.
        """
        # An array like the one before needs neither checks nor casts: this is the
        # call that decides how fast a single sample is answered.
        kind = (x.shape[1:], x.dtype) if type(x) is np.ndarray and x.size else None
        if kind is None or kind != self._plain_input or not x.flags.c_contiguous:
            given, x = x, self._single_batch("predict", x)
            self._plain_input = kind if x is given else None
        outputs = self.make_predict_function()(x)
        if isinstance(outputs, Tensor):
            return outputs.numpy()
        return tree.map_structure(np.asarray, outputs)

    def _single_batch(self, mode, x, y=None, sample_weight=None, class_weight=None):
        data = ArrayData(x, y, sample_weight, class_weight=class_weight)
        y_pred = self._build_for(data.data, mode)
        data.convert(lambda arrays: cast_batch(self, densify(arrays)))
        if self._reads_targets(mode):
            check_targets(self, data.data, y_pred)
        return data.data

    def _flatten_metrics_in_order(self, logs):
        """The values of `logs` in the order of `metrics`; one alone by itself."""
        names = []
        for metric in self.metrics:
            if isinstance(metric, CompileMetrics):
                names += [m.name for m in metric.metrics]
            else:
                names.append(metric.name)
        names += [name for name in sorted(logs) if name not in names]
        values = [logs[name] for name in names if name in logs]
        return values[0] if len(values) == 1 else values


def _is_due(epoch, validation_freq):
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    if isinstance(validation_freq, (list, tuple)):
        return epoch + 1 in validation_freq
    raise ValueError(
        "Expected `validation_freq` to be a list or int. "
        f"Received: validation_freq={validation_freq} of the type "
        f"{type(validation_freq)}."
    )
