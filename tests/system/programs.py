"""Runs small programs as users do: in a Python process of their own."""

import os
import subprocess
import sys


def run_program(source, *arguments, timeout=60, **environment):
    """Runs a program and returns what it did.

    Args:
        source: the program's text.
        *arguments: for `sys.argv`.
        timeout: seconds.
        **environment: variables to set; None removes one.

    Returns:
        `subprocess.CompletedProcess` with text in `stdout` and `stderr`.
    """
    variables = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", source, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={k: v for k, v in variables.items() if v is not None},
    )


def output_of(source, *arguments, **options):
    """What a program prints; it must succeed and leave stderr empty."""
    done = run_program(source, *arguments, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout
