"""Graphs from values in the middle of other graphs."""

from ckeras.engine import tree
from ckeras.engine.symbolic.graph_map import topological_order
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.node import Node
from ckeras.layers.core.input_layer import Input

__all__ = ["with_new_inputs"]


def with_new_inputs(inputs, outputs):
    """The graph from `inputs` to `outputs` again, beginning at new placeholders.

    The layers are the same ones; each gets further nodes.

    Args:
        inputs, outputs: nested placeholders; inputs may be computed from others.

    Returns:
        The new inputs and outputs.
    """
    order, _ = topological_order(tree.flatten(inputs), tree.flatten(outputs))
    known = {}

    def new_input(x):
        operation = x._keras_history.operation
        if operation._inbound_nodes[x._keras_history.node_index].is_input:
            return x
        name = f"{operation.name}_input"
        return Input(batch_shape=x.shape, dtype=x.dtype, name=name)

    for x in tree.flatten(inputs):
        known[id(x)] = new_input(x)

    def swap(x):
        if not isinstance(x, KerasTensor):
            return x
        if id(x) not in known:
            known[id(x)] = KerasTensor(x.shape, dtype=x.dtype, name=f"{x.name}_clone")
        return known[id(x)]

    for node in order:
        if node.is_input or any(id(x) in known for x in node.outputs):
            continue
        args, kwargs = node.arguments.convert(swap)
        Node(node.operation, args, kwargs, [swap(x) for x in node.outputs])
    return tree.map_structure(swap, inputs), tree.map_structure(swap, outputs)
