"""The stack of tapes that record at present, one stack for each thread."""

import threading

__all__ = ["active_tapes", "paused", "pop", "push", "stack"]

_NONE = ()


class _Stack(threading.local):
    tapes = _NONE


stack = _Stack()


def active_tapes():
    """The tapes that record what this thread computes."""
    return stack.tapes


def push(tape):
    """Starts recording on `tape`."""
    stack.tapes = (*stack.tapes, tape)


def pop(tape):
    """Ends recording on `tape`."""
    stack.tapes = tuple(t for t in stack.tapes if t is not tape)


class paused:
    """Context in which the given tapes, or all, record nothing."""

    def __init__(self, *tapes):
        self.tapes = tapes

    def __enter__(self):
        self.saved = stack.tapes
        stack.tapes = (
            tuple(t for t in self.saved if t not in self.tapes) if self.tapes else _NONE
        )

    def __exit__(self, *exc):
        stack.tapes = self.saved
