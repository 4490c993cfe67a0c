"""Ftrl: follow the regularized leader."""

from ckeras import initializers, ops
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Ftrl"]


class Ftrl(Optimizer):
    """Follow the (proximally) regularized leader, for sparse linear models.

    McMahan et al., 2013, with the shrinkage of the L2 penalty as an option.

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        learning_rate_power: how the learning rate falls with the sum of squared
            gradients; 0 for not at all.
        initial_accumulator_value: first value of that sum.
        l1_regularization_strength, l2_regularization_strength: penalties.
        l2_shrinkage_regularization_strength: penalty that acts on the size only.
        beta: added to the inverse learning rate.
        **options: see `Optimizer`.

    Raises:
        ValueError: for an argument of the wrong sign.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        **options,
    ):
        super().__init__(learning_rate, **options)
        if learning_rate_power > 0.0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. Received: "
                f"learning_rate_power={learning_rate_power}."
            )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        shrinkage = l2_shrinkage_regularization_strength
        self.l2_shrinkage_regularization_strength = shrinkage
        self.beta = beta
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, name) < 0.0:
                raise ValueError(
                    f"`{name}` needs to be positive or zero. "
                    f"Received: {name}={getattr(self, name)}."
                )

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators, self._linears = self.add_optimizer_variables(
            var_list, ["accumulator", "linear"], initializer=[start, "zeros"]
        )

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        index = self._get_variable_index(variable)
        total, linear = self._accumulators[index], self._linears[index]
        power = -self.learning_rate_power
        l1, value = self.l1_regularization_strength, variable.value
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        shrunk = gradient + 2.0 * self.l2_shrinkage_regularization_strength * value
        new_total = total.value + ops.square(gradient)
        new_root, root = ops.power(new_total, power), ops.power(total.value, power)
        linear.assign_add(shrunk - (new_root - root) / rate * value)
        clipped = ops.clip(linear.value, -l1, l1)
        variable.assign((clipped - linear.value) / (new_root / rate + 2.0 * l2))
        total.assign(new_total)
