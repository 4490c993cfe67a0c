"""Learning rates that fall with the steps."""

from ckeras import ops
from ckeras.engine import config
from ckeras.optimizers.schedules.schedule import Decay

__all__ = [
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


def _positive(steps):
    if steps <= 0:
        raise ValueError(
            f"Argument `decay_steps` must be > 0. Received: decay_steps={steps}"
        )
    return steps


def _elapsed(step, decay_steps, staircase):
    share = ops.cast(step, config.floatx()) / float(decay_steps)
    return ops.floor(share) if staircase else share


class ExponentialDecay(Decay):
    """`initial_learning_rate * decay_rate^(step / decay_steps)`.

    Args:
        initial_learning_rate: the first learning rate.
        decay_steps: steps that make it `decay_rate` times as large.
        decay_rate: that factor.
        staircase: whether it changes only every `decay_steps` steps.
        name: name of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:

    >>> schedule = ckeras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.25)
    >>> float(schedule(1))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="ExponentialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        share = _elapsed(step, self.decay_steps, self.staircase)
        factor = ops.power(ops.cast(self.decay_rate, share.dtype), share)
        return self.initial_learning_rate * factor


class InverseTimeDecay(Decay):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the first learning rate.
        decay_steps: unit of the steps.
        decay_rate: how fast it falls.
        staircase: whether it changes only every `decay_steps` steps.
        name: name of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="InverseTimeDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        share = _elapsed(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (1.0 + self.decay_rate * share)


class PolynomialDecay(Decay):
    """From one learning rate to another along `(1 - step / decay_steps)^power`.

    Args:
        initial_learning_rate: the first learning rate.
        decay_steps: number of steps to the last one.
        end_learning_rate: the last learning rate.
        power: 1 for a straight line.
        cycle: whether to start again, with more and more steps, at the end.
        name: name of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step):
        step = ops.cast(step, config.floatx())
        steps = float(self.decay_steps)
        if self.cycle:
            # The first multiple of `decay_steps` that is not below the step.
            rounds = ops.where(ops.equal(step, 0.0), 1.0, ops.ceil(step / steps))
            share = step / (steps * rounds)
        else:
            share = ops.minimum(step, steps) / steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1.0 - share, self.power) + self.end_learning_rate


class PiecewiseConstantDecay(Decay):
    """One learning rate up to and including each boundary, and one behind the last.

    Args:
        boundaries: rising steps.
        values: learning rates, one more than boundaries.
        name: name of the schedule.

    Raises:
        ValueError: if the numbers of boundaries and values do not fit.
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of "
                f"values. Received: boundaries={boundaries} of length "
                f"{len(boundaries)}, and values={values} of length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step):
        step = ops.convert_to_tensor(step)
        rate = ops.convert_to_tensor(float(self.values[0]))
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            after = ops.greater(step, ops.cast(boundary, step.dtype))
            rate = ops.where(after, float(value), rate)
        return rate
