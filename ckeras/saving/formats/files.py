"""Writing files so that a crash never leaves half of one."""

import contextlib
import os
import tempfile

__all__ = ["atomic_path", "may_write"]


@contextlib.contextmanager
def atomic_path(path):
    """Gives the name of a temporary file that becomes `path` if all goes well.

    It lies in the same folder, since only there a file can be renamed in one step.
    """
    path = os.fspath(path)
    folder = os.path.dirname(path) or "."
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
    os.close(handle)
    try:
        yield temporary
        _copy_mode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _copy_mode(path, temporary):
    """Gives the file the permissions that an ordinary `open` would have given it."""
    try:
        mode = os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    os.chmod(temporary, mode)


def may_write(path, overwrite):
    """Whether `path` is free, may be overwritten, or the user says so."""
    if overwrite or not os.path.exists(path):
        return True
    from ckeras.utils import io_utils

    return io_utils.ask_to_proceed_with_overwrite(path)
