"""One seed for every source of randomness that a training run draws from."""

import random

import numpy as np


def set_random_seed(seed):
    """Make everything random that follows reproducible.

    Seeds Python's `random`, NumPy's global generator (from which `fit` draws the
    order of the rows) and ckeras's global generator (initial weights, dropout). The
    same seed gives the same bits on any number of threads.

    Args:
        seed: Integer.

    Raises:
        ValueError: If `seed` is not an integer.

    Example:

    >>> set_random_seed(42)
    """
    if not isinstance(seed, int):
        raise ValueError(
            "Expected `seed` argument to be an integer. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    from ckeras.random import seed_generator

    random.seed(seed)
    np.random.seed(seed)
    seed_generator.reset_global_seed(seed)
