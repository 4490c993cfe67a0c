"""What the programs are given, so that they run with ckeras and with Keras alike."""

import zlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

__all__ = [
    "BATCH",
    "STEPS",
    "Kit",
    "collector",
    "error",
    "fill",
    "fit_steps",
    "paths",
    "values",
]

STEPS = 10
BATCH = 8


@dataclass
class Kit:
    """The library that a program is written for.

    Attributes:
        keras: `ckeras`, or Keras on TensorFlow.
        GradientTape: class with TensorFlow's interface.
        function: decorator that compiles a function.
        value_and_grad: function with JAX's interface, for one that returns a loss
            and something besides.
        run_eagerly: argument of `compile`.
    """

    keras: ModuleType
    GradientTape: Any = None
    function: Any = None
    value_and_grad: Any = None
    run_eagerly: bool = False


def values(name, *shape, low=-1.0, high=1.0):
    """The same numbers for a name in every process."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return rng.uniform(low, high, shape).astype("float32")


def fill(*layers):
    """Gives every weight values that depend on its place alone."""
    for j, layer in enumerate(layers):
        layer.set_weights(
            [
                values(f"{j}/{i}", *w.shape) * (2.0 / max(w.shape, default=1)) ** 0.5
                for i, w in enumerate(layer.weights)
            ]
        )


def fit_steps(model, x, y=None):
    """The logs of `fit` for ten batches, one after the other."""

    def part(structure, i):
        if isinstance(structure, (list, tuple)):
            return type(structure)(part(a, i) for a in structure)
        return structure[i * BATCH : (i + 1) * BATCH]

    for i in range(STEPS):
        targets = None if y is None else part(y, i)
        history = model.fit(part(x, i), targets, batch_size=BATCH, verbose=0)
        yield {name: float(v[0]) for name, v in history.history.items()}


def collector(cases):
    """A decorator that puts functions into `cases`, by name."""

    def collect(function):
        cases[function.__name__] = function
        return function

    return collect


def paths(variables):
    return [v.path for v in variables]


def error(function, *args, **kwargs):
    """The type of what a call raises; None if it raises nothing."""
    try:
        function(*args, **kwargs)
    except Exception as raised:
        return type(raised).__name__
    return None
