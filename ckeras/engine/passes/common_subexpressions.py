"""Computes once what a trace computes several times."""

__all__ = ["common_subexpressions"]


def common_subexpressions(graph):
    """Merges nodes of the same primitive, operands and attributes.

    Every primitive is a pure function of its operands: random ones have their seed
    among them.
    """
    merged, seen, kept = {}, {}, []
    for node in graph.nodes:
        if merged:
            node.inputs = [merged.get(id(v), v) for v in node.inputs]
        try:
            operands, attrs = tuple(map(id, node.inputs)), tuple(node.attrs.items())
            key = node.primitive, operands, attrs
            first = seen.setdefault(key, node)
        except TypeError:  # an attribute that cannot be compared
            first = node
        if first is node:
            kept.append(node)
        else:
            pairs = zip(node.outputs, first.outputs, strict=True)
            merged.update({id(a): b for a, b in pairs})
    graph.nodes = kept
    graph.outputs = [merged.get(id(v), v) for v in graph.outputs]
    graph.writes = [(h, merged.get(id(v), v)) for h, v in graph.writes]
