"""What an outer layer's call passes down to the layers called inside."""

import contextlib
import threading

from ckeras.engine import scope
from ckeras.engine.values import dtypes

__all__ = ["CallContext", "autocasting", "current_context", "entered"]

_UNCHANGED = contextlib.nullcontext()


class _State(threading.local):
    context = None


_state = _State()


class CallContext:
    """Values that hold for everything called inside the outermost layer's call.

    Attributes:
        entry_layer: the outermost layer being called.
        values: value by argument name.
    """

    def __init__(self, entry_layer):
        self.entry_layer = entry_layer
        self.values = {}

    def get_value(self, name, default=None):
        """The value of argument `name`, or `default` if there is none."""
        return self.values.get(name, default)

    def set_value(self, name, value):
        """Sets the value of argument `name`."""
        self.values[name] = value


def current_context():
    """The context of the call under way, or None outside of layers."""
    return _state.context


class entered:
    """The context for a call of `layer`: the one under way, or a new one.

    As in Keras, what an inner call sets holds until the outermost call ends, also for
    the layers that are called after it.
    """

    def __init__(self, layer):
        self._layer = layer
        self._outermost = False

    def __enter__(self):
        if _state.context is None:
            self._layer._clear_losses()
            _state.context = CallContext(self._layer)
            self._outermost = True
        return _state.context

    def __exit__(self, *exc):
        if self._outermost:
            _state.context = None


def autocasting(layer):
    """The context in which variables are read in the layer's compute type."""
    outer, dtype = scope.get_autocast_scope(), layer.compute_dtype
    if outer is None:
        same = dtype == layer.variable_dtype
        return _UNCHANGED if same else scope.AutocastScope(dtype)
    if not layer.autocast or not dtypes.is_float(dtype):
        return scope.AutocastScope(None)
    return _UNCHANGED if dtype == outer.dtype else scope.AutocastScope(dtype)
