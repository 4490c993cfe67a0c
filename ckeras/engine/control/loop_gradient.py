"""The gradient of a loop: a loop that runs back over the rows.

It carries the gradients of the carried values and adds up those of the constants. What
it needs of the forward iterations is stacked by the forward loop, which gets a further
result for each such value.
"""

import numpy as np

from ckeras.engine.control.body import Body
from ckeras.engine.control.loop import loop
from ckeras.engine.primitive import Spec
from ckeras.engine.tracing.gradient import backward
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values import dtypes
from ckeras.engine.values.operators import _table
from ckeras.engine.values.tensor import Tensor

__all__ = ["loop_gradient"]


def loop_gradient(node, d_outputs, needs):
    """The gradient rule of loops.

    Raises:
        NotImplementedError: where nothing says how often the body may run, so that
            there is no telling how much has to be kept.
    """
    control = node.attrs["control"]
    if control.limit is None:
        raise NotImplementedError(
            "The gradient of a loop whose number of iterations is not known cannot be "
            "computed in a compiled function. Give `ops.while_loop` its "
            "`maximum_iterations`, or use `ops.scan` or an `ops.fori_loop` with "
            "Python integers as bounds."
        )
    return _Gradient(node, d_outputs, needs).inputs()


class _Gradient:
    """The parts of one loop's gradient.

    Attributes:
        active: numbers of the carried values through which gradients flow.
        consts, xs: numbers of those that need a gradient.
        targets: the body's results from which gradients come in.
    """

    def __init__(self, node, d_outputs, needs):
        self.node = node
        self.control = control = node.attrs["control"]
        self.graph = control.body
        _, need_consts, _, self.need_carries, need_xs = control.divide_operands(needs)
        _, self.d_carries, d_ys = control.divide_results(d_outputs)
        self.c, n = control.n_consts, control.n_carries
        self.in_carries = self.graph.inputs[self.c : self.c + n]
        self.in_xs = self.graph.inputs[self.c + n :]
        self.consts = _floats(need_consts, self.graph.inputs)
        self.xs = _floats(need_xs, self.in_xs)
        reached = self._reached()
        self.active = [i for i, v in enumerate(self.in_carries) if id(v) in reached]
        ys = self.graph.outputs[n:]
        self.d_ys = [
            (y, d)
            for y, d in zip(ys, d_ys, strict=True)
            if d is not None and id(y) in reached
        ]

    def _reached(self):
        """The ids of the body's values that depend on what needs a gradient."""
        needed = [self.graph.inputs[i] for i in self.consts]
        needed += [self.in_xs[i] for i in self.xs]
        carries = _floats(self.need_carries, self.in_carries)
        needed += [self.in_carries[i] for i in carries]
        reached = {id(v) for v in needed}
        size = -1
        while size < len(reached):
            size = len(reached)
            for node in self.graph.nodes:
                if any(id(v) in reached for v in node.inputs):
                    reached.update(
                        id(o) for o in node.outputs if dtypes.is_inexact(o.dtype)
                    )
            for value, result in zip(self.in_carries, self.graph.outputs, strict=False):
                if id(result) in reached:
                    reached.add(id(value))
        return reached

    def inputs(self):
        """The gradient, or None, for each operand of the loop."""
        active = [self.in_carries[i] for i in self.active]
        consts = [self.graph.inputs[i] for i in self.consts]
        rows = [y for y, _ in self.d_ys]
        specs = [Spec(v.shape, v.dtype) for v in (*active, *consts, *rows)]
        body = Body(self._step, specs, self.graph)
        first = [self.d_carries[i] for i in self.active]
        first = [
            _zeros(v) if d is None else d for v, d in zip(active, first, strict=True)
        ]
        first += map(_zeros, consts)
        control, count = self.control, None
        if control.condition is not None:
            count = self.node.outputs[0]
        elif control.counted:
            count = self.node.inputs[0]
        last, d_xs = loop(
            body, first, [d for _, d in self.d_ys], limit=control.limit,
            reverse=not control.reverse, count=count, lend=self._lend,
        )  # fmt: skip
        d_inputs = [None] * len(self.node.inputs)
        at = int(control.counted)
        carries_at = at + self.c + control.n_condition_consts
        for i, d in zip(self.active, last, strict=False):
            d_inputs[carries_at + i] = d if self.need_carries[i] else None
        for i, d in zip(self.consts, last[len(active) :], strict=True):
            d_inputs[at + i] = d
        for i, d in zip(self.xs, d_xs, strict=True):
            d_inputs[carries_at + control.n_carries + i] = d
        return d_inputs

    def _step(self, *symbols):
        """One iteration backwards: gradients of carries, sums of constants', rows."""
        n, m = len(self.active), len(self.consts)
        sums, d_rows = symbols[n : n + m], symbols[n + m :]
        sources = [self.in_carries[i] for i in self.active]
        sources += [self.graph.inputs[i] for i in self.consts]
        sources += [self.in_xs[i] for i in self.xs]
        targets = [self.graph.outputs[i] for i in self.active]
        targets += [y for y, _ in self.d_ys]
        found = backward(self.graph.nodes, targets, [*symbols[:n], *d_rows], sources)
        totals = [
            total if d is None else _table["add"](total, d)
            for total, d in zip(sums, found[n : n + m], strict=True)
        ]
        found[n : n + m] = totals
        return [
            _zeros(v) if d is None else d for v, d in zip(sources, found, strict=True)
        ]

    def _lend(self, value):
        """Where a value of the forward body is to be had outside of it."""
        constants = self.graph.inputs[: self.c]
        _, consts, _, _, xs = self.control.divide_operands(self.node.inputs)
        for inner, outside in zip(constants, consts, strict=True):
            if inner is value:
                return False, outside
        for inner, outside in zip(self.in_xs, xs, strict=True):
            if inner is value:
                return True, outside
        return True, self._stacked(value)

    def _stacked(self, value):
        """The stack of a value of all iterations, a result of the forward loop."""
        node, n = self.node, self.control.n_carries
        _, _, stacks = self.control.divide_results(node.outputs)
        for inner, stack in zip(self.graph.outputs[n:], stacks, strict=True):
            if inner is value:
                return stack
        spec = Spec((self.control.limit, *value.shape), value.dtype)
        stack = Symbol(node.outputs[0]._graph(), spec)
        self.graph.outputs.append(value)
        node.outputs.append(stack)
        return stack


def _floats(needs, values):
    """The numbers of those that need a gradient and can have one."""
    pairs = enumerate(zip(needs, values, strict=False))
    return [i for i, (need, v) in pairs if need and dtypes.is_inexact(v.dtype)]


def _zeros(value):
    return Tensor(np.zeros(value.shape, value.dtype))
