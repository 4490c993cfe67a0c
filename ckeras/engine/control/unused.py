"""Removes from loops and switches what nobody needs: results, operands, nodes."""

from ckeras.engine.control.loop import Loop

__all__ = ["drop_unused"]


def drop_unused(node, needed, dead_code):
    """Reduces the node of a loop or switch, in place, to the results that are needed.

    Args:
        node: the node.
        needed: ids of the values that are used behind it.
        dead_code: function that removes from a graph what its outputs do not need.
    """
    control = node.attrs["control"]
    reduce = _reduce_loop if isinstance(control, Loop) else _reduce_switch
    reduce(node, control, needed, dead_code)


def _reduce_loop(node, control, needed, dead_code):
    body, condition, n = control.body, control.condition, control.n_carries
    count, carries, ys = control.divide_results(node.outputs)
    live = _live_carries(control, carries, ys, needed)
    kept = [i for i, y in enumerate(ys) if id(y) in needed]
    node.outputs = [*count, *_pick(carries, live), *_pick(ys, kept)]
    body.outputs = _pick(body.outputs, [*live, *(n + i for i in kept)])
    for graph in control.graphs.values():
        dead_code(graph)

    given, consts, tests, first, xs = control.divide_operands(node.inputs)
    m, used = control.n_consts, _used(body)
    kept_consts = [i for i in range(m) if id(body.inputs[i]) in used]
    kept_xs = [i for i in range(len(xs)) if id(body.inputs[m + n + i]) in used]
    body.inputs = _pick(
        body.inputs,
        [*kept_consts, *(m + i for i in live), *(m + n + i for i in kept_xs)],
    )
    if condition is not None:
        k, used = control.n_condition_consts, _used(condition)
        kept_tests = [i for i in range(k) if id(condition.inputs[i]) in used]
        tests = _pick(tests, kept_tests)
        condition.inputs = _pick(
            condition.inputs, [*kept_tests, *(k + i for i in live)]
        )
    consts, xs = _pick(consts, kept_consts), _pick(xs, kept_xs)
    node.inputs = [*given, *consts, *tests, *_pick(first, live), *xs]
    control.n_consts, control.n_condition_consts = len(consts), len(tests)
    control.n_carries, control.n_xs = len(live), len(xs)


def _live_carries(control, carries, ys, needed):
    """The numbers of the carried values that what is needed depends on."""
    body, n, m = control.body, control.n_carries, control.n_consts
    inputs = body.inputs[m : m + n]
    live = {i for i, v in enumerate(carries) if id(v) in needed}
    if control.condition is not None:
        tested = control.condition.inputs[control.n_condition_consts :]
        used = _used(control.condition)
        live |= {i for i, v in enumerate(tested) if id(v) in used}
    wanted = {
        id(v) for v, y in zip(body.outputs[n:], ys, strict=True) if id(y) in needed
    }
    size = -1
    while size < len(live):
        size = len(live)
        wanted |= {id(body.outputs[i]) for i in live}
        for node in reversed(body.nodes):
            if any(id(o) in wanted for o in node.outputs):
                wanted.update(id(v) for v in node.inputs)
        live |= {i for i, v in enumerate(inputs) if id(v) in wanted}
    return sorted(live)


def _reduce_switch(node, control, needed, dead_code):
    kept = [i for i, o in enumerate(node.outputs) if id(o) in needed]
    node.outputs = _pick(node.outputs, kept)
    control.specs = _pick(control.specs, kept)
    for k, graph in enumerate(control.branches):
        sources = _pick(control.sources[k], kept)
        present = [s for s in sources if s >= 0]
        graph.outputs = _pick(graph.outputs, present)
        control.sources[k] = [-1 if s < 0 else present.index(s) for s in sources]
        dead_code(graph)
    used = [_used(graph) for graph in control.branches]
    kept = [
        i
        for i in range(len(node.inputs) - 1)
        if any(
            id(graph.inputs[i]) in ids
            for graph, ids in zip(control.branches, used, strict=True)
        )
    ]
    node.inputs = [node.inputs[0], *_pick(node.inputs[1:], kept)]
    for graph in control.branches:
        graph.inputs = _pick(graph.inputs, kept)


def _pick(values, numbers):
    return [values[i] for i in numbers]


def _used(graph):
    """The ids of all values that a graph's nodes or results are made of."""
    used = {id(v) for v in graph.results()}
    for node in graph.nodes:
        used.update(id(v) for v in node.inputs)
    return used
