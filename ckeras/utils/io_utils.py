"""Where ckeras's messages go: standard output, or the `ckeras` logger."""

import logging
import sys

_INTERACTIVE = True


def enable_interactive_logging():
    """Print messages and progress bars to standard output (the default)."""
    global _INTERACTIVE
    _INTERACTIVE = True


def disable_interactive_logging():
    """Send messages to the `ckeras` logger of `logging` instead of stdout.

    Useful in servers and jobs, where standard output belongs to somebody else.
    """
    global _INTERACTIVE
    _INTERACTIVE = False


def is_interactive_logging_enabled():
    """Whether messages are printed (`True`) or go to `logging` (`False`)."""
    return _INTERACTIVE


def print_msg(message, line_break=True):
    """Print a message, or log it where interactive logging is disabled."""
    message = str(message)
    if not _INTERACTIVE:
        logging.getLogger("ckeras").info(message.strip("\r\n\b"))
        return
    text = f"{message}\n" if line_break else message
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        # A console such as Windows's cp1252 has no box characters.
        text = text.replace("━", "=").encode("ascii", "replace").decode("ascii")
        sys.stdout.write(text)
    sys.stdout.flush()


def ask_to_proceed_with_overwrite(filepath):
    """Ask on the terminal whether an existing file may be replaced."""
    question = f"[WARNING] {filepath} already exists - overwrite? [y/n]"
    answer = input(question).strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    return answer == "y"


def is_terminal():
    """Whether standard output can redraw a line: a terminal or a notebook."""
    isatty = getattr(sys.stdout, "isatty", None)
    try:
        if isatty is not None and isatty():
            return True
    except ValueError:  # a closed stream
        return False
    return "ipykernel" in sys.modules
