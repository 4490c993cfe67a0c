"""Where seeds come from: an integer, a generator, or the global generator."""

import functools
import random as python_random

import numpy as np

from ckeras.engine.naming import auto_name
from ckeras.engine.scope import name_scope
from ckeras.engine.tracing import trace
from ckeras.engine.values.tensor import Tensor
from ckeras.engine.values.variable import Variable
from ckeras.ops.primitives import random as primitives

__all__ = [
    "SeedGenerator",
    "draw_seed",
    "global_seed_generator",
    "make_default_seed",
    "reset_global_seed",
]


class SeedGenerator:
    """A sequence of seeds, one for each call of a random function.

    Random functions return the same numbers again for the same integer seed. Given a
    generator they return new ones in each call, reproducible as a sequence. Its state
    is a variable: compiled functions advance it, and layers save it.

    Args:
        seed: integer that the sequence starts from; one is chosen if it is None.
        name: name of the generator.

    Raises:
        ValueError: if `seed` is no integer.

    Example:

    >>> import ckeras
    >>> generator = ckeras.random.SeedGenerator(seed=42)
    >>> first = ckeras.random.normal((2,), seed=generator)
    >>> second = ckeras.random.normal((2,), seed=generator)
    >>> bool((first.numpy() == second.numpy()).any())
    False
    """

    def __init__(self, seed=None, name=None, **kwargs):
        kwargs.pop("backend", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        self.name = auto_name(type(self).__name__) if name is None else name
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(
                f"Argument `seed` must be an integer. Received: seed={seed}"
            )
        with name_scope(self.name, caller=self):
            self.state = Variable(
                _words(seed),
                dtype="uint32",
                trainable=False,
                name="seed_generator_state",
            )

    def next(self, ordered=True):
        """The next seed: two uint32 words.

        Args:
            ordered: for compatibility; no two seeds of a generator are equal anyway.
        """
        state, seed = primitives.seed_next(self.state.value)
        self.state.assign(state)
        return seed

    def get_config(self):
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _words(seed):
    # The second word counts the draws.
    return np.array([seed & 0xFFFFFFFF, 0], "uint32")


@functools.lru_cache(maxsize=256)
def _fixed_seed(seed):
    return Tensor(_words(seed))


_global = {"seed": None, "generator": None}


def make_default_seed():
    """A seed for what was given none, from Python's own random numbers."""
    return python_random.randint(1, 10**9)


def global_seed_generator():
    """The generator behind random functions that are called without a seed."""
    if _global["generator"] is None:
        with trace.building():
            _global["generator"] = SeedGenerator(
                _global["seed"], name="global_seed_generator"
            )
    return _global["generator"]


def reset_global_seed(seed):
    """Starts the global generator's sequence anew.

    Its variable stays the same one, for compiled functions hold on to it.
    """
    _global["seed"] = seed
    if _global["generator"] is not None:
        _global["generator"].state.assign(_words(seed))


def draw_seed(seed):
    """The two seed words that a random function uses.

    Args:
        seed: an integer (the same words each time), a `SeedGenerator` (its next
            ones), or None (the global generator's next ones).
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return _fixed_seed(int(seed))
    if seed is None:
        return global_seed_generator().next(ordered=False)
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
        f"Received: seed={seed} (of type {type(seed)})"
    )
