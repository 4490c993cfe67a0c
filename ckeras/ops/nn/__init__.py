"""Ops of neural networks."""

from ckeras.ops.nn import (
    activations,
    attention,
    blocks,
    convolution,
    coordinates,
    crossentropy,
    ctc,
    normalization,
    pooling,
)
from ckeras.ops.nn.activations import *  # noqa: F403
from ckeras.ops.nn.attention import *  # noqa: F403
from ckeras.ops.nn.blocks import *  # noqa: F403
from ckeras.ops.nn.convolution import *  # noqa: F403
from ckeras.ops.nn.coordinates import *  # noqa: F403
from ckeras.ops.nn.crossentropy import *  # noqa: F403
from ckeras.ops.nn.ctc import *  # noqa: F403
from ckeras.ops.nn.normalization import *  # noqa: F403
from ckeras.ops.nn.pooling import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *activations.__all__,
    *attention.__all__,
    *blocks.__all__,
    *convolution.__all__,
    *coordinates.__all__,
    *crossentropy.__all__,
    *ctc.__all__,
    *normalization.__all__,
    *pooling.__all__,
]
