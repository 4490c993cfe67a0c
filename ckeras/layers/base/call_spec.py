"""The arguments of a layer's call, sorted into tensors and others, and their shapes."""

import inspect
import weakref
from collections.abc import Mapping
from typing import NamedTuple

from ckeras.engine import tree
from ckeras.engine.scope import in_symbolic_scope
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values.convert import is_tensor
from ckeras.engine.values.tensor import Tensor

__all__ = ["CallSpec", "is_tensor_or_symbolic", "shapes_for"]

# Signatures and the defaults of their parameters by function. A layer may have a
# function of its own as its `call`, which then must not outlive it.
_known = weakref.WeakKeyDictionary()
# The sizes that shape inference fills in for unknown ones. As a batch's size they
# must not find their way into what a layer remembers of its build.
_STAND_INS = (83, 89)
_TENSORS = (Tensor, Symbol, KerasTensor)


class _Known(NamedTuple):
    """A function's signature, its parameters by name, and what `_defaults_of` says."""

    signature: inspect.Signature
    parameters: Mapping
    defaults: dict


def parameters_of(function):
    """The parameters of a method by name, without `self`; looked up once."""
    return _look_up(function).parameters


def _look_up(function):
    key = getattr(function, "__func__", function)
    try:
        found = _known.get(key)
    except TypeError:  # nothing can refer to it weakly
        return _read_signature(function)
    if found is None:
        found = _known[key] = _read_signature(function)
    return found


def _read_signature(function):
    signature = inspect.signature(function)
    return _Known(signature, signature.parameters, _defaults_of(signature))


def _bind(known, args, kwargs):
    """The arguments that a method is given, and these with its defaults, in order.

    Raises:
        TypeError: if they do not fit its signature.
    """
    signature, _, defaults = known
    if defaults and len(args) <= len(defaults):
        given = dict(zip(defaults, args, strict=False))
        if given.keys().isdisjoint(kwargs) and kwargs.keys() <= defaults.keys():
            arguments = {**defaults, **given, **kwargs}
            if not any([v is inspect.Parameter.empty for v in arguments.values()]):
                return {**given, **kwargs}, arguments
    # Unusual signatures, and arguments that do not fit.
    bound = signature.bind(*args, **kwargs)
    given = dict(bound.arguments)
    bound.apply_defaults()
    return given, dict(bound.arguments)


def _defaults_of(signature):
    """The defaults by name where all parameters can be passed either way, else {}.

    Further arguments by name may be allowed, too.
    """
    parameters = list(signature.parameters.values())
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
        del parameters[-1]
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
        return {}
    return {p.name: p.default for p in parameters}


def is_tensor_or_symbolic(x, allow_none=False):
    """Whether `x` is a tensor, a traced value or a placeholder."""
    return isinstance(x, _TENSORS) or (allow_none and x is None)


class CallSpec:
    """A call's arguments by name.

    Args:
        call: the layer's `call`.
        context_names: arguments that are passed down even where `call` has none of
            that name.
        args, kwargs: what the layer was called with.

    Attributes:
        parameters: the parameters of `call`.
        given: the arguments that were passed.
        arguments: these and the defaults.
        tensors: the arguments that hold tensors.
        first: the first argument.

    Raises:
        TypeError: if the arguments do not fit the signature.
        ValueError: if a nested argument mixes tensors and other things.
    """

    def __init__(self, call, context_names, args, kwargs):
        known = _look_up(call)
        self.parameters = known.parameters
        passed_down = {
            name: kwargs.pop(name)
            for name in context_names
            if name in kwargs and name not in self.parameters
        }
        given, self.arguments = _bind(known, args, kwargs)
        self.given = {**passed_down, **given}
        self.first = next(iter(self.arguments.values()), None)
        self.tensors, self.nested = {}, set()
        for name, value in self.arguments.items():
            if isinstance(value, _TENSORS):
                self.tensors[name] = value
            elif isinstance(value, (list, tuple, dict)) and value:
                self._add_nested(name, value)

    @property
    def eager(self):
        """Whether no argument is a placeholder."""
        return all(is_tensor(x) for x in self.tensors.values())

    def _add_nested(self, name, value):
        leaves = tree.flatten(value)
        if all(is_tensor_or_symbolic(x, allow_none=True) for x in leaves):
            self.tensors[name] = value
            self.nested.add(name)
        elif any(is_tensor_or_symbolic(x) for x in leaves):
            raise ValueError(
                "In a nested call() argument, you cannot mix tensors and "
                f"non-tensors. Received invalid mixed argument: {name}={value}"
            )

    def shapes(self):
        """Shapes of the tensors: `{"x_shape": (2, 3)}` for an argument `x`."""
        return {
            f"{name}_shape": tree.map_structure(_shape, value)
            if name in self.nested
            else _shape(value)
            for name, value in self.tensors.items()
            if name not in ("mask", "args", "kwargs")
        }


def _shape(x):
    if x is None:
        return None
    shape = tuple(x.shape)
    if shape and shape[0] in _STAND_INS and in_symbolic_scope():
        return (None, *shape[1:])
    return shape


def shapes_for(method, spec, class_name):
    """The arguments for a layer's `build` or `compute_output_shape`.

    A method with one argument gets the first tensor's shape. With several, each must
    be named like an argument of `call`, with `_shape` at the end.

    Raises:
        ValueError: if an argument's name does not follow that rule.
    """
    shapes = spec.shapes()
    named = [
        p.name
        for p in parameters_of(method).values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if len(named) == 1:
        return {named[0]: next(iter(shapes.values()), None)}
    what = method.__name__
    rule = (
        f"For a `{what}()` method with more than one argument, all arguments should "
        "have a `_shape` suffix and match an argument from `call()`. E.g. "
        f"`{what}(self, foo_shape, bar_shape)`  For layer '{class_name}', Received "
        f"`{what}()` argument "
    )
    for name in named:
        if not name.endswith("_shape"):
            raise ValueError(f"{rule}`{name}`, which does not end in `_shape`.")
        if name.removesuffix("_shape") not in spec.arguments:
            raise ValueError(
                f"{rule}`{name}`, but `call()` does not have argument "
                f"`{name.removesuffix('_shape')}`."
            )
    return {name: shapes[name] for name in named if name in shapes}
