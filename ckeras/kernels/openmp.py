"""How long waiting threads spin: set once, when the OpenMP runtime is loaded.

GNU's runtime lets a waiting thread spin for milliseconds before it sleeps. Between the
steps of a plan that is far longer than needed, and where other processes want the CPUs
too, spinning uses up the time slices that the next step then waits for. A fraction of
a millisecond keeps the threads awake from step to step.
"""

import os

__all__ = ["load_patiently"]

_SPINS = "20000"
_SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def load_patiently(load):
    """Calls `load`, which loads the runtime; the user's own settings win.

    The environment is left as it was, so that child processes do not see a change.
    """
    if any(name in os.environ for name in _SETTINGS):
        return load()
    os.environ["GOMP_SPINCOUNT"] = _SPINS
    try:
        return load()
    finally:
        del os.environ["GOMP_SPINCOUNT"]
