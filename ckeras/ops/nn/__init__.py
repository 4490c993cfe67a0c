"""Ops of neural networks."""

from ckeras.ops.nn import activations, crossentropy, normalization
from ckeras.ops.nn.activations import *  # noqa: F403
from ckeras.ops.nn.crossentropy import *  # noqa: F403
from ckeras.ops.nn.normalization import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *activations.__all__,
    *crossentropy.__all__,
    *normalization.__all__,
]
