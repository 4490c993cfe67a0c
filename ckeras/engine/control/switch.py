"""The primitive that runs one of several branches, as one step of a plan."""

from dataclasses import dataclass, replace
from itertools import count

from ckeras.engine.control.body import Body
from ckeras.engine.control.replay import copy_graph, replay
from ckeras.engine.plan.places import nbytes
from ckeras.engine.primitive import Primitive, Spec, Step, record
from ckeras.engine.tracing.gradient import backward
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.tracing.trace import current
from ckeras.engine.values import dtypes

__all__ = ["Switch", "switch"]


@dataclass(eq=False)
class Switch:
    """What the node of a switch does.

    Operands: the index (int32), then what any of the branches uses.

    Attributes:
        branches: graphs that all take the same operands.
        sources: for each branch and result of the node, the number of the branch's
            output, or -1 where the branch gives zeros.
        specs: shapes and types of the results.
        recompute: whether the gradient computes again what it needs of the branches,
            instead of having them keep it.
    """

    branches: list
    sources: list
    specs: list
    recompute: bool = False

    @property
    def graphs(self):
        """The graphs of which the step runs one, by name."""
        return {f"branch {i}": graph for i, graph in enumerate(self.branches)}

    def copy(self):
        """The same for a node of its own."""
        branches = list(map(copy_graph, self.branches))
        sources = list(map(list, self.sources))
        return replace(self, branches=branches, sources=sources, specs=list(self.specs))


def switch(index, bodies, lend=None, recompute=False):
    """Records the choice of one of several branches in the active trace.

    Args:
        index: int32 scalar; it is moved into range.
        bodies: a `Body` without arguments for each branch. All return the same number
            of values; where all have one, it has the same shape and type in all. None
            stands for zeros, as far as another branch has a value.
        lend: for bodies with lenders, function of a branch's number and a value of its
            lender that returns the value outside.
        recompute: see `Switch`.

    Returns:
        The results of the branch that is run, None where no branch has a value.
    """
    written = list(dict.fromkeys(h for body in bodies for h in body.writes))
    rows = [
        [*body.results, *(body.value_at_end(h) for h in written)] for body in bodies
    ]
    operands, symbols = _operands(bodies, lend)
    for body, row, known in zip(bodies, rows, symbols, strict=True):
        inputs = [body.symbol_for(known, key, v) for key, v in operands.items()]
        body.close(inputs, [v for v in row if v is not None])
    columns = [
        next((v for v in c if v is not None), None) for c in zip(*rows, strict=True)
    ]
    kept = [i for i, value in enumerate(columns) if value is not None]
    if not kept:
        return columns
    control = Switch(
        [body.graph for body in bodies],
        [_sources(row, kept) for row in rows],
        [Spec(columns[i].shape, columns[i].dtype) for i in kept],
        recompute,
    )
    node = record(_switch, [index, *operands.values()], {"control": control})
    for i, value in zip(kept, node.outputs, strict=True):
        columns[i] = value
    n = len(columns) - len(written)
    for holder, value in zip(written, columns[n:], strict=True):
        holder.assign(value)
    return columns[:n]


def _operands(bodies, lend):
    """What the branches use, by key, and for each branch its symbols for that, by key.

    A branch may have several symbols for one value: a variable and what it holds.
    """
    operands, symbols, current = {}, [], {}
    for k, body in enumerate(bodies):
        pairs = body.captured()
        pairs += [(lend(k, value), symbol) for value, symbol in body.borrowed()]
        for holder, symbol in body.reads:
            if holder not in current:
                current[holder] = holder.value
            pairs.append((current[holder], symbol))
        known = {}
        for value, symbol in pairs:
            key = next((id(value), i) for i in count() if (id(value), i) not in known)
            operands[key] = value
            known[key] = symbol
        symbols.append(known)
    return operands, symbols


def _sources(row, kept):
    """For the results kept, the number of a branch's output, -1 where it has none."""
    numbers, n = [], 0
    for value in row:
        numbers.append(-1 if value is None else n)
        n += value is not None
    return [numbers[i] for i in kept]


def _lower(node):
    control = node.attrs["control"]
    sources = [number for row in control.sources for number in row]
    n_in, n_out = len(node.inputs) - 1, len(node.outputs)
    sizes = [nbytes(v) for v in node.outputs]
    dims = (len(control.branches), n_in, n_out, *sizes, *sources)
    return Step("switch", dims, workspace=1, bodies=control.graphs, runs=0)


class _Gradient:
    """The gradient of a switch: a switch of the branches' gradients."""

    def __init__(self, node, d_outputs, needs):
        self.node = node
        self.control = node.attrs["control"]
        self.d_outputs = {
            i: d
            for i, d in enumerate(d_outputs)
            if d is not None and dtypes.is_inexact(d.dtype)
        }
        self.wanted = [i for i, need in enumerate(needs) if need]

    def inputs(self):
        """The gradient, or None, for each operand."""
        again = self.control.recompute
        if again:
            # In a loop these are values of its body, lent to the loop's gradient only.
            self.operands = list(map(current().graph.lift, self.node.inputs[1:]))
        bodies = [
            Body(lambda k=k: self._branch(k), (), None if again else graph)
            for k, graph in enumerate(self.control.branches)
        ]
        d_inputs = [None] * len(self.node.inputs)
        found = switch(self.node.inputs[0], bodies, self._lend, again)
        for i, d in zip(self.wanted, found, strict=True):
            d_inputs[i] = d
        return d_inputs

    def _branch(self, k):
        graph, sources = self.control.branches[k], self.control.sources[k]
        given = [(sources[i], d) for i, d in self.d_outputs.items() if sources[i] >= 0]
        targets = [graph.outputs[source] for source, _ in given]
        wanted = [graph.inputs[i - 1] for i in self.wanted]
        nodes = graph.nodes
        if self.control.recompute:
            nodes = replay(graph, self.operands)
            lift = current().graph.lift
            targets, wanted = list(map(lift, targets)), list(map(lift, wanted))
        return backward(nodes, targets, [d for _, d in given], wanted)

    def _lend(self, k, value):
        """Where a value of branch `k` is to be had outside of it."""
        graph, control, node = self.control.branches[k], self.control, self.node
        for inner, outside in zip(graph.inputs, node.inputs[1:], strict=True):
            if inner is value:
                return outside
        for source, outside in zip(control.sources[k], node.outputs, strict=True):
            if source >= 0 and graph.outputs[source] is value:
                return outside
        for i, sources in enumerate(control.sources):
            sources.append(len(graph.outputs) if i == k else -1)
        graph.outputs.append(value)
        spec = Spec(value.shape, value.dtype)
        control.specs.append(spec)
        saved = Symbol(node.outputs[0]._graph(), spec)
        node.outputs.append(saved)
        return saved


_switch = Primitive(
    "switch",
    infer=lambda index, *operands, control: list(control.specs),
    lower=_lower,
    gradient=lambda node, d_outputs, needs: _Gradient(node, d_outputs, needs).inputs(),
)
