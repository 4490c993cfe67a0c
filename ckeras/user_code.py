"""The user's line that is at work: where errors and warnings point."""

import linecache
import os
import pathlib
import sys

__all__ = ["is_library_frame", "line_at_work", "stacklevel"]

_PACKAGE = str(pathlib.Path(__file__).parent) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def is_library_frame(frame):
    """Whether a frame is one of this library."""
    return frame.f_code.co_filename.startswith(_PACKAGE)


def _is_installed(frame):
    return any(folder in frame.f_code.co_filename for folder in _INSTALLED)


def _users_frame():
    """The innermost frame outside of this library, and how far up it is.

    Frames of other installed packages, such as NumPy's, are passed over if there is
    one of the user's own below them.
    """
    frame, level, found = sys._getframe(2), 1, None
    while frame is not None:
        if not is_library_frame(frame):
            if not _is_installed(frame):
                return frame, level
            found = found or (frame, level)
        frame, level = frame.f_back, level + 1
    return found or (sys._getframe(2), 1)


def line_at_work():
    """The user's file, line and function, as text in a traceback's form."""
    frame, _ = _users_frame()
    code, number = frame.f_code, frame.f_lineno
    text = f'  File "{code.co_filename}", line {number}, in {code.co_name}'
    line = linecache.getline(code.co_filename, number).strip()
    return f"{text}\n    {line}" if line else text


def stacklevel():
    """What makes `warnings.warn` in the calling function point at the user's line."""
    return _users_frame()[1]
