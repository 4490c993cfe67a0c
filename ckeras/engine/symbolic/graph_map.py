"""Which nodes and operations lie between inputs and outputs, and at which depth.

An operation's depth is its greatest distance from an output; layers of a model are
listed by decreasing depth, as Keras lists them: files count on that order.
"""

import collections
from typing import NamedTuple

__all__ = ["GraphMap", "map_graph", "node_key", "topological_order"]


class GraphMap(NamedTuple):
    """What `map_graph` finds; nodes are named by `node_key`."""

    nodes: set
    nodes_by_depth: dict
    operations: list
    operations_by_depth: dict


def node_key(operation, index):
    """Key of an operation's call number `index`."""
    return f"{id(operation)}_ib-{index}"


def map_graph(inputs, outputs):
    """Sorts what leads from `inputs` to `outputs`.

    Args:
        inputs, outputs: flat lists of placeholders.

    Returns:
        A `GraphMap`.

    Raises:
        ValueError: if the graph is disconnected or cyclic, or names repeat.
    """
    order, first_seen = topological_order(inputs, outputs)
    node_depths, operation_depths = _depths(order)
    keys = {node_key(n.operation, n.operation._inbound_nodes.index(n)) for n in order}
    for x in inputs:  # inputs on which no output depends
        history = x._keras_history
        operation = history.operation
        if operation is not None and operation not in operation_depths:
            node = operation._inbound_nodes[history.node_index]
            if node.is_input:
                operation_depths[operation] = node_depths[node] = 0
                first_seen[operation] = -1
                keys.add(node_key(operation, history.node_index))
    nodes_by_depth = _by_depth(node_depths)
    operations_by_depth = _by_depth(operation_depths)
    operations = []
    for depth in sorted(operations_by_depth, reverse=True):
        operations_by_depth[depth].sort(key=first_seen.__getitem__)
        operations.extend(operations_by_depth[depth])
    _check_computable(inputs, nodes_by_depth)
    _check_names(operations)
    return GraphMap(keys, nodes_by_depth, operations, operations_by_depth)


def topological_order(inputs, outputs):
    """Nodes with every node after those it depends on, by depth-first search.

    Written with a stack of its own: models may be deeper than Python recurses.
    """
    given = {id(x) for x in inputs}
    done, under_way, order, first_seen = set(), set(), [], {}

    def enter(x):
        operation, index, _ = getattr(x, "_keras_history", (None, 0, 0))
        if operation is None:
            return None
        node = operation._inbound_nodes[index]
        if node in done:
            return None
        if not node.is_input and id(x) in given:
            done.add(node)
            return None
        if node in under_way:
            raise ValueError(
                f"Tensor {x} from operation '{operation.name}' is part of a cycle."
            )
        first_seen.setdefault(operation, len(first_seen))
        under_way.add(node)
        return node, iter(node.input_tensors)

    for output in outputs:
        stack = [enter(output)]
        while stack:
            if stack[-1] is None:
                stack.pop()
                continue
            node, pending = stack[-1]
            x = next(pending, None)
            if x is not None:
                stack.append(enter(x))
                continue
            stack.pop()
            done.add(node)
            under_way.discard(node)
            order.append(node)
    return order, first_seen


def _depths(order):
    nodes, operations = {}, {}
    known = set(order)
    for node in reversed(order):
        depth = max(nodes.setdefault(node, 0), operations.get(node.operation, 0))
        operations[node.operation] = nodes[node] = depth
        for parent in node.parent_nodes:
            if parent in known:
                nodes[parent] = max(depth + 1, nodes.get(parent, 0))
    return nodes, operations


def _by_depth(depths):
    result = collections.defaultdict(list)
    for key, depth in depths.items():
        result[depth].append(key)
    return dict(result)


def _check_computable(inputs, nodes_by_depth):
    known = {id(x) for x in inputs}
    reached = []
    for depth in sorted(nodes_by_depth, reverse=True):
        for node in nodes_by_depth[depth]:
            for x in node.input_tensors:
                if id(x) not in known:
                    raise ValueError(
                        f"Graph disconnected. Output of `{node.operation.name}` is not "
                        f"connected to `inputs`: cannot find parent for tensor {x} at "
                        f"operation '{node.operation}'. The following previous "
                        f"operations were accessed without issue: {reached}"
                    )
            reached.append(node.operation.name)
            known.update(id(x) for x in node.outputs)


def _check_names(operations):
    counts = collections.Counter(operation.name for operation in operations)
    for name, count in counts.items():
        if count > 1:
            raise ValueError(
                f'The name "{name}" is used {count} times in the model. All operation '
                "names should be unique."
            )
