"""The release's number; `pyproject.toml` reads it from here."""

__all__ = ["__version__", "version"]

__version__ = "0.1.0"


def version():
    """The version of ckeras, as a string such as `"0.1.0"`."""
    return __version__
