"""Calls one kernel from a test, with outputs and workspaces poisoned beforehand."""

import numpy as np

from ckeras import kernels
from ckeras.engine.runtime import calls


def poisoned(shape, dtype):
    """An array that nobody may read: NaN, or the type's largest integer."""
    value = np.nan if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    return np.full(shape, value, dtype)


def run(kernel, dtype, buffers, dims, attrs=(), n_threads=1):
    """Runs `module.name` on arrays (None for an operand left out); its status."""
    capsule = kernels.pointer(*kernel.split("."), dtype)
    addresses = [0 if b is None else b.ctypes.data for b in buffers]
    return calls.call(capsule, addresses, dims, attrs, n_threads)
