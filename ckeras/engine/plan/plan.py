"""A plan: what a compiled function does in each run, settled beforehand.

Holds the lowered steps and the layout of all buffers, prints itself, and makes
`Execution`s, the runnable copies, of which each Python thread takes its own.
"""

import threading

import numpy as np

from ckeras.engine import config
from ckeras.engine.plan.buffers import assign_offsets
from ckeras.engine.plan.execution import Execution
from ckeras.engine.plan.layout import Layout
from ckeras.engine.values.memory import Blocks
from ckeras.engine.values.variable import storage_epoch

__all__ = ["Plan"]

# A run below this much work finishes before a second thread would have begun.
_PARALLEL_FLOPS = 2_000_000
# Runs of more than this take long enough to look for Ctrl-C between their steps.
_LONG_FLOPS = 200_000_000


class Plan:
    """The steps of a compiled function and the memory that they use.

    Args:
        graph: a closed graph after the passes.
        share: whether buffers may share memory; off, a sanitizer sees each alone.
        blocks: `memory.Blocks` for the scratch memory; by default the plan's own.

    Attributes:
        steps: `PlanStep`s in order.
        copies: copies at the end.
        scratch_bytes: the allocation that one run needs.
    """

    def __init__(self, graph, share=True, blocks=None):
        self.graph = graph
        try:
            layout = Layout(graph, share, lambda inner: Plan(inner, share))
            self.scratch_bytes = assign_offsets(layout.scratch, reuse=share)
        except OverflowError:
            raise MemoryError("No memory holds all values of a plan.") from None
        self.layout = layout
        layout.settle()
        self.steps = layout.steps
        self.copies = layout.copies
        self.flops = sum([s.flops for s in self.steps])
        self.nbytes = sum([s.nbytes for s in self.steps])
        self.parallel = self.flops + self.nbytes > _PARALLEL_FLOPS
        self.interruptible = self.flops + self.nbytes > _LONG_FLOPS
        self.commit = self._first_write()
        self.writes = bool(graph.writes)
        self._blocks = blocks if blocks is not None and share else Blocks()
        self._idle = []
        self._lock = threading.Lock()
        self._epoch = storage_epoch()
        self._timed = False

    def _first_write(self):
        for i, plan_step in enumerate(self.steps):
            for output in plan_step.node.outputs:
                if self.layout.slot(output)[0] == "variable":
                    return i
        return len(self.steps)

    # --- running -----------------------------------------------------------------

    @property
    def threads(self):
        """The threads that a run uses now."""
        return config._threads if self.parallel else 1

    def acquire(self):
        """An execution that nobody else uses; give it back with `release`.

        Plans that change variables have a single one, which threads take in turn.
        """
        if self.writes:
            self._lock.acquire()
        if self._epoch != storage_epoch():
            self._idle, self._epoch = [], storage_epoch()
        return self._take_idle() or self._bind()

    def _take_idle(self):
        """An idle execution whose memory nobody uses, or None."""
        busy, found = [], None
        while self._idle and found is None:
            try:
                execution = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if execution.block.take():
                found = execution
            elif not execution.block.retired:
                busy.append(execution)
        self._idle += busy
        return found

    def _bind(self):
        """A new execution."""
        block = self._blocks.take(self.scratch_bytes)
        execution = Execution(self, block.memory[: self.scratch_bytes], block)
        if self._timed:
            execution.time_steps(True)
        return execution

    def release(self, execution):
        """Takes back what `acquire` gave."""
        execution.block.give_back()
        if execution.epoch == self._epoch:
            self._idle.append(execution)
        if self.writes:
            self._lock.release()

    def __getstate__(self):
        raise TypeError("A plan belongs to its process and cannot be pickled.")

    # --- reports -----------------------------------------------------------------

    def time_steps(self, on=True):
        """Switches the step timer on or off, and sets it to zero."""
        self._timed = on
        for execution in self._idle:
            execution.time_steps(on)

    def step_seconds(self):
        """Seconds each step has taken since the timer was switched on."""
        return _column_sums(self._idle)

    def __str__(self):
        return "\n".join(self._lines(self._idle if self._timed else []))

    def _lines(self, executions):
        seconds = _column_sums(executions)
        yield (
            f"{len(self.steps)} steps, {len(self.copies)} copies, "
            f"{self.flops:,} FLOPs, {self.nbytes:,} bytes moved, "
            f"{self.scratch_bytes:,} bytes of scratch"
        )
        for i, plan_step in enumerate(self.steps):
            line = f"{i:4} {self._describe_step(plan_step)}"
            if seconds:
                line += f"  {1e6 * seconds[i]:,.0f} us"
            scope = plan_step.node.scope
            yield line + (f"  [{scope}]" if scope else "")
            names = plan_step.step.bodies if plan_step.plans else ()
            for k, name in enumerate(names):
                inner = [e.inner[i][k] for e in executions]
                head, *lines = plan_step.plans[k]._lines(inner)
                yield f"       {name}: {head}"
                yield from (f"       {line}" for line in lines)
        for copy in self.copies:
            source, target = self._locate(copy.source), self._locate(copy.target)
            yield f"     copy {source} -> {target}"

    def _describe_step(self, plan_step):
        node, step = plan_step.node, plan_step.step
        inputs = ", ".join(map(self._describe, node.inputs))
        outputs = ", ".join(map(self._describe, node.outputs))
        name = node.primitive.name if step is None else step.kernel
        if "program" in node.attrs:
            name = "+".join(i.opcode for i in node.attrs["program"].code) or "copy"
        text = f"{name}({inputs}) -> {outputs}"
        if plan_step.flops:
            text += f"  {plan_step.flops:,} FLOPs"
        return text + f"  {plan_step.nbytes:,} B"

    def _describe(self, value):
        if value is None:
            return "-"
        shape = "x".join(map(str, value.shape)) or "scalar"
        return f"{np.dtype(value.dtype).str[1:]}[{shape}]{self._locate_value(value)}"

    def _locate_value(self, value):
        return "@" + self._locate(self.layout.slot(value))

    @staticmethod
    def _locate(slot):
        kind, source, start = slot
        names = {"scratch": "s", "input": "in", "output": "out", "constant": "const"}
        name = getattr(source, "path", "arena") if kind == "variable" else names[kind]
        if kind == "scratch":
            return f"{name}{start}"
        if kind in ("input", "output"):
            name += str(source)
        return f"{name}+{start}" if start else name


def _column_sums(executions):
    """The seconds of each step, summed over a plan's executions."""
    columns = [e.program.step_seconds() for e in executions]
    return [sum(c) for c in zip(*columns, strict=True)]
