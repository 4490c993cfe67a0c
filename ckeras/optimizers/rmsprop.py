"""RMSprop."""

from ckeras import ops
from ckeras.ops.primitives import update
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Steps by the gradient over the root of its mean square.

    `v = rho * v + (1 - rho) * g²` and
    `w -= learning_rate * g / sqrt(v + epsilon)` (Hinton's lecture, 2012).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        rho: how slowly the mean square follows.
        momentum: share of the last step that the next one keeps.
        epsilon: keeps the division finite.
        centered: whether to divide by the variance rather than the mean square.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._velocities = self.add_optimizer_variables(var_list, "velocity")
        self._momentums = []
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(var_list, "momentum")
        self._average_gradients = []
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(
                var_list, "average_gradient"
            )
        if not self.centered and not self.momentum > 0:
            self._lay_out(self._velocities)

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        index, rho = self._get_variable_index(variable), self.rho
        velocity = self._velocities[index]
        velocity.assign(rho * velocity.value + (1.0 - rho) * ops.square(gradient))
        spread = velocity.value
        if self.centered:
            mean = self._average_gradients[index]
            mean.assign(rho * mean.value + (1.0 - rho) * gradient)
            spread = spread - ops.square(mean.value)
        step = rate * gradient / ops.sqrt(spread + self.epsilon)
        if self.momentum > 0:
            momentum = self._momentums[index]
            momentum.assign(self.momentum * momentum.value + step)
            step = momentum.value
        variable.assign_sub(step)

    def arena_step(self, parameters, gradient, learning_rate, slots):
        value, velocity = update.rmsprop(
            parameters.value,
            gradient,
            slots[0].value,
            learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
        )
        parameters.assign(value)
        slots[0].assign(velocity)
