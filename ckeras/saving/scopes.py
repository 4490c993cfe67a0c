"""Settings that hold while a file is written or read, kept for each thread."""

import threading

__all__ = [
    "ObjectSharingScope",
    "SafeModeScope",
    "enable_unsafe_deserialization",
    "in_safe_mode",
    "state",
]


class _State(threading.local):
    safe_mode = None
    configs = None
    objects = None


state = _State()


class SafeModeScope:
    """Fixes `safe_mode` for everything that is deserialized inside.

    Args:
        safe_mode: False lets files run the code of lambdas that they hold.
    """

    def __init__(self, safe_mode=True):
        self.safe_mode = safe_mode

    def __enter__(self):
        self._outer, state.safe_mode = state.safe_mode, self.safe_mode
        return self

    def __exit__(self, *exc):
        state.safe_mode = self._outer


class ObjectSharingScope:
    """Keeps objects that occur several times inside one file one object."""

    def __enter__(self):
        self._outer = state.configs, state.objects
        state.configs, state.objects = {}, {}
        return self

    def __exit__(self, *exc):
        state.configs, state.objects = self._outer


def in_safe_mode():
    """The `safe_mode` in force: True, False, or None where none was set."""
    return state.safe_mode


def enable_unsafe_deserialization():
    """Lets this thread load files whose lambdas hold code. Only for trusted files."""
    state.safe_mode = False
