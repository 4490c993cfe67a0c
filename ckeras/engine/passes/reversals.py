"""Removes reversals that undo each other, as two-way layers have them."""

__all__ = ["reversals"]


def reversals(graph):
    """Replaces the reverse of a reverse along the same axes by what both began with."""
    replaced = {}
    makers = {id(o): n for n in graph.nodes for o in n.outputs}
    for node in graph.nodes:
        node.inputs = [replaced.get(id(v), v) for v in node.inputs]
        if node.primitive.name != "reverse":
            continue
        before = makers.get(id(node.inputs[0]))
        if (
            before is not None
            and before.primitive is node.primitive
            and before.attrs == node.attrs
        ):
            replaced[id(node.outputs[0])] = before.inputs[0]
    graph.outputs = [replaced.get(id(v), v) for v in graph.outputs]
    graph.writes = [(h, replaced.get(id(v), v)) for h, v in graph.writes]
