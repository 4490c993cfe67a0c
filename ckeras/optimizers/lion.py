"""Lion: steps by the sign of the momentum."""

from ckeras import ops
from ckeras.optimizers.base.optimizer import Optimizer
from ckeras.optimizers.base.options import with_options

__all__ = ["Lion"]


class Lion(Optimizer):
    """Steps of equal size in every weight (Chen et al., 2023).

    `w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)` and
    `m = beta_2 * m + (1 - beta_2) * g`.

    Args:
        learning_rate: a float, a schedule, or a function without arguments; three to
            ten times smaller than Adam's.
        beta_1: share of the mean in the step's direction.
        beta_2: how slowly the mean follows.
        **options: see `Optimizer`.

    Raises:
        ValueError: if `beta_1` is not above 0 and up to 1.
    """

    @with_options()
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **options):
        super().__init__(learning_rate, **options)
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the "
                f"optimizer degenerates to SignSGD. Received: beta_1={beta_1}."
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._momentums = self.add_optimizer_variables(var_list, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        m = self._momentums[self._get_variable_index(variable)]
        direction = m.value * self.beta_1 + gradient * (1.0 - self.beta_1)
        variable.assign_sub(rate * ops.sign(direction))
        m.assign(m.value * self.beta_2 + gradient * (1.0 - self.beta_2))
