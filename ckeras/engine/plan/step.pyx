# cython: auto_pickle=False
"""What a plan does: steps, then copies."""

__all__ = ["Copy", "PlanStep"]


cdef class PlanStep:
    """A node in the form in which it runs.

    Attributes:
        node: the node.
        step: its lowered form; None for a NumPy step.
        workspace: its scratch buffer or None, after `Layout.settle` the place of that
            in the allocation.
        plans: the plans that it runs.
        flops, nbytes: its floating-point operations and the size of what it reads and
            writes, or those of the inner plans: all of them so often, or one.
    """

    def __init__(self, node, step, workspace, tuple plans, nbytes):
        self.node = node
        self.step = step
        self.workspace = workspace
        self.plans = plans
        self.flops = 0 if step is None else step.flops
        self.nbytes = nbytes
        if plans:
            flops, moved = [p.flops for p in plans], [p.nbytes for p in plans]
            runs = step.runs
            self.flops = runs * sum(flops) if runs else max(flops)
            self.nbytes = runs * sum(moved) if runs else max(moved)


cdef class Copy:
    """A copy at the end of a run.

    Attributes:
        source, target: places, after `Layout.settle` slots.
        nbytes: its size.
    """

    def __init__(self, source, target, Py_ssize_t nbytes):
        self.source = source
        self.target = target
        self.nbytes = nbytes
