"""Values that are computed again for the gradient instead of being kept.

See Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

import functools
import math
import threading
from itertools import islice
from typing import NamedTuple

import numpy as np

from ckeras.engine import tree
from ckeras.engine.control.body import Body
from ckeras.engine.control.switch import switch
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.masks import get_keras_mask, set_keras_mask
from ckeras.engine.tracing.trace import current
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.engine.values.tensor import Tensor

__all__ = [
    "RematMode",
    "RematScope",
    "get_current_remat_mode",
    "remat",
    "rematerialized",
]

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematMode(NamedTuple):
    """What the innermost `RematScope` says."""

    mode: str | None
    output_size_threshold: int
    layer_names: list


class _State(threading.local):
    def __init__(self):
        self.scopes = []


_state = _State()


class RematScope:
    """Context in which layers are made that keep less for their gradient.

    A layer made inside computes its inner values again in the backward pass of a
    compiled training step, so that memory need not hold them in between.

    Args:
        mode: which layers do so: `"full"`, all; `"activations"`, the activation
            functions of those that have one; `"larger_than"`, those whose output has
            more than `output_size_threshold` elements; `"list_of_layers"`, those named
            in `layer_names`; None, no layer.
        output_size_threshold: number of elements, in mode `"larger_than"`.
        layer_names: names, in mode `"list_of_layers"`.

    Raises:
        ValueError: for another mode.

    Example:

    >>> with ckeras.RematScope(mode="full"):
    ...     block = ckeras.layers.Dense(64, activation="gelu")
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        if mode not in _MODES:
            raise ValueError(
                f"Invalid mode {mode!r}. Supported modes are: 'full', 'activations', "
                "'larger_than', 'list_of_layers' and None."
            )
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self):
        _state.scopes.append(self)
        return self

    def __exit__(self, *exc):
        _state.scopes.remove(self)


def get_current_remat_mode():
    """The `RematMode` of the innermost `RematScope`, None outside of all."""
    if not _state.scopes:
        return None
    scope = _state.scopes[-1]
    return RematMode(scope.mode, scope.output_size_threshold, scope.layer_names)


def remat(f):
    """A function whose inner values are computed again for its gradient.

    In a compiled function, what `f` computes on the way to its result is given up once
    the result is there, and computed anew when the gradient needs it: less memory for
    more time. The numbers are the same. Run at once, `f` is just called: a tape keeps
    everything.

    Args:
        f: function of tensors, or a layer.

    Returns:
        The function.

    Raises:
        TypeError: if `f` cannot be called.

    Example:

    >>> block = ckeras.layers.Dense(64, activation="gelu")
    >>> leaner = ckeras.remat(block)
    """
    if not callable(f):
        raise TypeError(f"`remat` expects a function or a layer. Received: {f!r}")

    @functools.wraps(f, updated=())
    def call(*args, **kwargs):
        if current() is None:
            return f(*args, **kwargs)
        return _region(f, args, kwargs)

    return call


def _region(f, args, kwargs):
    """Calls `f` in a graph of its own, which is one step of the plan."""
    result, later = None, []

    def inside():
        nonlocal result
        current().later = later
        result = f(*args, **kwargs)
        flat = tree.flatten(result)
        added = [x for _, values in later for x in values]
        return [*map(_value, flat), *map(get_keras_mask, flat), *added]

    only = Tensor(np.zeros((), np.int32))
    values = iter(switch(only, [Body(inside, ())], recompute=True))
    n = len(tree.flatten(result))
    results, masks = list(islice(values, n)), list(islice(values, n))
    for value, mask in zip(results, masks, strict=True):
        if mask is not None:
            set_keras_mask(value, mask)
    for function, added in later:
        function([next(values) for _ in added])
    return tree.pack_sequence_as(result, results)


def rematerialized(operation, mode, fn, args, kwargs):
    """`fn` as the `RematScope` of an operation wants it.

    Args:
        operation: the operation or layer.
        mode: its `RematMode`, or None.
        fn: its `call`.
        args, kwargs: what it is to be called with.

    Returns:
        `fn`, or a function with the same results.
    """
    if mode is None:
        return fn
    if mode.mode == "full":
        return remat(fn)
    if mode.mode == "list_of_layers" and operation.name in mode.layer_names:
        return remat(fn)
    if mode.mode == "activations" and getattr(operation, "activation", None):
        return _with_lean_activation(operation, fn)
    if mode.mode == "larger_than":
        args, kwargs = tree.map_structure(_placeholder, (args, kwargs))
        specs = tree.flatten(operation.compute_output_spec(*args, **kwargs))
        size = sum(math.prod(d or 1 for d in spec.shape) for spec in specs)
        return remat(fn) if size > mode.output_size_threshold else fn
    return fn


def _with_lean_activation(layer, fn):
    if "activation" not in vars(layer):
        return fn  # an option of an inner layer, which does so itself

    def call(*args, **kwargs):
        own = layer.activation
        layer.activation = remat(own)
        try:
            return fn(*args, **kwargs)
        finally:
            layer.activation = own

    return call


def _placeholder(x):
    """What stands for a value where only shapes are wanted."""
    if getattr(x, "is_symbolic", None) is None:
        return x
    return KerasTensor(x.shape, x.dtype, record_history=False)


def _value(x):
    return None if x is None else convert_to_tensor(x)
