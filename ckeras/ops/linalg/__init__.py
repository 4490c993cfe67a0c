"""Linear algebra of matrices in the last two axes."""

from ckeras.ops.linalg import factors, forward_mode, norms, solving
from ckeras.ops.linalg.factors import *  # noqa: F403
from ckeras.ops.linalg.forward_mode import *  # noqa: F403
from ckeras.ops.linalg.norms import *  # noqa: F403
from ckeras.ops.linalg.solving import *  # noqa: F403
from ckeras.ops.numpy.linear import slogdet

__all__ = [  # noqa: PLE0604
    *factors.__all__,
    *forward_mode.__all__,
    *norms.__all__,
    *solving.__all__,
]
