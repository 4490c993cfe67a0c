"""What the process remembers between models: numbered names and defaults."""

import gc

from ckeras.engine import scope

__all__ = ["clear_session", "get_uid"]


def clear_session(free_memory=True):
    """Forgets what models and layers have left behind in the process.

    Automatic names are numbered from the start again, the default dtype policy
    follows `floatx` again, and functions that are called without a seed draw from a
    new sequence (one that follows from `set_random_seed` if that was called).

    Args:
        free_memory: whether to collect garbage at once, so that the memory of models
            that nothing refers to any more is free when this returns.

    Example:

    >>> import ckeras
    >>> ckeras.utils.clear_session()
    >>> ckeras.layers.Dense(10).name
    'dense'
    """
    from ckeras.dtype_policies.dtype_policy import reset_dtype_policy
    from ckeras.random import seed_generator

    scope.reset_names()
    reset_dtype_policy()
    seed_generator.reset_global_seed(seed_generator.make_default_seed())
    if free_memory:
        gc.collect()


def get_uid(prefix=""):
    """The next number for names that begin with `prefix`, counted from 1.

    Example:

    >>> import ckeras
    >>> ckeras.utils.clear_session()
    >>> ckeras.backend.get_uid("dense"), ckeras.backend.get_uid("dense")
    (1, 2)
    """
    return scope.next_number(prefix)
