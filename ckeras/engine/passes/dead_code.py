"""Removes nodes that nothing depends on."""

from ckeras.engine.control import drop_unused

__all__ = ["dead_code"]


def dead_code(graph):
    """Keeps the nodes that results and variables' new values are computed from."""
    needed = {id(v) for v in graph.results()}
    kept = []
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(map(id, node.outputs)):
            kept.append(node)
            if "control" in node.attrs:
                drop_unused(node, needed, dead_code)
            needed.update(map(id, node.inputs))
    graph.nodes = kept[::-1]
    graph.reads = [(h, s) for h, s in graph.reads if id(s) in needed]
