# cython: auto_pickle=False, boundscheck=True, nonecheck=True, overflowcheck=True
"""Buffers of a plan, and where scratch buffers go in the plan's one allocation.

In C, as the places in buffers and the layout are: each new shape of a batch has a plan
of its own, and these objects would be half of the calls that make it.
"""

cimport cython

from ckeras.engine.values.memory import ALIGNMENT

__all__ = ["Buffer", "assign_offsets", "round_up"]


cdef Py_ssize_t LINE = ALIGNMENT


cpdef Py_ssize_t round_up(Py_ssize_t size):
    """The next multiple of the alignment, in bytes."""
    return (size + LINE - 1) // LINE * LINE


@cython.no_gc  # in no cycle
cdef class Buffer:
    """A stretch of memory that values of a plan live in.

    Attributes:
        kind: `"input"` and `"output"` (the caller's memory), `"variable"`,
            `"constant"`, or `"scratch"`.
        source: the operand's number, the variable or arena, or the constant.
        nbytes: its size.
        parent, start: the buffer that it is a part of, and where it begins there.
        first, last: the first and the last step that use it, by number.
        packed: (in C) whether what is packed in it is computed right into it.
        offset, end: its place in the plan's allocation, for scratch that
            `assign_offsets` has placed.
    """

    def __init__(self, str kind, source, Py_ssize_t nbytes, Py_ssize_t first=0):
        self.kind = kind
        self.source = source
        self.nbytes = nbytes
        self.first = first
        self.last = first

    cdef bint lies_before(self, Buffer other):
        """Whether its place in the allocation comes before another's."""
        if self.offset == other.offset:
            return self.end < other.end
        return self.offset < other.offset

    cdef Buffer outermost(self, Py_ssize_t* start):
        """The buffer that this one lies in; adds to `start` where it begins there."""
        cdef Buffer buffer = self
        while buffer.parent is not None:
            start[0] += buffer.start
            buffer = buffer.parent
        return buffer

    cpdef put_into(self, Buffer parent, Py_ssize_t start):
        """Makes this buffer a part of another."""
        self.parent = parent
        self.start = start
        parent.use(self.first)
        parent.use(self.last)

    cpdef use(self, Py_ssize_t step):
        """Notes that a step uses the buffer."""
        cdef Buffer buffer = self
        while buffer is not None:
            buffer.first = min(buffer.first, step)
            buffer.last = max(buffer.last, step)
            buffer = buffer.parent


def assign_offsets(buffers, bint reuse=True):
    """Places scratch buffers so that those alive at the same time do not overlap.

    Greedy by size: the largest first, each at the lowest place that is free while
    it lives (Pisarchyk and Lee, "Efficient memory management for deep neural net
    inference", 2020).

    Args:
        buffers: scratch buffers with `first` and `last` known.
        reuse: whether buffers may share memory at all.

    Returns:
        The bytes that all of them need.
    """
    cdef list placed = []  # by where they begin, then by where they end
    cdef Buffer buffer, other
    cdef Py_ssize_t size, offset, total = 0, i
    for buffer in sorted(buffers, key=_by_size):
        size, offset = round_up(buffer.nbytes), 0
        for other in placed:
            if reuse and (other.last < buffer.first or buffer.last < other.first):
                continue
            if other.offset - offset >= size:
                break
            offset = max(offset, other.end)
        buffer.offset, buffer.end = offset, offset + size
        i = len(placed)
        while i > 0 and buffer.lies_before(placed[i - 1]):
            i -= 1
        placed.insert(i, buffer)
        total = max(total, buffer.end)
    return total


def _by_size(Buffer buffer):
    return -buffer.nbytes, buffer.first
