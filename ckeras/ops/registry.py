"""The list of public ops, and what an op does with placeholders of a layer graph."""

import functools

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values.tensor import Tensor
from ckeras.engine.values.variable import Variable

__all__ = ["any_placeholder", "op", "public_ops"]

public_ops = {}

# Arguments of these types are passed on without a look inside.
_PLAIN = frozenset(
    {Tensor, Symbol, Variable, np.ndarray, np.dtype}
    | {int, float, bool, str, type(None), type(Ellipsis), slice}
)


def op(function=None, *, spec=None):
    """Makes a function of tensors a public op.

    The op is recorded by name. Called with a `KerasTensor` anywhere in its arguments
    it becomes a node of the layer graph, else the function itself runs. The shape of
    that node's result is found by running the function on symbols, twice where sizes
    are None. Where that cannot be done, set the op's attribute `output_spec`: a
    function of the same signature that returns the `KerasTensor`.

    Args:
        function: the op's definition, with Keras's signature.
        spec: function of the op's arguments that returns a `KerasTensor` for each
            result; by default the op is tried on placeholders.
    """
    if function is None:
        return functools.partial(op, spec=spec)

    @functools.wraps(function)
    def call(*args, **kwargs):
        for arg in args:
            if type(arg) not in _PLAIN and _holds_placeholder(arg):
                return _symbolic_call(call, args, kwargs)
        if kwargs:
            for arg in kwargs.values():
                if type(arg) not in _PLAIN and _holds_placeholder(arg):
                    return _symbolic_call(call, args, kwargs)
        return function(*args, **kwargs)

    call.output_spec = spec
    public_ops[function.__name__] = call
    return call


def any_placeholder(*values):
    """Whether there is a `KerasTensor` in nested arguments."""
    return any(_holds_placeholder(v) for v in values)


def _holds_placeholder(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            if type(item) not in _PLAIN and _holds_placeholder(item):
                return True
        return False
    if isinstance(value, dict):
        return any(_holds_placeholder(v) for v in value.values())
    return isinstance(value, KerasTensor)


def _symbolic_call(function, args, kwargs):
    from ckeras.engine.symbolic.op_operation import symbolic_call

    return symbolic_call(function, args, kwargs)
