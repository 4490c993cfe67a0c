"""Places: the stretches of buffers in which values lie."""

import functools
from typing import NamedTuple

import numpy as np

from ckeras.engine.plan.buffers import Buffer

__all__ = ["Place", "apart", "itemsize", "nbytes"]


@functools.cache
def itemsize(dtype):
    return np.dtype(dtype).itemsize


def nbytes(value):
    """The bytes that a value or spec takes."""
    size = itemsize(value.dtype)
    for n in value.shape:
        size *= n
    return size


class Place(NamedTuple):
    """Where a value lies: a buffer, the byte in it at which it begins, and its size."""

    buffer: Buffer
    start: int
    nbytes: int

    def root(self):
        """The same place in the outermost buffer."""
        if self.buffer.parent is None:
            return self
        buffer, start = self.buffer.root()
        return Place(buffer, start + self.start, self.nbytes)

    def slot(self):
        """Kind and source of the outermost buffer, and the byte in it.

        For scratch memory the byte is that of the plan's allocation.
        """
        buffer, start, _ = self.root()
        if buffer.kind == "scratch":
            start += buffer.offset
        return buffer.kind, buffer.source, start

    def overlaps(self, target):
        """Whether it has bytes of another place, which is in an outermost buffer."""
        buffer, start, size = self.root()
        return (
            buffer is target.buffer
            and start < target.start + target.nbytes
            and target.start < start + size
        )

    def end(self):
        """Where it ends, to compare with places in the same buffer."""
        return id(self.buffer), self.start + self.nbytes


def apart(places):
    """Those of some places in outermost buffers that overlap none of the others."""
    together, widest = set(), None
    for place in sorted(places, key=lambda p: (id(p.buffer), p.start)):
        if widest is not None and widest.overlaps(place):
            together.update((widest, place))
        if widest is None or place.end() > widest.end():
            widest = place
    return set(places) - together
