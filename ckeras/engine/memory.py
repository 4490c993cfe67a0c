"""Aligned memory for variables, arenas and workspaces."""

import contextlib
import math
import threading

import numpy as np

__all__ = ["ALIGNMENT", "budget", "claim", "empty", "round_up"]

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


class _State(threading.local):
    left = None
    message = ""


_state = _State()


@contextlib.contextmanager
def budget(size, message):
    """Limits the variables that this thread makes inside, for files nobody vouches for.

    Args:
        size: bytes that variables may take together.
        message: the error if they would take more.
    """
    outer = _state.left, _state.message
    _state.left, _state.message = size, message
    try:
        yield
    finally:
        _state.left, _state.message = outer


def claim(shape, dtype):
    """Takes a variable's bytes from the budget in force, before they are allocated.

    Raises:
        ValueError: if the budget is spent.
    """
    if _state.left is None:
        return
    _state.left -= math.prod(shape) * np.dtype(dtype).itemsize
    if _state.left < 0:
        raise ValueError(_state.message)
