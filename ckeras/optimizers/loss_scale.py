"""Loss scaling that finds its own factor."""

from ckeras import initializers, ops
from ckeras.optimizers.base import layout
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import SHARED
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["LossScaleOptimizer"]


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a factor, and another optimizer's gradients back.

    The factor is halved in steps with gradients that are not finite, which change
    nothing else, and doubled after a number of steps without any.

    Args:
        inner_optimizer: the optimizer that updates the variables.
        initial_scale: the first factor.
        dynamic_growth_steps: number of steps after which the factor is doubled.
        name: name in paths of variables.

    Raises:
        ValueError: for options that belong to the inner optimizer.
    """

    def __init__(
        self,
        inner_optimizer,
        initial_scale=2.0**15,
        dynamic_growth_steps=2000,
        name=None,
        **kwargs,
    ):
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Instead, "
                "simply set `loss_scale_factor` directly on the `inner_optimizer`."
            )
        # Old files hold these options with their defaults.
        wrong = [k for k, v in kwargs.items() if k not in SHARED or v != SHARED[k]]
        if wrong:
            names = ", ".join(f"`{key}`" for key in wrong)
            raise ValueError(
                f"LossScaleOptimizer does not support arguments: {names}. Instead, "
                f"set {names} on the `inner_optimizer`."
            )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        # Else gradients would be scaled twice.
        inner_optimizer.loss_scale_factor = None

    def build(self, var_list):
        if self.built:
            return
        self.step_counter = self.add_variable(
            (), "zeros", dtype="int32", name="step_counter"
        )
        self.dynamic_scale = self.add_variable(
            (), initializers.Constant(self.initial_scale), name="dynamic_scale"
        )
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    @property
    def variables(self):
        """Own variables, then the inner optimizer's."""
        return [*self._variables, *self.inner_optimizer.variables]

    def apply(self, grads, trainable_variables=None):
        grads = list(grads)
        if not grads:
            return
        variables = self._checked_variables(grads, trainable_variables)
        finite = self._all_finite(grads)
        scale = self.dynamic_scale.value * 1.0
        kept = [*variables, *self.inner_optimizer.variables]
        before = [layout.snapshot(v) for v in kept]
        unscaled = [
            g
            if g is None or getattr(v, "overwrite_with_gradient", False)
            else g / ops.cast(scale, g.dtype)
            for g, v in zip(grads, variables, strict=True)
        ]
        self.inner_optimizer.apply(unscaled, variables)
        for variable, old in zip(kept, before, strict=True):
            if variable.value is not old:
                variable.assign(ops.where(finite, variable.value, old))
        self._rescale(finite, scale)

    def _all_finite(self, grads):
        finite = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return ops.all(ops.stack(finite))

    def _rescale(self, finite, scale):
        count = self.step_counter.value + 1
        due = ops.greater_equal(count, self.dynamic_growth_steps)
        grown = ops.where(due, scale * 2.0, scale)
        self.dynamic_scale.assign(ops.where(finite, grown, scale * 0.5))
        goes_on = ops.logical_and(finite, ops.logical_not(due))
        self.step_counter.assign(ops.where(goes_on, count, ops.zeros_like(count)))

    @property
    def learning_rate(self):
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        """The inner optimizer's number of updates."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss):
        """The loss times the present factor."""
        scale = self.dynamic_scale.value if self.built else self.initial_scale
        return loss * scale

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        inner = deserialize_keras_object(
            config.pop("inner_optimizer"), custom_objects=custom_objects
        )
        return cls(inner, **config)
