"""Lets plans share their constants that are zero.

A plan keeps its constants. The first states of recurrent layers are zeros for each row
of a batch: with many shapes of batches, and so as many plans, they would take more
memory than the weights.
"""

import functools

import numpy as np

from ckeras.engine.values.tensor import Tensor

__all__ = ["zeros"]

# Bytes below which a constant is not worth a look.
_SMALL = 1024


def zeros(graph):
    """Puts zeros that are shared in the place of constants."""
    for node in graph.nodes:
        if any(map(_is_zero, node.inputs)):
            node.inputs = list(map(_shared, node.inputs))


def _is_zero(value):
    if type(value) is not Tensor or value._array.nbytes < _SMALL:
        return False
    # By bytes, which tell 0.0 from -0.0.
    return not value._array.reshape(-1).view(np.uint8).any()


def _shared(value):
    return _zeros(value.shape, value._array.dtype) if _is_zero(value) else value


@functools.lru_cache(maxsize=64)
def _zeros(shape, dtype):
    array = np.zeros(shape, dtype)
    array.flags.writeable = False
    return Tensor(array)
