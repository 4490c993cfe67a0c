"""A plan bound to memory: what one Python thread at a time runs."""

import ctypes
import math

import numpy as np

from ckeras import kernels
from ckeras.engine.plan.buffers import round_up
from ckeras.engine.plan.places import addresses
from ckeras.engine.primitive import kernel_error
from ckeras.engine.runtime.runtime import Program
from ckeras.engine.values import memory
from ckeras.engine.values.variable import storage_epoch

__all__ = ["Execution"]

_LARGE = 1 << 18  # numbers


def array_at(address, value):
    """A NumPy array of a value's shape and type on memory that somebody else owns."""
    dtype = np.dtype(value.dtype)
    count = int(np.prod(value.shape))
    if count == 0:
        return np.empty(value.shape, dtype)
    raw = (ctypes.c_char * (count * dtype.itemsize)).from_address(address)
    return np.frombuffer(raw, dtype, count).reshape(value.shape)


def _fresh(shape, dtype):
    """An array for a result. Large ones start on a cache line: kernels may then write
    them past the caches, and no vector lies in two lines."""
    size = math.prod(shape)
    if size < _LARGE:
        return np.empty(shape, dtype)
    return memory.empty(size, dtype).reshape(shape)


class _Callback:
    """Computes a plan's NumPy steps; keeps what they raise."""

    def __init__(self, execution):
        self.execution = execution
        self.raised = None

    def __call__(self, index):
        self.execution.run_numpy_step(index)

    def take(self):
        """The exception of the last run, which is then forgotten."""
        error, self.raised = self.raised, None
        return error


class Execution:
    """Addresses for every buffer of a plan, and its steps as a C program.

    Args:
        plan: the `Plan`.
        scratch: the bytes that it may use.
        block: the `memory.Block` that they belong to; None in a plan that a step runs.

    Attributes:
        inner: by step, the executions of the plans that the step runs.
    """

    def __init__(self, plan, scratch, block=None):
        self.plan = plan
        self.epoch = storage_epoch()
        self.scratch = scratch
        self._scratch_start = scratch.ctypes.data
        self.block = block
        self.inner = {}
        self._staging = {}
        self._results = [(v.shape, np.dtype(v.dtype)) for v in plan.graph.outputs]
        n_inputs, n_outputs = len(plan.graph.inputs), len(plan.graph.outputs)
        self._patches = [[] for _ in range(n_inputs + n_outputs)]
        self._first_slot = []
        self._n_slots = 0
        steps = [self._bind_step(s) for s in plan.steps]
        steps += [self._bind_copy(c) for c in plan.copies]
        self.callback = _Callback(self)
        gather = kernels.pointer("indexing", "gather_rows") if n_inputs else None
        self.program = Program(
            steps,
            self._patches,
            self.callback,
            gather,
            plan.commit,
            plan.interruptible,
            [(h.address, h.memory.nbytes) for h, _ in plan.graph.writes],
        )

    # --- binding -----------------------------------------------------------------

    def _bind_step(self, plan_step):
        step, workspace, plans = plan_step.step, plan_step.workspace, plan_step.plans
        self._first_slot.append(self._n_slots)
        found = self._bind_slots(self.plan.layout.slots_of(plan_step.node))
        if workspace is not None:
            found.append(self._scratch_start + workspace)
            self._n_slots += 1
        if plans:
            inner = self._bind_plans(plans, workspace + round_up(step.workspace))
            self.inner[len(self._first_slot) - 1] = inner
            found += [e.program.pointer for e in inner]
            self._n_slots += len(inner)
        if step is None:
            return None, found, (), ()
        return step.capsule(), found, step.dims, step.attrs

    def _bind_slots(self, slots):
        n_inputs, number = len(self.plan.graph.inputs), self._n_slots
        self._n_slots += len(slots)
        return addresses(slots, self._scratch_start, self._patches, n_inputs, number)

    def _bind_plans(self, plans, offset):
        """Executions of inner plans, in this one's scratch memory from `offset` on."""
        inner = []
        for plan in plans:
            end = offset + plan.scratch_bytes
            inner.append(Execution(plan, self.scratch[offset:end]))
            offset = round_up(end)
        return inner

    def _bind_copy(self, copy):
        self._first_slot.append(self._n_slots)
        found = self._bind_slots([copy.source, copy.target])
        return "copy", found, (copy.nbytes,), ()

    # --- running -----------------------------------------------------------------

    def new_outputs(self):
        """Fresh arrays for the results."""
        return [_fresh(shape, dtype) for shape, dtype in self._results]

    def run(self, arrays):
        """Runs once on contiguous arrays; returns the results as arrays."""
        outputs = self.new_outputs()
        status = self.program.run([*arrays, *outputs], self.plan.threads)
        if status:
            raise self._error(status)
        return outputs

    def run_batches(self, arrays, indices, first_row, batch, count, results, budget):
        """Runs once for each of `count` batches of rows, or until time is up.

        Args:
            arrays: for each input, the array that the batches' rows come from.
            indices: int64 row numbers, or None for rows in order.
            results: arrays for all rows' results, or None if only the last batch's
                are wanted.

        Returns:
            The batches done, and the last batch's results as arrays.
        """
        n = len(arrays)
        feeds = []
        for i, (array, symbol) in enumerate(
            zip(arrays, self.plan.graph.inputs, strict=True)
        ):
            row_bytes = int(np.prod(array.shape[1:])) * array.itemsize
            staging = 0 if indices is None else self._staging_for(i, symbol)
            feeds.append((i, array.ctypes.data, row_bytes, len(array), staging))
        outputs = self.new_outputs()
        for i, array in enumerate(outputs):
            self.program.patch(n + i, array.ctypes.data)
        for i, array in enumerate(results or ()):
            row_bytes = int(np.prod(array.shape[1:])) * array.itemsize
            feeds.append((n + i, array.ctypes.data, row_bytes, len(array), 0))
        address = 0 if indices is None else indices.ctypes.data
        done, status = self.program.run_batches(
            feeds, address, first_row, batch, count, budget, self.plan.threads
        )
        if status:
            raise self._error(status)
        return done, outputs

    def _staging_for(self, i, symbol):
        if i not in self._staging:
            size = int(np.prod(symbol.shape))
            self._staging[i] = memory.empty(size, symbol.dtype)
        return self._staging[i].ctypes.data

    def run_numpy_step(self, index):
        """Computes a step that has no kernel; called with the GIL."""
        node = self.plan.steps[index].node
        arrays = self._operands(index)
        n = len(node.inputs)
        results = node.primitive.evaluate(*arrays[:n], **node.attrs)
        results = [results] if node.single else results
        for target, result in zip(arrays[n:], results, strict=True):
            np.copyto(target, result, casting="unsafe")

    def _operands(self, index):
        node = self.plan.steps[index].node
        slot = self._first_slot[index]
        return [
            None if v is None else array_at(self.program.address(slot + i), v)
            for i, v in enumerate((*node.inputs, *node.outputs))
        ]

    def time_steps(self, on):
        """Switches the step timer, that of inner plans included."""
        self.program.time_steps(on)
        for inner in self.inner.values():
            for execution in inner:
                execution.time_steps(on)

    def _error(self, status):
        return self._failure(status) or IndexError("A row number is outside the data.")

    def _failure(self, status):
        """The exception of the step that failed here or further in, or None."""
        raised = self.callback.take()
        index = self.program.failed_step
        self.program.forget_failure()
        if raised is not None or index < 0:
            return raised
        for execution in self.inner.get(index, ()):
            raised = execution._failure(status)
            if raised is not None:
                return raised
        node = self.plan.steps[index].node
        arrays = self._operands(index)[: len(node.inputs)]
        return kernel_error(node, arrays, status)
