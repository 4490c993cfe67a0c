"""Models that are graphs of layers between inputs and outputs."""

import warnings

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.scope import in_symbolic_scope
from ckeras.engine.symbolic.function import Function, pack_graph, restore_graph
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values.convert import is_tensor
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.layers.base.layer_masks import get_mask, set_mask
from ckeras.layers.core.input_layer import InputLayer
from ckeras.models.functional_config import functional_config
from ckeras.models.graph_clone import with_new_inputs
from ckeras.models.model import Model, takes_graph

__all__ = ["Functional"]


class Functional(Function, Model):
    """A model made of placeholders; what `Model(inputs, outputs)` returns.

    Args:
        inputs: placeholder, or nested ones.
        outputs: placeholders computed from them.
        name: name of the model.
        trainable: whether its weights are to be trained.

    Raises:
        ValueError: if an input or output is no placeholder, or outputs need more
            than the inputs.
    """

    def __init__(self, inputs, outputs, name=None, **kwargs):
        trainable = kwargs.pop("trainable", None)
        for what, values in (("inputs", inputs), ("outputs", outputs)):
            _check_placeholders(what, values)
        _warn_about_names(inputs)
        flat = tree.flatten(inputs)
        if not all(_is_input(x) for x in flat):
            inputs, outputs = with_new_inputs(inputs, outputs)
        Layer.__init__(self, name=name, **kwargs)
        self._set_graph(inputs, outputs)
        if trainable is not None:
            self.trainable = trainable
        for layer in self.layers:
            self._tracker.track(layer)
        self.build(None)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    def _set_graph(self, inputs, outputs):
        # Straight into the dictionary: nothing of the graph is to be tracked.
        graph = Function.__new__(Function)
        graph.name = self.name
        Function._set_graph(graph, inputs, outputs)
        self.__dict__.update({k: v for k, v in vars(graph).items() if k != "name"})

    @property
    def layers(self):
        """The layers of the graph, inputs first."""
        return [op for op in self._operations if isinstance(op, Layer)]

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use "
            "another name."
        )

    @property
    def output_names(self):
        """Names of the layers that return the outputs."""
        return [x._keras_history.operation.name for x in self._outputs]

    @property
    def input_names(self):
        """Names of the inputs."""
        return [x.name for x in self._inputs]

    def build(self, input_shape):
        self.built = True

    def _lock_state(self):
        """A graph is complete: nothing needs to be locked."""

    # --- calling ---------------------------------------------------------------

    def call(self, inputs, training=None, mask=None, **kwargs):
        inputs = self._standardize_inputs(inputs)
        if mask is not None:
            for x, m in zip(inputs, tree.flatten(mask), strict=True):
                if m is not None:
                    set_mask(x, m)
        passed_down = {"training": training, **kwargs}
        return _unpacked(self._run_through_graph(inputs, _with(passed_down)))

    def _declared_output_spec(self, x):
        own = type(self).call is not Functional.call
        if own or any(None in y.shape[1:] for y in self._outputs):
            return None
        given = tree.flatten(x)
        same_count = len(given) == len(self._inputs)
        if not same_count or not all(map(_is_like, given, self._inputs)):
            return None
        return _unpacked(self._outputs_struct)

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        return Function.compute_output_spec(self, self._arranged(inputs, warn=False))

    def compute_output_shape(self, input_shape):
        return Function.compute_output_shape(self, input_shape)

    def _assert_input_compatibility(self, inputs):
        for x, known in zip(tree.flatten(inputs), self._inputs, strict=False):
            if x is None and not _may_be_none(known):
                raise ValueError(
                    f"The input '{known.name}' is not optional, but None was passed. "
                    "Please provide a valid tensor."
                )
        return Layer._assert_input_compatibility(self, inputs)

    def _standardize_inputs(self, inputs):
        flat = tree.flatten(self._arranged(inputs))
        return [
            None if x is None else self._fitted(i, x, known)
            for i, (x, known) in enumerate(zip(flat, self._inputs, strict=True))
        ]

    def _arranged(self, inputs, warn=True):
        """The inputs in the structure in which the model has them.

        Args:
            inputs: structure of values or placeholders.
            warn: whether another structure that can be read is worth a warning.
        """
        struct = self._inputs_struct
        fatal = False
        if is_tensor(inputs):
            if not tree.is_nested(struct):
                return inputs
            if isinstance(struct, list) and len(struct) == 1:
                return [inputs]
        if isinstance(inputs, dict) and not isinstance(struct, dict):
            names = [x.name for x in tree.flatten(struct)]
            if all(name in inputs for name in names):
                values = [inputs[name] for name in names]
                return values if isinstance(struct, (list, tuple)) else values[0]
            fatal = True
        elif isinstance(struct, dict) and not isinstance(inputs, dict):
            fatal = list(struct) != sorted(struct)
        elif isinstance(struct, dict) and set(struct) < set(inputs):
            if warn:
                self._warn_of_structure(inputs)
            return {name: inputs[name] for name in struct}
        try:
            tree.assert_same_structure(
                tree.lists_to_tuples(inputs), tree.lists_to_tuples(struct)
            )
        except (ValueError, TypeError):
            if fatal or len(tree.flatten(inputs)) != len(self._inputs):
                raise ValueError(self._structure_message(inputs)) from None
            if warn:
                self._warn_of_structure(inputs)
        return inputs

    def _structure_message(self, inputs):
        return (
            "The structure of `inputs` doesn't match the expected structure.\n"
            f"Expected: {tree.map_structure(lambda x: x.name, self._inputs_struct)}\n"
            f"Received: inputs={tree.map_structure(_describe, inputs)}"
        )

    def _warn_of_structure(self, inputs):
        if not in_symbolic_scope():  # the call that computes will say it
            warnings.warn(self._structure_message(inputs), stacklevel=6)

    def _fitted(self, index, x, known):
        """An input in the placeholder's type and rank, if only a size 1 differs."""
        converted = ops.convert_to_tensor(x, dtype=known.dtype)
        rank, wanted = len(converted.shape), len(known.shape)
        if rank == wanted + 1 and converted.shape[-1] == 1:
            converted = ops.squeeze(converted, axis=-1)
        elif rank == wanted - 1 and known.shape[-1] == 1:
            converted = ops.expand_dims(converted, axis=-1)
        elif rank != wanted:
            path = tree.flatten_with_path(self._inputs_struct)[index][0]
            raise ValueError(
                f"Invalid input shape for input {x} with name '{known.name}' and path "
                f"'{'.'.join(str(p) for p in path)}'. Expected shape {known.shape}, "
                f"but input has incompatible shape {tuple(x.shape)}"
            )
        mask = get_mask(x)
        if mask is not None and converted is not x:
            set_mask(converted, mask)
        return converted

    # --- description -----------------------------------------------------------

    @property
    def input_shape(self):
        """Shape of the input, or list of the inputs' shapes."""
        shapes = [x.shape for x in self._inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self):
        """Shape of the output, or list of the outputs' shapes."""
        shapes = [x.shape for x in self._outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def input(self):
        """The inputs in the structure in which they were given."""
        return self._inputs_struct

    @property
    def output(self):
        """The outputs in the structure in which they were given."""
        return self._outputs_struct

    @property
    def input_spec(self):
        given = self.__dict__.get("_manual_input_spec")
        if given is not None:
            return given
        struct = self._inputs_struct
        if isinstance(struct, dict):
            if not all(isinstance(x, KerasTensor) for x in struct.values()):
                return None  # nested deeper: not checked
            return [_spec(struct[name], name) for name in sorted(struct)]
        return [_spec(x) for x in self._inputs]

    @input_spec.setter
    def input_spec(self, value):
        self._manual_input_spec = value

    def add_loss(self, loss):
        raise NotImplementedError(
            "`add_loss()` of a functional model is not supported. Call it in the "
            "`call()` of a layer."
        )

    def get_config(self):
        if not takes_graph(type(self), Functional):
            return Model.get_config(self)
        return functional_config(self)

    def _obj_type(self):
        return "Functional"

    def __getstate__(self):
        return pack_graph(self, Model.__getstate__(self))

    def __setstate__(self, state):
        restore_graph(self, state)


def _with(passed_down):
    """For `_run_through_graph`: calls that pass `training` and the like down."""
    given = {name: value for name, value in passed_down.items() if value is not None}

    def operation_fn(operation):
        taken = getattr(operation, "_call_context_args", ())

        def call(*args, **kwargs):
            kwargs.update({k: v for k, v in given.items() if k in taken})
            return operation(*args, **kwargs)

        return call

    return operation_fn


def _unpacked(outputs):
    """The only one of several outputs, or all."""
    single = isinstance(outputs, (list, tuple)) and len(outputs) == 1
    return outputs[0] if single else outputs


def _is_like(array, placeholder):
    """Whether an array has a placeholder's shape, the batch aside."""
    if array is None or len(array.shape) != len(placeholder.shape):
        return False
    sizes = zip(array.shape[1:], placeholder.shape[1:], strict=True)
    return all(wanted in (None, size) for size, wanted in sizes)


def _is_input(x):
    history = getattr(x, "_keras_history", None)
    if history is None or history.operation is None:
        return True
    return history.operation._inbound_nodes[history.node_index].is_input


def _may_be_none(x):
    operation = x._keras_history.operation
    return isinstance(operation, InputLayer) and operation.optional


def _spec(x, name=None):
    operation = x._keras_history.operation
    shape = (None, *x.shape[1:]) if x.shape else ()
    return InputSpec(
        shape=shape,
        allow_last_axis_squeeze=True,
        name=(operation.name if operation else x.name) if name is None else name,
        optional=_may_be_none(x),
    )


def _describe(x):
    return "None" if x is None else f"Tensor(shape={tuple(x.shape)})"


def _check_placeholders(what, values):
    for x in tree.flatten(values):
        if not isinstance(x, KerasTensor):
            raise ValueError(
                f"All `{what}` values must be KerasTensors. Received: "
                f"{what}={values} including invalid value {x} of type {type(x)}"
            )


def _warn_about_names(inputs):
    if not isinstance(inputs, dict):
        return
    for key, x in inputs.items():
        if isinstance(x, KerasTensor) and key != x.name:
            warnings.warn(
                "When providing `inputs` as a dict, all keys in the dict must match "
                f"the names of the corresponding tensors. Received key '{key}' mapping "
                f"to value {x} which has name '{x.name}'. Change the tensor name to "
                f"'{key}' (via `Input(..., name='{key}')`)",
                stacklevel=4,
            )
