"""What one step of training, evaluation or prediction computes."""

import functools
import warnings

from ckeras import ops
from ckeras.engine import config, tree
from ckeras.engine.function import function
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.layers.base.call_spec import parameters_of
from ckeras.training.compiling import Compiling
from ckeras.utils.packing import unpack_x_y_sample_weight

__all__ = ["ModelSteps"]


class ModelSteps(Compiling):
    """The steps that `fit`, `evaluate` and `predict` repeat; models may override
    them."""

    # --- loss and metrics ----------------------------------------------------------

    @property
    def metrics(self):
        """The loss's mean, the metrics of `compile`, and those of the layers."""
        found = self._own_metrics() + list(self._metrics)
        for layer in self._flatten_layers(include_self=False):
            if not isinstance(layer, ModelSteps):
                found.extend(layer.metrics)
        return found

    def _own_metrics(self):
        found = []
        if self._loss_tracker is not None:
            found.append(self._loss_tracker)
        if self._compile_metrics is not None:
            found.append(self._compile_metrics)
        if self._compile_loss is not None:
            found.extend(self._compile_loss.metrics)
        return found

    @property
    def metrics_names(self):
        """Names of the metrics, in order."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics_variables(self):
        """Variables in which the metrics keep their state."""
        return [v for metric in self.metrics for v in metric.variables]

    def reset_metrics(self):
        """Set the state of every metric back to its beginning."""
        for metric in self.metrics:
            metric.reset_state()

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The total loss of a batch: that of `compile`, and what layers add.

        Override it for a loss that needs more than targets and predictions.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: The model's outputs for `x`.
            sample_weight: Weights of the samples, or None.
            training: Whether the step is one of training.

        Returns:
            A scalar.

        Raises:
            ValueError: If there is no loss at all.
        """
        parts = []
        if self._compile_loss is not None:
            loss = self._compile_loss(y, y_pred, sample_weight)
            if loss is not None:
                parts.append(loss)
        for loss in self.losses:
            if not dtypes.is_float(loss.dtype):
                loss = ops.cast(loss, config.floatx())
            parts.append(ops.sum(loss))
        if not parts:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`."
            )
        total = parts[0]
        for part in parts[1:]:
            total = ops.add(total, part)
        return total

    def _compute_loss(self, x, y, y_pred, sample_weight, training):
        # An override written for Keras before 3.3 has no `training` argument.
        if "training" in parameters_of(self.compute_loss):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Update the metrics with a batch.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: The model's outputs for `x`.
            sample_weight: Weights of the samples, or None.

        Returns:
            Dict of the metrics' values so far, by name.
        """
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self):
        """The values of all metrics.

        Returns:
            Dict from name to value; a metric with several values adds each of them.
        """
        results = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                results.update(result)
            else:
                results[metric.name] = result
        return results

    # --- steps ---------------------------------------------------------------------

    def train_step(self, data):
        """One step of training: forward, loss, gradients, update, metrics.

        Args:
            data: A batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            Dict of logs.
        """
        if self.optimizer is None:
            raise ValueError(
                "Training needs an optimizer. Call `compile(optimizer, loss)`. "
                f"Received: model {self.name!r}, compiled with optimizer=None."
            )
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self._forward(x, training=True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss, sample_weight=_count_rows(x))
        variables = self.trainable_variables
        if variables:
            gradients = tape.gradient(scaled, variables)
            self.optimizer.apply(gradients, variables)
        else:
            warnings.warn(
                "The model does not have any trainable weights.", stacklevel=2
            )
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data):
        """One step of evaluation: forward, loss, metrics.

        Args:
            data: A batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            Dict of logs.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._forward(x, training=False)
        loss = self._compute_loss(x, y, y_pred, sample_weight, training=False)
        self._loss_tracker.update_state(loss, sample_weight=_count_rows(x))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data):
        """One step of prediction.

        Args:
            data: A batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The model's outputs.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._forward(x, training=False)

    def _forward(self, x, training):
        if getattr(self, "_call_has_training_arg", True):
            return self(x, training=training)
        return self(x)

    def make_train_function(self, force=False):
        """The compiled `train_step`; `force` makes it anew."""
        if self.train_function is None or force:
            self.train_function = self._make_function(_returning_logs(self.train_step))
        return self.train_function

    def make_test_function(self, force=False):
        """The compiled `test_step`; `force` makes it anew."""
        if self.test_function is None or force:
            self.test_function = self._make_function(_returning_logs(self.test_step))
        return self.test_function

    def make_predict_function(self, force=False):
        """The compiled `predict_step`; `force` makes it anew."""
        if self.predict_function is None or force:
            self.predict_function = self._make_function(self.predict_step)
        return self.predict_function

    def _make_function(self, step):
        return _Eager(step) if self.run_eagerly else function(step)

    @property
    def train_plan(self):
        """The plan of the training step that ran last; it prints itself."""
        return getattr(self.train_function, "plan", None)

    @property
    def predict_plan(self):
        """The plan of the prediction step that ran last; it prints itself."""
        return getattr(self.predict_function, "plan", None)

    # --- building ------------------------------------------------------------------

    def _is_own(self, name):
        """Whether the model's class overrides a step or another method of these."""
        return getattr(type(self), name) is not getattr(ModelSteps, name)

    def _reads_targets(self, mode):
        """Whether the loss of `compile` is computed from targets and outputs as they
        are, so that they can be checked beforehand."""
        own = (f"{mode}_step", "compute_loss")
        return mode != "predict" and not any(map(self._is_own, own))

    def _output_spec(self, x, mode):
        """Shapes and types of the outputs for inputs like `x`; builds the model.

        None where the model cannot be traced on `x`, though the step may do what it
        does: an own step knows what it calls, and an eager one takes any Python.
        """
        key = tuple(
            None if a is None else (a.shape[1:], str(a.dtype)) for a in tree.flatten(x)
        )
        known = self.__dict__.setdefault("_output_specs", {})
        if key not in known:
            spec = self._declared_output_spec(x) if known else None
            if spec is not None:
                return spec
            free = self.run_eagerly or self._is_own(f"{mode}_step")
            spec = self._guess_output_spec(x) if free else self._infer_output_spec(x)
            if spec is None:
                return None
            known[key] = spec
        return known[key]

    def _declared_output_spec(self, x):
        """The outputs' specs if they are the same for all inputs like `x`, or None;
        for models whose graph is known."""
        return None

    def _infer_output_spec(self, x):
        return infer(self._forward, _to_spec(x), training=False)

    def _has_own_call(self):
        """Whether there is a `call`: a model may have none, other layers have one."""
        return True

    def _guess_output_spec(self, x):
        if not self._has_own_call():
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self._infer_output_spec(x)
            except Exception:
                return None

    def _build_for(self, batch, mode):
        """Builds what a batch's shapes are needed for; returns the outputs' specs.

        An own step builds the loss, the metrics and the optimizer where it uses
        them, for the values and variables that it uses them with.

        Args:
            batch: a batch of arrays, of which only shapes and types matter.
            mode: `"train"`, `"test"` or `"predict"`.
        """
        x, y, _ = unpack_x_y_sample_weight(batch)
        y_pred = self._output_spec(x, mode)
        if mode == "predict" or y_pred is None or self._is_own(f"{mode}_step"):
            return y_pred
        y = _to_spec(y)
        for part, name in (
            (self._compile_loss, "compute_loss"),
            (self._compile_metrics, "compute_metrics"),
        ):
            if part is not None and not part.built and not self._is_own(name):
                part.build(y, y_pred)
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        return y_pred

    def _is_ready(self, mode):
        """Whether everything is built, so that no batch needs to be looked at."""
        if not all(layer.built for layer in self._flatten_layers()):
            return False
        if mode == "predict" or self._is_own(f"{mode}_step"):
            return True
        parts = (self._compile_loss, self._compile_metrics, self.optimizer)
        return all(part is None or part.built for part in parts)


class _Eager:
    """A step that runs as plain Python on each call."""

    def __init__(self, step):
        self._step = step

    def __call__(self, data):
        return self._step(
            tree.map_structure(
                lambda a: None if a is None else convert_to_tensor(a), data
            )
        )


def _returning_logs(step):
    """A step of training or evaluation that raises if it returns no logs."""
    name = getattr(step, "__name__", "the step")

    @functools.wraps(step)
    def checked(data):
        logs = step(data)
        if logs is not None and not isinstance(logs, dict):
            raise TypeError(
                f"`{name}` must return a dict of logs, such as "
                f"`{{'loss': loss}}`, or None. Received: {logs!r}"
            )
        return logs

    return checked


def _to_spec(structure):
    def spec(array):
        return None if array is None else KerasTensor(array.shape, str(array.dtype))

    return tree.map_structure(spec, structure)


def _count_rows(x):
    return next(a for a in tree.flatten(x) if a is not None).shape[0]
