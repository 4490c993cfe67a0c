"""Adafactor: Adam with less memory."""

from ckeras import ops
from ckeras.engine.values.variable import Variable
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Adafactor"]


def _rms(x):
    return ops.sqrt(ops.mean(ops.square(x)))


class Adafactor(Optimizer):
    """Keeps row and column means of the squared gradients (Shazeer and Stern, 2018).

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        beta_2_decay: exponent by which the means follow more slowly with time.
        epsilon_1: added to squared gradients.
        epsilon_2: least size of a variable that the step is scaled by.
        clip_threshold: largest root mean square of a step before scaling.
        relative_step: whether a constant learning rate falls as one over the root of
            the number of steps once that is less.
        **options: see `Optimizer`.
    """

    @with_options()
    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=0.001,
        clip_threshold=1.0,
        relative_step=True,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._r, self._c, self._v = [], [], []
        for variable in var_list:
            self._add_slots(variable)

    def _add_slots(self, variable):
        shape, options = (
            variable.shape,
            {"dtype": variable.dtype, "name": variable.name},
        )
        rows = columns = velocity = None
        if len(shape) < 2:
            # Vectors have no factors; Keras's files have these unused scalars.
            rows = Variable(0, name=variable.name, trainable=False)
            columns = Variable(0, name=variable.name, trainable=False)
            self._variables += [rows, columns]
        elif not getattr(variable, "overwrite_with_gradient", False):
            rows = self.add_variable(shape[:-1], **options)
            columns = self.add_variable((*shape[:-2], shape[-1]), **options)
        if not getattr(variable, "overwrite_with_gradient", False):
            velocity = self.add_variable_from_reference(variable, name="velocity")
        self._r.append(rows)
        self._c.append(columns)
        self._v.append(velocity)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        constant = isinstance(self._learning_rate, Variable)
        if constant and self.relative_step:
            rate = ops.minimum(rate, 1.0 / ops.sqrt(step))
        rho = ops.minimum(rate, 1.0 / ops.sqrt(step))
        alpha = ops.maximum(self.epsilon_2, _rms(variable.value)) * rho
        square = ops.square(gradient) + self.epsilon_1
        beta = 1.0 - ops.power(step, self.beta_2_decay)
        velocity = self._followed(variable, square, beta)
        update = gradient / ops.sqrt(velocity)
        update = update / ops.maximum(1.0, _rms(update) / self.clip_threshold)
        variable.assign_sub(alpha * update)

    def _followed(self, variable, square, beta):
        """The mean squared gradients after this step."""
        index = self._get_variable_index(variable)
        r, c, v = self._r[index], self._c[index], self._v[index]
        if len(variable.shape) < 2:
            v.assign(beta * v.value + (1.0 - beta) * square)
            return v.value
        r.assign(beta * r.value + (1.0 - beta) * ops.mean(square, axis=-1))
        c.assign(beta * c.value + (1.0 - beta) * ops.mean(square, axis=-2))
        share = r.value / ops.mean(r.value, axis=-1, keepdims=True)
        v.assign(ops.expand_dims(share, -1) * ops.expand_dims(c.value, -2))
        return v.value
