"""How training changes weights."""

from ckeras.optimizers import schedules
from ckeras.optimizers.adafactor import (
    Adafactor,
)
from ckeras.optimizers.adam import (
    Adam,
    AdamW,
)
from ckeras.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    Adamax,
    Nadam,
)
from ckeras.optimizers.base.optimizer import (
    Optimizer,
)
from ckeras.optimizers.ftrl import (
    Ftrl,
)
from ckeras.optimizers.lamb import (
    Lamb,
)
from ckeras.optimizers.lion import (
    Lion,
)
from ckeras.optimizers.lookup import (
    deserialize,
    get,
    serialize,
)
from ckeras.optimizers.loss_scale import (
    LossScaleOptimizer,
)
from ckeras.optimizers.muon import (
    Muon,
)
from ckeras.optimizers.rmsprop import (
    RMSprop,
)
from ckeras.optimizers.schedule_free import (
    ScheduleFreeAdamW,
)
from ckeras.optimizers.sgd import (
    SGD,
)

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
