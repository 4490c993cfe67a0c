"""The order of a plan's steps: what may fail runs before any variable changes.

A kernel that finds an index outside its table, or a NumPy function that raises, ends
the run. Steps whose results go into variables are put off until after the last such
step, so that a run that fails leaves every variable as it was.
"""

__all__ = ["may_fail", "safe_order"]


def may_fail(node):
    """Whether numbers, not just shapes, decide if a node can be computed."""
    if node.primitive.explain is not None or node.primitive.evaluate is not None:
        return True
    control = node.attrs.get("control")  # of a branch or loop
    if control is None:
        return False
    graphs = control.graphs.values()
    return any(may_fail(inner) for graph in graphs for inner in graph.nodes)


def safe_order(graph):
    """The graph's nodes with those that write variables after those that may fail.

    What a node that may fail depends on stays before it; otherwise the order of the
    program is kept.
    """
    nodes = graph.nodes
    last = max((i for i, node in enumerate(nodes) if may_fail(node)), default=-1)
    if last < 0:
        return nodes
    makers = {id(value): node for node in nodes for value in node.outputs}
    put_off = {id(_source(value, makers)) for _, value in graph.writes}
    if not any(id(node) in put_off for node in nodes[:last]):
        return nodes
    needed = set()
    for node in reversed(nodes[: last + 1]):
        if may_fail(node) or id(node) in needed:
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
