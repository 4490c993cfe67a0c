"""Learning rates that depend on the step."""

from ckeras.optimizers.schedules.cosine import (
    CosineDecay,
    CosineDecayRestarts,
)
from ckeras.optimizers.schedules.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from ckeras.optimizers.schedules.lookup import (
    deserialize,
    serialize,
)
from ckeras.optimizers.schedules.schedule import (
    LearningRateSchedule,
)

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
