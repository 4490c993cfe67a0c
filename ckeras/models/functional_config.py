"""Configurations of functional models: the graph as data, and back.

A node is described by its arguments, in which `["layer name", node, output]` stands
for a placeholder. Keras numbers the nodes of a nested functional model from 1 where
outputs are meant, and from 0 in arguments; files count on that.
"""

import copy

from ckeras.engine import tree
from ckeras.engine.symbolic.graph_map import node_key
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.node import KerasHistory
from ckeras.engine.symbolic.op_operation import OpOperation, op_class
from ckeras.engine.symbolic.operation import Operation

__all__ = [
    "functional_config",
    "functional_from_config",
    "make_layer",
    "register_op_classes",
]


def register_op_classes():
    """Makes the classes of all ops known to loading, by Keras's names."""
    from ckeras.ops.registry import public_ops
    from ckeras.saving.builtins import register_builtin

    for function in public_ops.values():
        cls = op_class(function)
        register_builtin(cls.__module__, cls.__name__, cls)


def functional_config(model):
    """What `get_config` of a functional model returns."""
    from ckeras.saving.serialization import serialize_keras_object

    if any(isinstance(op, OpOperation) for op in model.operations):
        register_op_classes()
    layers, places = [], {}
    for operation in model.operations:
        kept = _own_nodes(model, operation)
        offset = 1 if _is_functional(operation) else 0
        for place, (index, _) in enumerate(kept):
            places[node_key(operation, index)] = place + offset
        nodes = [_node_config(node, model._nodes) for _, node in kept]
        config = serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [n for n in nodes if n is not None]
        layers.append(config)

    def reference(x):
        operation, index, output = x._keras_history
        return [operation.name, places[node_key(operation, index)], output]

    config = {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map_structure(reference, model._inputs_struct),
        "output_layers": tree.map_structure(reference, model._outputs_struct),
    }
    return copy.deepcopy(config)


def _is_functional(operation):
    from ckeras.models.functional import Functional

    return isinstance(operation, Functional)


def _own_nodes(model, operation):
    """An operation's nodes in the model's graph, with their numbers."""
    return [
        (index, node)
        for index, node in enumerate(operation._inbound_nodes)
        if node_key(operation, index) in model._nodes
    ]


def _node_config(node, own_nodes):
    from ckeras.saving.serialization import serialize_keras_object

    if not node.input_tensors:
        return None

    def describe(x):
        if not isinstance(x, KerasTensor):
            return x
        operation, index, output = x._keras_history
        # Numbered among the nodes of this model only.
        place = sum(node_key(operation, i) in own_nodes for i in range(index))
        shown = KerasTensor(x.shape, dtype=x.dtype, record_history=False)
        shown._keras_history = KerasHistory(operation, place, output)
        return serialize_keras_object(shown)

    args, kwargs = node.arguments.convert(describe)
    return {
        "args": serialize_keras_object(args),
        "kwargs": serialize_keras_object(kwargs),
    }


def functional_from_config(cls, config, custom_objects=None):
    """The model that `functional_config` described.

    Args:
        cls: the class of the model.
        config: the configuration.
        custom_objects: your own classes and functions by name.

    Raises:
        ValueError: if the graph has loops or parts that are not connected.
    """
    register_op_classes()
    config = dict(config)
    descriptions = config.pop("layers")
    created = {d["name"]: make_layer(d, custom_objects) for d in descriptions}
    _call_layers(descriptions, created)
    inputs = _resolve(config.pop("input_layers"), created)
    outputs = _resolve(config.pop("output_layers"), created)
    name, trainable = config.pop("name", None), config.pop("trainable", None)
    return cls(inputs=inputs, outputs=outputs, name=name, trainable=trainable, **config)


def make_layer(description, custom_objects):
    from ckeras.saving.serialization import deserialize_keras_object

    if "module" not in description:
        from ckeras.saving.formats.legacy_config import model_from_legacy

        description = model_from_legacy(description, custom_objects)
    if str(description["module"]).startswith("keras.src.ops."):
        # An op's settings may be functions; its class does not know of files.
        settings = deserialize_keras_object(description["config"], custom_objects)
        description = {**description, "config": settings}
    layer = deserialize_keras_object(description, custom_objects=custom_objects)
    if not isinstance(layer, Operation):
        raise ValueError(
            "Unexpected object from deserialization, expected a layer or operation, "
            f"got a {type(layer)}"
        )
    return layer


def _call_layers(descriptions, created):
    """Calls the layers as their nodes tell, as soon as what they need is there."""
    pending = [
        (created[d["name"]], list(d["inbound_nodes"]))
        for d in descriptions
        if d["inbound_nodes"]
    ]
    while pending:
        progress = False
        for layer, nodes in pending:
            while nodes:
                try:
                    args, kwargs = _node_arguments(nodes[0], created)
                except _NotYet:
                    break
                if type(layer).__name__ == "GetItem" and isinstance(args[1], list):
                    args = [args[0], tuple(args[1])]  # JSON has no tuples
                layer(*args, **kwargs)
                nodes.pop(0)
                progress = True
        pending = [(layer, nodes) for layer, nodes in pending if nodes]
        if not progress:
            raise ValueError(
                "Invalid Functional model configuration. The graph of the Functional "
                "model either has loops or disconnected nodes. The following nodes "
                f"failed to be resolved: {pending}"
            )


class _NotYet(Exception):
    """A node needs another one that has not been made yet."""


def _output_of(created, name, index, output):
    layer = created.get(name)
    if layer is None:
        raise ValueError(
            f"Invalid Functional model configuration. Missing node: {name}"
        )
    if not isinstance(index, int) or index < 0 or len(layer._inbound_nodes) <= index:
        raise _NotYet
    return layer._inbound_nodes[index].output_tensors[output]


def _node_arguments(node, created):
    from ckeras.saving.serialization import deserialize_keras_object

    if isinstance(node, list):  # the form of Keras 2
        inputs = [_output_of(created, *part[:3]) for part in node]
        kwargs = node[0][3] if node and len(node[0]) == 4 else {}
        return [inputs[0] if len(inputs) == 1 else inputs], kwargs

    def revive(x):
        history = getattr(x, "_pre_serialization_keras_history", None)
        return x if history is None else _output_of(created, *history)

    args = deserialize_keras_object(node["args"])
    kwargs = deserialize_keras_object(node["kwargs"])
    return tree.map_structure(revive, (args, kwargs))


def _resolve(reference, created):
    """Placeholders for `["layer name", node, output]`, nested in any way."""
    if isinstance(reference, dict):
        return {key: _resolve(value, created) for key, value in reference.items()}
    first = reference[0] if len(reference) == 3 else None
    if isinstance(first, str):
        name, index, output = reference
        if _is_functional(created.get(name)):
            index -= 1
        return _output_of(created, name, index, output)
    kind = tuple if isinstance(reference, tuple) else list
    return kind(_resolve(value, created) for value in reference)
