"""Buffers of a plan, and where scratch buffers go in the plan's one allocation."""

from ckeras.engine.values.memory import round_up

__all__ = ["Buffer", "assign_offsets"]


class Buffer:
    """A stretch of memory that values of a plan live in.

    Attributes:
        kind: `"input"` and `"output"` (the caller's memory), `"variable"`,
            `"constant"`, or `"scratch"`.
        source: the operand's number, the variable or arena, or the constant.
        nbytes: its size.
        parent, start: the buffer that it is a part of, and where it begins there.
        first, last: the first and the last step that use it, by number.
        offset: its place in the plan's allocation, for scratch.
    """

    __slots__ = (
        "first",
        "kind",
        "last",
        "nbytes",
        "offset",
        "parent",
        "source",
        "start",
    )

    def __init__(self, kind, source, nbytes, first=0):
        self.kind = kind
        self.source = source
        self.nbytes = nbytes
        self.parent = None
        self.start = 0
        self.first = first
        self.last = first
        self.offset = None

    def root(self):
        """The buffer that this one lies in, and the byte at which it begins."""
        buffer, start = self, 0
        while buffer.parent is not None:
            start += buffer.start
            buffer = buffer.parent
        return buffer, start

    def put_into(self, parent, start):
        """Makes this buffer a part of another."""
        self.parent = parent
        self.start = start
        parent.use(self.first)
        parent.use(self.last)

    def use(self, step):
        """Notes that a step uses the buffer."""
        buffer = self
        while buffer is not None:
            buffer.first = min(buffer.first, step)
            buffer.last = max(buffer.last, step)
            buffer = buffer.parent


def assign_offsets(buffers, reuse=True):
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
    placed = []
    total = 0
    for buffer in sorted(buffers, key=lambda b: (-b.nbytes, b.first)):
        size = round_up(buffer.nbytes)
        offset = 0
        for start, end, first, last in placed:
            if reuse and (last < buffer.first or buffer.last < first):
                continue
            if start - offset >= size:
                break
            offset = max(offset, end)
        buffer.offset = offset
        placed.append((offset, offset + size, buffer.first, buffer.last))
        placed.sort()
        total = max(total, offset + size)
    return total
