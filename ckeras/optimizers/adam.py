"""Adam and its variant with weight decay."""

from ckeras import ops
from ckeras.ops.primitives import update
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Steps by the gradient's mean over the root of its mean square.

    With `t` steps so far, `m += (1 - beta_1) * (g - m)`,
    `v += (1 - beta_2) * (g² - v)` and
    `w -= learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)`
    (Kingma and Ba, 2014).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        beta_1: how slowly the mean follows.
        beta_2: how slowly the mean square follows.
        epsilon: keeps the division finite.
        amsgrad: whether to divide by the largest mean square so far.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(var_list, "velocity_hat")
        else:
            self._lay_out(self._momentums, self._velocities)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        power_1 = ops.power(ops.cast(self.beta_1, dtype), step)
        power_2 = ops.power(ops.cast(self.beta_2, dtype), step)
        alpha = rate * ops.sqrt(1.0 - power_2) / (1.0 - power_1)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        m.assign_add((gradient - m.value) * (1.0 - self.beta_1))
        v.assign_add((ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        if self.amsgrad:
            v_hat = self._velocity_hats[index]
            v_hat.assign(ops.maximum(v_hat.value, v.value))
            v = v_hat
        variable.assign_sub(m.value * alpha / (ops.sqrt(v.value) + self.epsilon))

    def arena_step(self, parameters, gradient, learning_rate, slots):
        m, v = slots
        value, new_m, new_v = update.adam(
            parameters.value,
            gradient,
            m.value,
            v.value,
            learning_rate,
            ops.cast(self.iterations + 1, gradient.dtype),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
        parameters.assign(value)
        m.assign(new_m)
        v.assign(new_v)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        weight_decay: share of each weight, times the learning rate, that a step
            takes off it.
        beta_1, beta_2, epsilon, amsgrad: see `Adam`.
        **options: see `Optimizer`.

    Raises:
        ValueError: if `weight_decay` is None.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **options,
    ):
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=weight_decay,
            **options,
        )
        if self.weight_decay is None:
            raise ValueError(
                "Argument `weight_decay` must be a float. Received: weight_decay=None"
            )
