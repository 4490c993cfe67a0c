"""A plan: what a compiled function does in each run, settled beforehand.

Holds the lowered steps and the layout of all buffers, prints itself, and makes
`Execution`s, the runnable copies, of which each Python thread takes its own.
"""

import threading

import numpy as np

from ckeras.engine import config
from ckeras.engine.plan.buffers import assign_offsets
from ckeras.engine.plan.execution import Execution
from ckeras.engine.plan.layout import Layout, nbytes
from ckeras.engine.variable import storage_epoch

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

    Attributes:
        steps: `PlanStep`s in order.
        copies: copies at the end.
        scratch_bytes: the allocation that one run needs.
    """

    def __init__(self, graph, share=True):
        self.graph = graph
        layout = Layout(graph, share)
        self.layout = layout
        self.steps = layout.steps
        self.copies = layout.copies
        self.scratch_bytes = assign_offsets(layout.scratch, reuse=share)
        self.flops = sum(s.step.flops for s in self.steps if s.step is not None)
        self.nbytes = sum(map(self._step_bytes, self.steps))
        self.parallel = self.flops + self.nbytes > _PARALLEL_FLOPS
        self.interruptible = self.flops + self.nbytes > _LONG_FLOPS
        self.commit = self._first_write()
        self.writes = bool(graph.writes)
        self._idle = []
        self._lock = threading.Lock()
        self._epoch = storage_epoch()
        self._timed = False

    @staticmethod
    def _step_bytes(plan_step):
        node = plan_step.node
        values = [v for v in (*node.inputs, *node.outputs) if v is not None]
        return sum(map(nbytes, values))

    def _first_write(self):
        for i, (node, _, _) in enumerate(self.steps):
            roots = [self.layout.place(o).root().buffer for o in node.outputs]
            if any(b.kind == "variable" for b in roots):
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
        try:
            execution = self._idle.pop()
        except IndexError:
            execution = Execution(self)
            if self._timed:
                execution.program.time_steps(True)
        return execution

    def release(self, execution):
        """Takes back what `acquire` gave."""
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
            execution.program.time_steps(on)

    def step_seconds(self):
        """Seconds each step has taken since the timer was switched on."""
        columns = [e.program.step_seconds() for e in self._idle]
        return [sum(c) for c in zip(*columns, strict=True)]

    def __str__(self):
        return "\n".join(self._lines())

    def _lines(self):
        seconds = self.step_seconds() if self._timed and self._idle else None
        yield (
            f"{len(self.steps)} steps, {len(self.copies)} copies, "
            f"{self.flops:,} FLOPs, {self.nbytes:,} bytes moved, "
            f"{self.scratch_bytes:,} bytes of scratch"
        )
        for i, (node, step, _) in enumerate(self.steps):
            inputs = ", ".join(map(self._describe, node.inputs))
            outputs = ", ".join(map(self._describe, node.outputs))
            name = node.primitive.name if step is None else step.kernel
            if "program" in node.attrs:
                name = "+".join(i.opcode for i in node.attrs["program"].code) or "copy"
            line = f"{i:4} {name}({inputs}) -> {outputs}"
            if step is not None and step.flops:
                line += f"  {step.flops:,} FLOPs"
            line += f"  {self._step_bytes(self.steps[i]):,} B"
            if seconds:
                line += f"  {1e6 * seconds[i]:,.0f} us"
            yield line + (f"  [{node.scope}]" if node.scope else "")
        for copy in self.copies:
            source, target = self._locate(copy.source), self._locate(copy.target)
            yield f"     copy {source} -> {target}"

    def _describe(self, value):
        if value is None:
            return "-"
        shape = "x".join(map(str, value.shape)) or "scalar"
        return f"{np.dtype(value.dtype).str[1:]}[{shape}]{self._locate_value(value)}"

    def _locate_value(self, value):
        return "@" + self._locate(self.layout.place(value))

    @staticmethod
    def _locate(place):
        buffer, start = place.root()
        names = {"scratch": "s", "input": "in", "output": "out", "constant": "const"}
        if buffer.kind == "variable":
            name = getattr(buffer.source, "path", "arena")
        else:
            name = names[buffer.kind]
        if buffer.kind == "scratch":
            return f"{name}{buffer.offset + start}"
        if buffer.kind in ("input", "output"):
            name += str(buffer.source)
        return f"{name}+{start}" if start else name
