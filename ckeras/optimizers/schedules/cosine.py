"""Learning rates that fall along a cosine."""

import math

from ckeras import ops
from ckeras.engine import config
from ckeras.optimizers.schedules.schedule import Decay

__all__ = ["CosineDecay", "CosineDecayRestarts"]


class CosineDecay(Decay):
    """Falls along half a cosine, after an optional rise along a line.

    Args:
        initial_learning_rate: the first learning rate.
        decay_steps: number of steps of the fall.
        alpha: what it falls to, as a share of where the fall starts.
        name: name of the schedule.
        warmup_target: learning rate to rise to; None for no rise.
        warmup_steps: number of steps of the rise.

    Raises:
        ValueError: if `decay_steps` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        if decay_steps <= 0:
            raise ValueError(
                "Argument `decay_steps` must be > 0. "
                f"Received: decay_steps={decay_steps}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def _fall(self, step, start):
        share = ops.minimum(step, float(self.decay_steps)) / float(self.decay_steps)
        half = 0.5 * (1.0 + ops.cos(math.pi * share))
        return start * ((1.0 - self.alpha) * half + self.alpha)

    def __call__(self, step):
        step = ops.cast(step, config.floatx())
        first, target = self.initial_learning_rate, self.warmup_target
        if target is None:
            return self._fall(step, first)
        warm = float(self.warmup_steps)
        fall = self._fall(step - warm, target)
        if not warm:
            return fall
        return ops.where(step < warm, (target - first) * (step / warm) + first, fall)


class CosineDecayRestarts(Decay):
    """Falls along half a cosine, again and again (Loshchilov and Hutter, 2016).

    Args:
        initial_learning_rate: the first learning rate.
        first_decay_steps: number of steps of the first fall.
        t_mul: how many times longer each fall is than the one before.
        m_mul: how many times higher each fall starts than the one before.
        alpha: what it falls to, as a share of the first learning rate.
        name: name of the schedule.

    Raises:
        ValueError: if `first_decay_steps` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="SGDRDecay",
    ):
        if first_decay_steps <= 0:
            raise ValueError(
                "Argument `first_decay_steps` must be > 0. "
                f"Received: first_decay_steps={first_decay_steps}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step):
        step = ops.cast(step, config.floatx())
        share = step / float(self.first_decay_steps)
        longer = float(self.t_mul)
        if longer == 1.0:
            restarts = ops.floor(share)
            share = share - restarts
        else:
            # Falls so far: the largest n with (1 - t^n) / (1 - t) <= share.
            grown = ops.log(1.0 - share * (1.0 - longer)) / math.log(longer)
            restarts = ops.floor(grown)
            length = ops.power(longer, restarts)
            share = (share - (1.0 - length) / (1.0 - longer)) / length
        height = ops.power(float(self.m_mul), restarts)
        half = 0.5 * height * (1.0 + ops.cos(math.pi * share))
        return self.initial_learning_rate * ((1.0 - self.alpha) * half + self.alpha)
