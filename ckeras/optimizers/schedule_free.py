"""AdamW that needs no learning rate schedule."""

from ckeras import ops
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["ScheduleFreeAdamW"]


class ScheduleFreeAdamW(Optimizer):
    """Adam whose weights lie between fast ones and their running mean.

    Defazio et al., 2024.

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        beta_1: how near the weights are to the running mean.
        beta_2: how slowly the mean square gradient follows.
        epsilon: keeps the division finite.
        warmup_steps: number of steps over which the learning rate rises.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.0025,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        warmup_steps=0,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )
        for fast, variable in zip(self._momentums, var_list, strict=True):
            if fast is not None:
                fast.assign(variable.value)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / float(self.warmup_steps), 1.0)
        index = self._get_variable_index(variable)
        fast, velocity = self._momentums[index], self._velocities[index]
        # The running mean is not kept: it follows from the weights.
        mean = (variable.value - (1.0 - self.beta_1) * fast.value) / self.beta_1
        change = (ops.square(gradient) - velocity.value) * (1.0 - self.beta_2)
        velocity.assign_add(change)
        unbiased = 1.0 - ops.power(ops.cast(self.beta_2, dtype), step)
        spread = ops.sqrt(velocity.value / unbiased) + self.epsilon
        fast.assign_sub(rate * gradient / spread)
        weight = 1.0 / step
        mean = (1.0 - weight) * mean + weight * fast.value
        variable.assign((1.0 - self.beta_1) * fast.value + self.beta_1 * mean)
