"""Graphs recorded once more: for a gradient that computes values again."""

from ckeras.engine.primitive import record
from ckeras.engine.tracing.graph import Graph, Node, Symbol
from ckeras.engine.tracing.trace import current

__all__ = ["copy_graph", "replay"]


def replay(graph, values):
    """Records the nodes of a body's graph again, in the active trace.

    From then on a value of the graph that is used in the trace means the one that was
    computed again, also where the gradient of a node refers to it.

    Args:
        graph: the body's graph.
        values: what its inputs are this time.

    Returns:
        The new nodes.
    """
    active = current().graph
    _note(active, graph.inputs, map(active.lift, values))
    nodes = []
    for node in graph.nodes:
        new = record(node.primitive, _inside(active, node.inputs), _own(node.attrs))
        new.scope = node.scope
        nodes.append(new)
        _note(active, node.outputs, new.outputs)
    _note_earlier(active, graph)
    return nodes


def copy_graph(graph):
    """A closed graph with nodes and values of its own."""
    copy = Graph(graph.outer, graph.lender)
    copy.inputs = [Symbol(copy, old) for old in graph.inputs]
    _note(copy, graph.inputs, copy.inputs)
    for node in graph.nodes:
        inputs, attrs = _inside(copy, node.inputs), _own(node.attrs)
        new = Node(node.primitive, inputs, (), attrs, node.single, node.scope)
        new.outputs = [Symbol(copy, old) for old in node.outputs]
        copy.nodes.append(new)
        _note(copy, node.outputs, new.outputs)
    _note_earlier(copy, graph)
    copy.outputs = _inside(copy, graph.outputs)
    copy.carried = list(graph.carried)
    copy.closed = True
    return copy


def _note(graph, olds, news):
    for old, new in zip(olds, news, strict=True):
        graph.replayed[id(old)] = old, new


def _note_earlier(graph, replayed):
    """Leads from what `replayed` had itself computed again to what `graph` has."""
    earlier = replayed.replayed.values()
    pairs = [(old, value) for old, value in earlier if id(value) in graph.replayed]
    _note(graph, [old for old, _ in pairs], _inside(graph, [v for _, v in pairs]))


def _inside(graph, values):
    """A graph's own values for those that were computed again in it."""
    known = graph.replayed
    return [known[id(v)][1] if id(v) in known else v for v in values]


def _own(attrs):
    """Attributes for another node: gradients add results to a node's graphs."""
    control = attrs.get("control")
    return attrs if control is None else {**attrs, "control": control.copy()}
