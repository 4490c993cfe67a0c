"""The order of a plan's steps: what may fail runs before any variable changes.

A kernel that finds an index outside its table, or a NumPy function that raises, ends
the run. Steps whose results go into variables are put off until after the last such
step, so that a run that fails leaves every variable as it was.
"""

__all__ = ["fallible", "may_fail", "safe_order"]


def may_fail(node):
    """Whether numbers, not just shapes, decide if a node can be computed."""
    return bool(fallible([node]))


def fallible(nodes):
    """The ids of those nodes that `may_fail`."""
    return {
        id(node)
        for node in nodes
        if node.primitive.may_refuse
        or ("control" in node.attrs and _has_fallible(node.attrs["control"]))
    }


def _has_fallible(control):
    """Whether something may fail in a branch or loop."""
    return any(fallible(graph.nodes) for graph in control.graphs.values())


def safe_order(graph, failing):
    """The graph's nodes with those that write variables after those that may fail.

    What a node that may fail depends on stays before it; otherwise the order of the
    program is kept.

    Args:
        graph: the `Graph`.
        failing: what `fallible` found in it.
    """
    nodes = graph.nodes
    if not failing:
        return nodes
    last = max([i for i, node in enumerate(nodes) if id(node) in failing])
    makers = {id(value): node for node in nodes for value in node.outputs}
    put_off = {id(_source(value, makers)) for _, value in graph.writes}
    if not any(id(node) in put_off for node in nodes[:last]):
        return nodes
    needed = set()
    for node in reversed(nodes[: last + 1]):
        if id(node) in failing or id(node) in needed:
            needed.add(id(node))
            needed.update(id(makers[id(v)]) for v in node.inputs if id(v) in makers)
    early, late, waiting = [], [], set()
    for node in nodes:
        waits = id(node) in put_off and id(node) not in needed
        if waits or any(id(v) in waiting for v in node.inputs):
            late.append(node)
            waiting.update(map(id, node.outputs))
        else:
            early.append(node)
    return early + late


def _source(value, makers):
    """The node that computes a value, seen through views; None if none does."""
    node = makers.get(id(value))
    while node is not None and node.primitive.view is not None:
        node = makers.get(id(node.inputs[0]))
    return node
