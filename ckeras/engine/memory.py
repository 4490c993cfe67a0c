"""Aligned memory for variables, arenas and workspaces."""

import numpy as np

__all__ = ["ALIGNMENT", "empty", "round_up"]

ALIGNMENT = 64


def round_up(size):
    """The next multiple of the alignment, in bytes."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def empty(size, dtype="uint8"):
    """An uninitialized flat array that starts on a cache line.

    Args:
        size: number of elements.
        dtype: their type.
    """
    dtype = np.dtype(dtype)
    raw = np.empty(size * dtype.itemsize + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size * dtype.itemsize].view(dtype)
