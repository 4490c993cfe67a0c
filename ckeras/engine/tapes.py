"""The stack of tapes that record at present, one stack for each thread."""

import threading

__all__ = ["active_tapes", "paused", "pop", "push"]

_NONE = ()


class _Stack(threading.local):
    tapes = _NONE


_stack = _Stack()


def active_tapes():
    """The tapes that record what this thread computes."""
    return _stack.tapes


def push(tape):
    """Starts recording on `tape`."""
    _stack.tapes = (*_stack.tapes, tape)


def pop(tape):
    """Ends recording on `tape`."""
    _stack.tapes = tuple(t for t in _stack.tapes if t is not tape)


class paused:
    """Context in which the given tapes, or all, record nothing."""

    def __init__(self, *tapes):
        self.tapes = tapes

    def __enter__(self):
        self.saved = _stack.tapes
        _stack.tapes = (
            tuple(t for t in self.saved if t not in self.tapes) if self.tapes else _NONE
        )

    def __exit__(self, *exc):
        _stack.tapes = self.saved
