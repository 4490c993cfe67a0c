"""Lamb: Adam with steps in proportion to the weights."""

from ckeras import ops
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Lamb"]


class Lamb(Optimizer):
    """Adam whose step for a variable has the variable's norm, for large batches.

    You et al., 2019.

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        beta_1: how slowly the mean follows.
        beta_2: how slowly the mean square follows.
        epsilon: keeps the division finite.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **options
    ):
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        power_1 = ops.power(ops.cast(self.beta_1, dtype), step)
        power_2 = ops.power(ops.cast(self.beta_2, dtype), step)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        m.assign_add((gradient - m.value) * (1.0 - self.beta_1))
        v.assign_add((ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        spread = ops.sqrt(v.value / (1.0 - power_2)) + self.epsilon
        direction = m.value / (1.0 - power_1) / spread
        weight = ops.sqrt(ops.sum(ops.square(variable.value)))
        length = ops.sqrt(ops.sum(ops.square(direction)))
        both = ops.logical_and(ops.greater(weight, 0.0), ops.greater(length, 0.0))
        ratio = ops.where(both, weight / length, ops.ones_like(weight))
        variable.assign_sub(ratio * rate * direction)
