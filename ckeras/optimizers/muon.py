"""Muon: orthogonal steps for matrices, Adam for everything else."""

import math
import re

from ckeras import ops
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Muon"]

_AFTER = (
    "exclude_layers",
    "exclude_embeddings",
    "muon_a",
    "muon_b",
    "muon_c",
    "adam_lr_ratio",
    "momentum",
    "ns_steps",
    "nesterov",
    "rms_rate",
)


class Muon(Optimizer):
    """Steps by an orthogonal matrix near the momentum (Jordan et al., 2024).

    Only for weights with two axes; all others, embeddings and excluded layers are
    updated by AdamW.

    Args:
        learning_rate: a float, a schedule, or a function without arguments.
        adam_beta_1, adam_beta_2, epsilon: see `Adam`.
        adam_weight_decay: weight decay of the variables that AdamW updates.
        weight_decay: weight decay of the others.
        exclude_layers: patterns; variables whose path holds one are AdamW's.
        exclude_embeddings: whether embeddings are AdamW's.
        muon_a, muon_b, muon_c: coefficients of the Newton-Schulz iteration.
        adam_lr_ratio: AdamW's learning rate over Muon's.
        momentum: share of the momentum that the next step keeps.
        ns_steps: number of iterations.
        nesterov: whether to use Nesterov's variant.
        rms_rate: size of a step's elements; None for no scaling.
        **options: see `Optimizer`.
    """

    @with_options(*_AFTER)
    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.7750,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **options,
    ):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _should_use_adamw(self, variable):
        if len(variable.shape) != 2:
            return True
        path = variable.path
        if self.exclude_embeddings and "embedding" in path.lower():
            return True
        return any(re.search(pattern, path) for pattern in self.exclude_layers)

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self.momentums, self.adam_velocities = [], []
        for variable in var_list:
            momentum = velocity = None
            if not getattr(variable, "overwrite_with_gradient", False):
                momentum = self.add_variable_from_reference(variable, "momentum")
                if self._should_use_adamw(variable):
                    velocity = self.add_variable_from_reference(variable, "velocity")
            self.momentums.append(momentum)
            self.adam_velocities.append(velocity)

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self.momentums[index], self.adam_velocities[index]
        if v is not None:
            self._adam_step(gradient, variable, rate * self.adam_lr_ratio, m, v)
            return
        m.assign(self.momentum * m.value + gradient)
        direction = m.value
        if self.nesterov:
            direction = gradient + self.momentum * direction
        step = self.zeropower_via_newtonschulz5(direction, self.ns_steps)
        variable.assign_sub(rate * self.lr_adjust(step))

    def _adam_step(self, gradient, variable, rate, m, v):
        dtype = variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        power_1 = ops.power(ops.cast(self.adam_beta_1, dtype), step)
        power_2 = ops.power(ops.cast(self.adam_beta_2, dtype), step)
        alpha = rate * ops.sqrt(1.0 - power_2) / (1.0 - power_1)
        m.assign_add((gradient - m.value) * (1.0 - self.adam_beta_1))
        v.assign_add((ops.square(gradient) - v.value) * (1.0 - self.adam_beta_2))
        variable.assign_sub(m.value * alpha / (ops.sqrt(v.value) + self.epsilon))

    def lr_adjust(self, x):
        """A step of the size that `rms_rate` asks for, whatever the matrix's shape."""
        if self.rms_rate is None:
            return x
        return x * (math.sqrt(max(x.shape)) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x, steps):
        """A matrix with its singular values moved towards 1, by Newton-Schulz."""
        tall = x.shape[0] > x.shape[1]
        x = ops.transpose(x) if tall else x
        x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
        for _ in range(steps):
            square = ops.matmul(x, ops.transpose(x))
            mixed = self.muon_b * square + self.muon_c * ops.matmul(square, square)
            x = self.muon_a * x + ops.matmul(mixed, x)
        return ops.transpose(x) if tall else x

    def _apply_weight_decay(self, variables):
        for variable in variables:
            adam = self._should_use_adamw(variable)
            decay = self.adam_weight_decay if adam else self.weight_decay
            if decay is None or not self._use_weight_decay(variable):
                continue
            rate = ops.cast(self.learning_rate, variable.dtype)
            value = variable.value
            variable.assign(value - value * decay * rate)
