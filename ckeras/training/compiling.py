"""`compile`: the choice of optimizer, loss and metrics."""

import warnings

from ckeras import metrics as metrics_module
from ckeras import optimizers
from ckeras.layers.base.tracking import no_automatic_dependency_tracking
from ckeras.saving.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)
from ckeras.training.compile_loss import CompileLoss
from ckeras.training.compile_metrics import CompileMetrics

__all__ = ["Compiling"]


class Compiling:
    """The part of a model that knows how it is trained."""

    compiled = False
    loss = None
    optimizer = None
    stop_training = False
    run_eagerly = False
    jit_compile = True
    steps_per_execution = 1
    train_function = None
    test_function = None
    predict_function = None
    _compile_loss = None
    _compile_metrics = None
    _compile_config = None
    _loss_tracker = None
    _initial_epoch = None  # set by callbacks in `on_train_begin`
    _plain_input = None  # shape and type of arrays that need no cast

    @no_automatic_dependency_tracking
    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Set the optimizer, loss and metrics of the training.

        Args:
            optimizer: Name of an optimizer, or an instance.
            loss: Name, function `f(y_true, y_pred)` or `Loss` instance; for several
                outputs also a list, or a dict by output name.
            loss_weights: Factors of the outputs' losses, as a list or a dict by
                output name.
            metrics: List of names, functions and `Metric` instances; for several
                outputs also a list of lists, or a dict by output name.
                `"accuracy"` becomes the binary, categorical or sparse one by the
                shapes of targets and outputs.
            weighted_metrics: The same, for metrics that take the sample weights.
            run_eagerly: Whether each step runs as plain Python, for debugging.
            steps_per_execution: Number of batches between two calls of batch hooks
                of callbacks.
            jit_compile: Kept for Keras's signature: unless `run_eagerly` is set,
                steps are always compiled.
            auto_scale_loss: Whether a model with the policy `"mixed_float16"` gets
                its optimizer in a `LossScaleOptimizer`, so that small gradients do
                not become 0.

        Raises:
            ValueError: If a name is unknown or an argument has the wrong type.

        Example:

        >>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        """
        output_names = getattr(self, "output_names", None)
        made_optimizer = optimizers.get(optimizer)
        made_loss = made_metrics = None
        if loss is not None:
            made_loss = CompileLoss(loss, loss_weights, output_names)
        if metrics is not None or weighted_metrics is not None:
            made_metrics = CompileMetrics(metrics, weighted_metrics, output_names)
        if run_eagerly and jit_compile is True:
            warnings.warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. "
                "Disabling `jit_compile`.",
                stacklevel=2,
            )
        _check_steps_per_execution(steps_per_execution)
        # Everything is known to be good: only now does the model change.
        self.optimizer = made_optimizer
        if auto_scale_loss:
            self.optimizer = self._with_loss_scale(made_optimizer)
        self.loss = loss
        self._compile_loss = made_loss
        self._compile_metrics = made_metrics
        self._loss_tracker = metrics_module.Mean(name="loss")
        self.run_eagerly = bool(run_eagerly)
        self.jit_compile = bool(jit_compile) and not run_eagerly
        self.steps_per_execution = steps_per_execution
        self.stop_training = False
        self.compiled = True
        self._reset_functions()
        self._compile_config = {
            "optimizer": made_optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def _with_loss_scale(self, optimizer):
        """The optimizer, with loss scaling where the model computes in float16."""
        scales = isinstance(optimizer, optimizers.LossScaleOptimizer)
        if optimizer is None or scales or self.dtype_policy.name != "mixed_float16":
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")

    def _reset_functions(self):
        """Forgets the compiled steps; they are made anew when needed."""
        self.train_function = None
        self.test_function = None
        self.predict_function = None
        self.__dict__.pop("_output_specs", None)
        self.__dict__.pop("_plain_input", None)

    @property
    def compiled_metrics(self):
        """The metrics of `compile` as one object, or None."""
        return self._compile_metrics

    def get_compile_config(self):
        """Configuration from which `compile_from_config` compiles a model alike.

        Returns:
            Dict; empty if the model is not compiled.
        """
        if not self.compiled or self._compile_config is None:
            return {}
        return serialize_keras_object(dict(self._compile_config))

    def compile_from_config(self, config):
        """Compile as a configuration says.

        Args:
            config: What `get_compile_config` returned.
        """
        if type(self).compile is not Compiling.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the "
                "model's `compile()` method is custom. All subclassed Models that "
                "have `compile()` overridden should also override "
                "`get_compile_config()` and `compile_from_config(config)`. "
                "Alternatively, you can call `compile()` manually after loading.",
                stacklevel=2,
            )
            return
        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _assert_compile_called(self, method_name):
        if not self.compiled:
            raise ValueError(
                f"You must call `compile()` before calling `{method_name}()`. "
                f"Received: model {self.name!r}, which is not compiled."
            )


def _check_steps_per_execution(value):
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(
            "Argument `steps_per_execution` must be an integer of 1 or more. "
            f"Received: steps_per_execution={value}"
        )
