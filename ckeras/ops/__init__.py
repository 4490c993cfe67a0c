"""Functions of tensors, with Keras's names: run at once, traced, or put in a graph."""

from ckeras.ops import (
    blocks,
    control,
    core,
    einops,
    image,
    linalg,
    math,
    nn,
    numpy,
    numpy_protocol,
    spectral,
)
from ckeras.ops.blocks import *  # noqa: F403
from ckeras.ops.control import *  # noqa: F403
from ckeras.ops.core import *  # noqa: F403
from ckeras.ops.einops import *  # noqa: F403
from ckeras.ops.linalg import *  # noqa: F403
from ckeras.ops.math import *  # noqa: F403
from ckeras.ops.nn import *  # noqa: F403
from ckeras.ops.numpy import *  # noqa: F403
from ckeras.ops.spectral import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *blocks.__all__,
    *control.__all__,
    *core.__all__,
    *einops.__all__,
    *linalg.__all__,
    *math.__all__,
    *nn.__all__,
    *numpy.__all__,
    *spectral.__all__,
]

numpy_protocol.install_operators()
