"""Aligned memory for variables, arenas and workspaces."""

import contextlib
import functools
import math
import threading

import numpy as np

__all__ = ["ALIGNMENT", "Blocks", "budget", "claim", "empty"]

ALIGNMENT = 64


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


class Block:
    """Memory for one run at a time.

    Args:
        size: number of bytes.

    Attributes:
        take: function that takes the block if nobody has it; whether that was so.
        give_back: function that lets others have the block.
    """

    def __init__(self, size):
        self.memory = empty(size)
        self.retired = False
        lock = threading.Lock()
        # The lock's own methods: each run calls both, however short it is.
        self.take = functools.partial(lock.acquire, False)
        self.give_back = lock.release


class Blocks:
    """Scratch memory that the plans of a function use in turn.

    A plan for a new shape finds memory that an earlier one has touched already, so
    that many shapes take no more of it than the largest, and the system need not
    supply fresh pages for each.
    """

    # Blocks are larger than asked for, so that larger plans find room in them: what
    # nobody touches takes no memory, while a new block is touched anew from its start.
    _ROOM = 3
    _MOST_ROOM = 256 << 20
    # A block that others turned out to need grows by leaps at any size.
    _GROWTH = 1.5

    def __init__(self):
        self._blocks = []
        self._lock = threading.Lock()

    def take(self, size):
        """A block of at least `size` bytes that nobody else has."""
        with self._lock:
            free = [b for b in self._blocks if b.take()]
            fitting = [b for b in free if len(b.memory) >= size]
            if fitting:
                chosen = fitting[0]
                for block in free:
                    if block is not chosen:
                        block.give_back()
                return chosen
            held = size + min(self._ROOM * size, self._MOST_ROOM)
            # The new block takes the place of those that are too small.
            for block in free:
                block.retired = True
                self._blocks.remove(block)
                held = max(held, int(self._GROWTH * len(block.memory)))
            block = Block(held)
            block.take()
            self._blocks.append(block)
            return block


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
