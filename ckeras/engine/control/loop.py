"""The primitive that runs a body as often as needed, as one step of a plan.

Each iteration maps carried values and one row of each stack to new carried values and
one row of each result. `scan`, `map`, `fori_loop` and `while_loop` are such loops.
"""

from dataclasses import dataclass, replace

from ckeras.engine.control.replay import copy_graph
from ckeras.engine.plan.buffers import round_up
from ckeras.engine.plan.order import may_fail
from ckeras.engine.plan.places import nbytes
from ckeras.engine.primitive import Primitive, Spec, Step, record
from ckeras.engine.tracing.graph import Graph, Symbol

__all__ = ["Loop", "loop"]

_LINE = 64


@dataclass(eq=False)
class Loop:
    """What the node of a loop does.

    Operands: the count if `counted`, constants of the body and of the condition, first
    carried values, stacks to read. Results: the count if there is a condition, last
    carried values, stacks that were written.

    Attributes:
        body: graph from constants, carried values, rows to carried values, rows.
        condition: graph from its constants and carried values to a boolean, or None.
        limit: number of iterations, at most; the stacks' length. None: no limit.
        reverse: whether it begins at the last row.
        counted: whether the number of iterations is an operand (int64).
        n_consts, n_condition_consts, n_carries, n_xs: how many of each there are.
    """

    body: Graph
    condition: Graph | None
    limit: int | None
    reverse: bool
    counted: bool
    n_consts: int
    n_condition_consts: int
    n_carries: int
    n_xs: int

    @property
    def graphs(self):
        """The graphs that the step runs, by name."""
        graphs = {"body": self.body}
        if self.condition is not None:
            graphs["condition"] = self.condition
        return graphs

    def copy(self):
        """The same for a node of its own."""
        condition = self.condition and copy_graph(self.condition)
        return replace(self, body=copy_graph(self.body), condition=condition)

    def divide_operands(self, values):
        """Values in the operands' order: count, consts, condition's, carries, xs."""
        return _divide(
            values, self.counted, self.n_consts, self.n_condition_consts, self.n_carries
        )

    def divide_results(self, values):
        """Values in the results' order: count, carries, ys."""
        return _divide(values, self.condition is not None, self.n_carries)


def _divide(values, *sizes):
    parts, at = [], 0
    for size in sizes:
        parts.append(list(values[at : at + size]))
        at += size
    return [*parts, list(values[at:])]


def loop(
    body, carries, xs=(), *, limit, condition=None, reverse=False, count=None, lend=None
):
    """Records a loop in the active trace.

    Args:
        body: `Body` of a function of carried values and rows that returns carried
            values of the same shapes and types, and rows.
        carries: the first carried values.
        xs: stacks of which each iteration reads one row.
        limit: number of iterations, at most; None for no limit.
        condition: `Body` of a function of the carried values that returns a boolean
            scalar, or None.
        reverse: whether to begin at the last row.
        count: the number of iterations as a value (int64), if it may be below `limit`.
            Rows that are never reached are zeros in the results.
        lend: for a body with a lender, function of a value of it that returns whether
            there is one for each iteration, and the value, or stack, outside.

    Returns:
        The last carried values and the stacks of rows, two lists.
    """
    n = len(carries)
    held = _held(body)
    finals = [body.value_at_end(h) for h in held]
    entries = dict(body.reads)
    consts = _constants(body, held)
    stacks = list(zip(xs, body.arguments[n:], strict=True))
    for value, symbol in body.borrowed():
        is_row, outside = lend(value)
        (stacks if is_row else consts).append((outside, symbol))
    if limit and condition is None:
        consts += _hoisted(body, consts, surely=count is None)
    # What no iteration changes needs no second buffer.
    moving = [i for i in range(n) if body.results[i] is not body.arguments[i]]
    fixed = [i for i in range(n) if i not in moving]
    consts += [(carries[i], body.arguments[i]) for i in fixed]
    carried = [(carries[i], body.arguments[i]) for i in moving]
    carried += [(h.value, body.symbol_for(entries, h, h.spec)) for h in held]
    condition_consts = []
    if condition is not None:
        condition_consts = _close_condition(condition, carries, fixed, moving, held)
    body.close(
        [symbol for _, symbol in (*consts, *carried, *stacks)],
        [*(body.results[i] for i in moving), *finals, *body.results[n:]],
    )
    if not body.graph.outputs and condition is None:
        return list(carries), []
    groups = (consts, condition_consts, carried, stacks)
    last, ys = _record(body, condition, groups, limit, reverse, count)
    for holder, value in zip(held, last[len(moving) :], strict=True):
        if holder in body.writes:
            holder.assign(value)
    results = list(carries)
    for i, value in zip(moving, last, strict=False):
        results[i] = value
    return results, ys


def _record(body, condition, groups, limit, reverse, count):
    """Records the node for groups of (value, symbol); last carried values, stacks."""
    test = None if condition is None else condition.graph
    sizes = map(len, groups)
    control = Loop(body.graph, test, limit, reverse, count is not None, *sizes)
    operands = [value for group in groups for value, _ in group]
    if count is not None:
        operands.insert(0, count)
    node = record(_loop, operands, {"control": control})
    _, last, ys = control.divide_results(node.outputs)
    return last, ys


def _held(body):
    """The variables and arenas whose values one iteration hands to the next."""
    held = dict.fromkeys(body.writes)
    for holder, _ in body.reads:
        # An arena changes with its variables, and they with it.
        members = getattr(holder, "variables", ())
        if getattr(holder, "_arena", None) in body.writes or any(
            v in body.writes for v in members
        ):
            held.setdefault(holder)
    return list(held)


def _hoisted(body, consts, surely):
    """Moves what depends on constants alone out of a body.

    Args:
        body: the body.
        consts: (value, symbol) for its constants.
        surely: whether it runs at least once; else what may fail stays inside.

    Returns:
        (value, symbol) for what was moved and is used in the body.
    """
    outside = {id(symbol): value for value, symbol in consts}
    moved, kept = [], []
    for node in body.graph.nodes:
        known = [type(v) is not Symbol or id(v) in outside for v in node.inputs]
        stays = "control" in node.attrs or (not surely and may_fail(node))
        if stays or not all(known):
            kept.append(node)
            continue
        inputs = [outside.get(id(v), v) for v in node.inputs]
        copy = record(node.primitive, inputs, node.attrs)
        copy.scope = node.scope
        pairs = list(zip(copy.outputs, node.outputs, strict=True))
        outside.update((id(symbol), value) for value, symbol in pairs)
        moved += pairs
    body.graph.nodes = kept
    return moved


def _constants(body, held):
    """(value, symbol) for what a body uses and no iteration changes."""
    known = set(held)
    reads = [(h.value, symbol) for h, symbol in body.reads if h not in known]
    return body.captured() + reads


def _close_condition(condition, carries, fixed, moving, held):
    """Settles the condition's graph; returns its constants, (value, symbol) each."""
    if condition.writes:
        names = [getattr(h, "path", "an arena") for h in condition.writes]
        raise ValueError(
            "The condition of a loop cannot assign variables; its body can. "
            f"It assigned: {names}"
        )
    consts = _constants(condition, held)
    consts += [(carries[i], condition.arguments[i]) for i in fixed]
    entries = dict(condition.reads)
    carried = [condition.arguments[i] for i in moving]
    carried += [condition.symbol_for(entries, h, h.spec) for h in held]
    condition.close([s for _, s in consts] + carried, condition.results)
    return consts


# --- the primitive -------------------------------------------------------------------


def _infer(*operands, control):
    n = control.n_carries
    count = [Spec((), "int64")] if control.condition is not None else []
    carries = [Spec(v.shape, v.dtype) for v in control.body.outputs[:n]]
    ys = [Spec((control.limit, *v.shape), v.dtype) for v in control.body.outputs[n:]]
    return count + carries + ys


def _lower(node):
    control = node.attrs["control"]
    n, m = control.n_carries, control.n_consts
    control.body.carried = [(m + i, i) for i in range(n)]
    return Step(
        "loop",
        bodies=control.graphs,
        runs=(control.limit if control.condition is None else None) or 1,
        complete=lambda step, plans: _complete(step, control, plans[0].layout),
    )


def _complete(step, control, layout):
    """The integers and the workspace, for which the body's layout has to be known."""
    n, m = control.n_carries, control.n_consts
    carries, rows = control.body.inputs[m : m + n], control.body.inputs[m + n :]
    ys = control.body.outputs[n:]
    sizes = list(map(nbytes, carries))
    in_place = [m + i in layout.overwritten for i in range(n)]
    dims = (
        -1 if control.limit is None else control.limit,
        control.reverse,
        control.condition is not None,
        control.counted,
        m,
        control.n_condition_consts,
        n,
        len(rows),
        len(ys),
        *sizes,
        *map(nbytes, rows),
        *map(nbytes, ys),
        *in_place,
    )
    step.dims = tuple(map(int, dims))
    spare = [size for size, same in zip(sizes, in_place, strict=True) if not same]
    step.workspace = _LINE + sum(map(round_up, spare))


def _gradient(node, d_outputs, needs):
    from ckeras.engine.control.loop_gradient import loop_gradient

    return loop_gradient(node, d_outputs, needs)


_loop = Primitive("loop", infer=_infer, lower=_lower, gradient=_gradient)
