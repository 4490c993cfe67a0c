"""Optimizers with a learning rate for each weight: Adagrad, Adadelta, Adamax, Nadam."""

from ckeras import initializers, ops
from ckeras.engine import config
from ckeras.engine.values.variable import Variable
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Adadelta", "Adagrad", "Adamax", "Nadam"]


class Adagrad(Optimizer):
    """Steps by the gradient over the root of the sum of its squares.

    `a += g²` and `w -= learning_rate * g / sqrt(a + epsilon)` (Duchi et al., 2011).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        initial_accumulator_value: first value of the sum.
        epsilon: keeps the division finite.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        initial_accumulator_value=0.1,
        epsilon=1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators = self.add_optimizer_variables(
            var_list, "accumulator", initializer=start
        )

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        total = self._accumulators[self._get_variable_index(variable)]
        total.assign_add(ops.square(gradient))
        variable.assign_sub(rate * gradient / ops.sqrt(total.value + self.epsilon))


class Adadelta(Optimizer):
    """Steps in the unit of the last steps.

    `a = rho * a + (1 - rho) * g²`, `d = -g * sqrt(b + epsilon) / sqrt(a + epsilon)`,
    `b = rho * b + (1 - rho) * d²` and `w += learning_rate * d` (Zeiler, 2012).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        rho: how slowly the means follow.
        epsilon: keeps the division finite.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **options):
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._accumulated_grads, self._accumulated_delta_vars = (
            self.add_optimizer_variables(
                var_list, ["accumulated_grad", "accumulated_delta_var"]
            )
        )

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        index, rho = self._get_variable_index(variable), self.rho
        grads = self._accumulated_grads[index]
        deltas = self._accumulated_delta_vars[index]
        grads.assign(rho * grads.value + (1.0 - rho) * ops.square(gradient))
        unit = ops.sqrt(deltas.value + self.epsilon)
        delta = -(unit * gradient / ops.sqrt(grads.value + self.epsilon))
        deltas.assign(rho * deltas.value + (1.0 - rho) * ops.square(delta))
        variable.assign_add(rate * delta)


class Adamax(Optimizer):
    """Adam with the largest instead of the mean square gradient.

    `m += (1 - beta_1) * (g - m)`, `u = max(beta_2 * u, |g|)` and
    `w -= learning_rate / (1 - beta_1^t) * m / (u + epsilon)` (Kingma and Ba, 2014).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        beta_1: how slowly the mean follows.
        beta_2: how fast the largest gradient is forgotten.
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
        self._m, self._u = self.add_optimizer_variables(var_list, ["momentum", "norm"])

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        power = ops.power(ops.cast(self.beta_1, dtype), step)
        index = self._get_variable_index(variable)
        m, u = self._m[index], self._u[index]
        m.assign_add((gradient - m.value) * (1.0 - self.beta_1))
        u.assign(ops.maximum(self.beta_2 * u.value, ops.abs(gradient)))
        size = (1.0 - power) * (u.value + self.epsilon)
        variable.assign_sub(rate * m.value / size)


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2015).

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
        dtype = var_list[0].dtype if var_list else config.floatx()
        self._u_product = Variable(1.0, dtype=dtype)

    def _momentum_at(self, step):
        return self.beta_1 * (1.0 - 0.5 * ops.power(ops.cast(0.96, step.dtype), step))

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        step = ops.cast(self.iterations + 1, self._u_product.dtype)
        self._u_product.assign(self._u_product.value * self._momentum_at(step))
        super()._backend_update_step(grads, trainable_variables, learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        now, following = self._momentum_at(step), self._momentum_at(step + 1.0)
        product = ops.cast(self._u_product, dtype)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        m.assign_add((gradient - m.value) * (1.0 - self.beta_1))
        v.assign_add((ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        m_hat = following * m.value / (1.0 - product * following)
        m_hat = m_hat + (1.0 - now) * gradient / (1.0 - product)
        v_hat = v.value / (1.0 - ops.power(ops.cast(self.beta_2, dtype), step))
        variable.assign_sub(m_hat * rate / (ops.sqrt(v_hat) + self.epsilon))
