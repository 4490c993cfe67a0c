"""Lets plans share their constants that are zero.

A plan keeps its constants. The first states of recurrent layers are zeros for each row
of a batch: with many shapes of batches, and so as many plans, they would take more
memory than the weights.
"""

import weakref

import numpy as np

from ckeras.engine.values.tensor import Tensor

__all__ = ["zeros"]

# Bytes below which a constant is not worth a look.
_SMALL = 1024


def zeros(graph):
    """Puts zeros that are shared in the place of constants."""
    for node in graph.nodes:
        if Tensor in map(type, node.inputs):
            node.inputs = list(map(_shared, node.inputs))


# By shape and type, as long as somebody has them.
_zeros: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def _shared(value):
    if type(value) is not Tensor or value._array.nbytes < _SMALL:
        return value
    # By bytes, which tell 0.0 from -0.0.
    if value._array.reshape(-1).view(np.uint8).any():
        return value
    key = value.shape, value.dtype
    found = _zeros.get(key)
    if found is None:
        # Not the value itself, which its owner may change.
        array = np.zeros(value.shape, value._array.dtype)
        array.flags.writeable = False
        found = _zeros[key] = Tensor(array)
    return found
