"""Control flow: Python's own on concrete values, steps of the plan in a trace."""

from ckeras.ops.control import associative, branches, loops, scans
from ckeras.ops.control.associative import *  # noqa: F403
from ckeras.ops.control.branches import *  # noqa: F403
from ckeras.ops.control.loops import *  # noqa: F403
from ckeras.ops.control.scans import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *associative.__all__,
    *branches.__all__,
    *loops.__all__,
    *scans.__all__,
]
