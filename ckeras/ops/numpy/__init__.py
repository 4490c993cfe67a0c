"""NumPy's functions as ops."""

from ckeras.ops import indexing
from ckeras.ops.control import vectorizing
from ckeras.ops.control.vectorizing import *  # noqa: F403
from ckeras.ops.indexing import *  # noqa: F403
from ckeras.ops.numpy import (
    arithmetic,
    comparison,
    complex_numbers,
    counting,
    creation,
    diagonals,
    einstein,
    joining,
    linear,
    manipulation,
    reductions,
    sorting,
    statistics,
    trigonometry,
    unary,
)
from ckeras.ops.numpy.arithmetic import *  # noqa: F403
from ckeras.ops.numpy.comparison import *  # noqa: F403
from ckeras.ops.numpy.complex_numbers import *  # noqa: F403
from ckeras.ops.numpy.counting import *  # noqa: F403
from ckeras.ops.numpy.creation import *  # noqa: F403
from ckeras.ops.numpy.diagonals import *  # noqa: F403
from ckeras.ops.numpy.einstein import *  # noqa: F403
from ckeras.ops.numpy.joining import *  # noqa: F403
from ckeras.ops.numpy.linear import *  # noqa: F403
from ckeras.ops.numpy.manipulation import *  # noqa: F403
from ckeras.ops.numpy.reductions import *  # noqa: F403
from ckeras.ops.numpy.sorting import *  # noqa: F403
from ckeras.ops.numpy.statistics import *  # noqa: F403
from ckeras.ops.numpy.trigonometry import *  # noqa: F403
from ckeras.ops.numpy.unary import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *indexing.__all__,
    *arithmetic.__all__,
    *comparison.__all__,
    *complex_numbers.__all__,
    *counting.__all__,
    *creation.__all__,
    *diagonals.__all__,
    *einstein.__all__,
    *joining.__all__,
    *linear.__all__,
    *manipulation.__all__,
    *reductions.__all__,
    *sorting.__all__,
    *statistics.__all__,
    *trigonometry.__all__,
    *unary.__all__,
    *vectorizing.__all__,
]
