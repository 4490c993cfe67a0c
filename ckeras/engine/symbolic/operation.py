"""Operations: what stands at the nodes of functional graphs — layers and ops."""

import inspect
import weakref

from ckeras.engine import tree
from ckeras.engine.control.rematerialization import (
    get_current_remat_mode,
    rematerialized,
)
from ckeras.engine.naming import auto_name
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import any_symbolic_tensors
from ckeras.engine.symbolic.node import Node

__all__ = ["Operation"]

_PLAIN = (str, int, float, bool, type(None))
_signatures: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def constructor_signature(cls):
    """The signature of `cls.__init__`, looked up once for each class."""
    signature = _signatures.get(cls)
    if signature is None:
        signature = _signatures[cls] = inspect.signature(cls.__init__)
    return signature


def _plain_arguments(cls, args, kwargs):
    """The constructor's arguments by name, or a reason why they cannot be had.

    Returns:
        A dictionary and None, or None and what stands in the way.
    """
    signature = constructor_signature(cls)
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return None, "plain"
    bound.apply_defaults()
    parameters = list(signature.parameters.values())
    found = {}
    for parameter in parameters[1:]:
        value = bound.arguments.get(parameter.name)
        if parameter.kind is parameter.VAR_KEYWORD:
            found.update(value)
        elif parameter.kind is parameter.POSITIONAL_ONLY or (
            parameter.kind is parameter.VAR_POSITIONAL and value
        ):
            return None, "positional"
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            found[parameter.name] = value
    found.pop("name", None)
    if all(isinstance(x, _PLAIN) for x in tree.flatten(found)):
        return tree.map_structure(lambda x: x, found), None
    return None, "plain"


class Operation:
    """Something that can be called on tensors and on placeholders alike.

    On placeholders (`KerasTensor`), a call records a node of a functional graph.

    Args:
        name: unique name in a model; made from the class name if not given.

    Raises:
        ValueError: if `name` is no string or contains a slash.
    """

    def __new__(cls, *args, **kwargs):
        # The arguments are kept, so that subclasses get `get_config` for nothing.
        instance = super().__new__(cls)
        if cls.get_config in _DEFAULT_CONFIGS:
            found = _plain_arguments(cls, args, kwargs)
            object.__setattr__(instance, "_automatic_arguments", found)
        return instance

    def __init__(self, name=None):
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name
        self._inbound_nodes = []
        self._outbound_nodes = []
        self._remat_mode = get_current_remat_mode()

    def __call__(self, *args, **kwargs):
        if any_symbolic_tensors(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self._computed(*args, **kwargs)

    def _computed(self, *args, **kwargs):
        """What `call` returns, in the way that the `RematScope` asked for."""
        if self._remat_mode is None:
            return self.call(*args, **kwargs)
        return self.rematerialized_call(self.call, *args, **kwargs)(*args, **kwargs)

    def rematerialized_call(self, fn, *args, **kwargs):
        """`fn` so that it keeps less for its gradient, if `RematScope` asked for it.

        Args:
            fn: the operation's `call`.
            *args, **kwargs: its arguments.

        Returns:
            `fn`, or a function with the same results.
        """
        return rematerialized(self, self._remat_mode, fn, args, kwargs)

    def symbolic_call(self, *args, **kwargs):
        """Records a node and returns placeholders."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args, **kwargs):
        """The computation; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define `call()`.")

    def compute_output_spec(self, *args, **kwargs):
        """Placeholders of the shapes and types that `call` returns."""
        try:
            specs = infer(self.call, *args, **kwargs)
        except Exception as error:
            message = (
                "Could not automatically infer the output shape / dtype of "
                f"'{self.name}' (of type {type(self).__name__}). Either the "
                f"`{type(self).__name__}.call()` method is incorrect, or you need "
                f"to implement the `{type(self).__name__}.compute_output_spec() / "
                "compute_output_shape()` method. Error encountered:\n\n"
                f"{error}"
            )
            try:
                clear = type(error)(message)
            except TypeError:  # an exception class with a constructor of its own
                raise error from None
            raise clear.with_traceback(error.__traceback__) from None
        return tree.map_structure(_recording, specs)

    def get_config(self):
        """The constructor's arguments as a dictionary of plain values.

        Raises:
            NotImplementedError: if the constructor got values that are not plain;
                the class must then define `get_config`.
        """
        config = {"name": self.name}
        if type(self).get_config in _DEFAULT_CONFIGS:
            config.update(self._automatic_config())
            parameters = constructor_signature(type(self)).parameters
            takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
            if "name" not in parameters and not takes_any:
                config.pop("name")
        return config

    def _automatic_config(self):
        config, obstacle = self._automatic_arguments
        if config is not None:
            return config
        how = (
            "positional only or variadic positional arguments"
            if obstacle == "positional"
            else "argument values that cannot be serialized"
        )
        raise NotImplementedError(
            f"Object {type(self).__name__} was created by passing {how} to "
            "`__init__()`, so its config cannot be made automatically. Please "
            "override `get_config()`: let it return the dictionary of "
            "`super().get_config()` with the arguments of `__init__()` added."
        )

    @classmethod
    def from_config(cls, config):
        """Makes an instance from the dictionary that `get_config` returned.

        Raises:
            TypeError: if the constructor refuses the arguments.
        """
        try:
            return cls(**config)
        except Exception as error:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using "
                f"config={config}.\n\nException encountered: {error}"
            ) from error

    @property
    def input(self):
        """The placeholder or placeholders of the first call."""
        return self._of_first_call("input_tensors", "input")

    @property
    def output(self):
        """The placeholder or placeholders that the first call returned."""
        return self._of_first_call("output_tensors", "output")

    def _of_first_call(self, attribute, name):
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no "
                f"defined {name}."
            )
        values = getattr(self._inbound_nodes[0], attribute)
        return values[0] if len(values) == 1 else values

    def _obj_type(self):
        return "Operation"

    def __getstate__(self):
        # Graphs are pickled by the `Function` that holds them, without recursion.
        state = self.__dict__.copy()
        state["_inbound_nodes"] = []
        state["_outbound_nodes"] = []
        return state

    def __repr__(self):
        return f"<Operation name={self.name}>"


_DEFAULT_CONFIGS = {Operation.get_config}


def automatic_config(method):
    """Marks a base class's `get_config` as one that subclasses need not extend."""
    _DEFAULT_CONFIGS.add(method)
    return method


def _recording(spec):
    """A placeholder that starts a history, for one that tracing returned."""
    if hasattr(spec, "record_history"):
        return type(spec)(spec.shape, spec.dtype)
    return spec
