"""Nodes of functional graphs: one for each call of an operation on placeholders."""

from typing import NamedTuple

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor

__all__ = ["Arguments", "KerasHistory", "Node"]


class KerasHistory(NamedTuple):
    """Where a `KerasTensor` comes from: call `node_index` of `operation`."""

    operation: object
    node_index: int
    tensor_index: int


class Arguments:
    """The arguments of a call, in which placeholders can be replaced by values."""

    def __init__(self, args, kwargs):
        # Containers are copied: the caller may change a list that it passed.
        self.args = tree.map_structure(lambda x: x, tuple(args))
        self.kwargs = tree.map_structure(lambda x: x, dict(kwargs))
        leaves = tree.flatten((self.args, self.kwargs))
        self.keras_tensors = [x for x in leaves if isinstance(x, KerasTensor)]
        # The usual call: one placeholder, and settings like `training`.
        self._single = (
            len(self.args) == 1 == len(self.keras_tensors)
            and self.args[0] is self.keras_tensors[0]
            and not any(map(tree.is_nested, self.kwargs.values()))
        )

    def convert(self, function):
        """The arguments with `function` applied to each leaf."""
        return (
            tree.map_structure(function, self.args),
            tree.map_structure(function, self.kwargs),
        )

    def fill_in(self, values):
        """The arguments with values in place of placeholders.

        Args:
            values: value by `id` of placeholder.
        """
        if self._single:
            return (values[id(self.args[0])],), dict(self.kwargs)
        return self.convert(
            lambda x: values.get(id(x)) if isinstance(x, KerasTensor) else x
        )


class Node:
    """One call of an operation on placeholders.

    Args:
        operation: what was called.
        call_args, call_kwargs: with what.
        outputs: the placeholders that it returned, nested in any way.

    Raises:
        ValueError: if an output is no placeholder.
    """

    def __init__(self, operation, call_args=(), call_kwargs=None, outputs=None):
        self.operation = operation
        self.arguments = Arguments(call_args, call_kwargs or {})
        self.outputs = [] if outputs is None else tree.flatten(outputs)
        for x in self.outputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    "All operation outputs must be tensors. Operation "
                    f"{operation} returned a non-tensor. Non-tensor received: {x}"
                )
        recorded = all(x.record_history for x in self.arguments.keras_tensors)
        if recorded:
            for x in self.arguments.keras_tensors:
                if not hasattr(x, "_keras_history"):
                    x._keras_history = KerasHistory(None, 0, 0)
        operation._inbound_nodes.append(self)
        for x in self.arguments.keras_tensors:
            history = getattr(x, "_keras_history", None)
            if history is not None and history.operation is not None:
                history.operation._outbound_nodes.append(self)
        if recorded:
            index = len(operation._inbound_nodes) - 1
            for i, x in enumerate(self.outputs):
                x._keras_history = KerasHistory(operation, index, i)

    @property
    def is_input(self):
        """Whether the call had no placeholder among its arguments."""
        return not self.arguments.keras_tensors

    @property
    def input_tensors(self):
        return self.arguments.keras_tensors

    @property
    def output_tensors(self):
        return self.outputs

    @property
    def parent_nodes(self):
        """The nodes whose outputs this one uses."""
        histories = [x._keras_history for x in self.input_tensors]
        return [
            h.operation._inbound_nodes[h.node_index]
            for h in histories
            if h.operation is not None
        ]

    def __repr__(self):
        return f"<Node operation={self.operation.name}, id={id(self)}>"
