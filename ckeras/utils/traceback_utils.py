"""Tracebacks that show the user's lines and leave out those of the library."""

import functools
import types

from ckeras.user_code import is_library_frame

__all__ = [
    "disable_traceback_filtering",
    "enable_traceback_filtering",
    "filter_traceback",
    "is_traceback_filtering_enabled",
]

_enabled = True


def enable_traceback_filtering():
    """Leaves the library's own frames out of tracebacks, as is the default.

    A line of the user's that an error passed through, say in a custom layer, stays.
    """
    global _enabled
    _enabled = True


def disable_traceback_filtering():
    """Shows every frame in tracebacks: of use when the library itself is at fault."""
    global _enabled
    _enabled = False


def is_traceback_filtering_enabled():
    """Whether tracebacks leave out the library's own frames."""
    return _enabled


def filter_traceback(method):
    """Decorates an entry point whose errors show the user's frames only."""

    @functools.wraps(method)
    def call(*args, **kwargs):
        if not _enabled:
            return method(*args, **kwargs)
        try:
            return method(*args, **kwargs)
        except Exception as error:
            kept = _outside(error.__traceback__)
            # The same error with its own cause: nothing to add with `from`.
            raise error.with_traceback(kept)  # noqa: B904

    return call


def _outside(traceback):
    frames = []
    while traceback is not None:
        if not is_library_frame(traceback.tb_frame):
            frames.append(traceback)
        traceback = traceback.tb_next
    kept = None
    for frame in reversed(frames):
        kept = types.TracebackType(
            kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno
        )
    return kept
