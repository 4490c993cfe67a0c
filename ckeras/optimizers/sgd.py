"""Gradient descent."""

from ckeras import ops
from ckeras.ops.primitives import update
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent, with momentum where asked for.

    `w -= learning_rate * g`; with momentum
    `v = momentum * v - learning_rate * g` and `w += v`, or for Nesterov's variant
    `w += momentum * v - learning_rate * g`.

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        momentum: share of the last step that the next one keeps, 0 to 1.
        nesterov: whether to use Nesterov's variant.
        **options: see `Optimizer`.

    Raises:
        ValueError: if `momentum` is no float from 0 to 1.
    """

    @with_options()
    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **options):
        super().__init__(learning_rate, **options)
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ValueError(
                "`momentum` must be a float between [0, 1]. "
                f"Received: momentum={momentum}"
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = []
        if self.momentum != 0:
            self.momentums = self.add_optimizer_variables(variables, "momentum")
            self._lay_out(self.momentums)
        else:
            self._lay_out()

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(gradient, variable.dtype) * rate
        if self.momentum == 0:
            variable.assign_sub(step)
            return
        velocity = self.momentums[self._get_variable_index(variable)]
        velocity.assign(velocity.value * self.momentum - step)
        if self.nesterov:
            variable.assign_add(velocity.value * self.momentum - step)
        else:
            variable.assign_add(velocity.value)

    def arena_step(self, parameters, gradient, learning_rate, slots):
        if self.momentum == 0:
            parameters.assign(update.sgd(parameters.value, gradient, learning_rate))
            return
        value, velocity = update.momentum(
            parameters.value,
            gradient,
            slots[0].value,
            learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )
        parameters.assign(value)
        slots[0].assign(velocity)
