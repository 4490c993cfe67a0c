# cython: auto_pickle=False, boundscheck=True, nonecheck=True, overflowcheck=True
"""Places: the stretches of buffers in which values lie."""

cimport cython

import sys

import numpy as np

from ckeras.engine.plan.buffers cimport Buffer

__all__ = ["Place", "addresses", "apart", "nbytes"]

cdef Py_ssize_t MOST = sys.maxsize
cdef dict sizes = {}  # bytes of an element, by the name of its type


cdef Py_ssize_t itemsize(dtype):
    """The bytes of an element."""
    size = sizes.get(dtype)
    if size is None:
        size = sizes[dtype] = np.dtype(dtype).itemsize
    return size


cpdef Py_ssize_t nbytes(value):
    """The bytes that a value or spec takes.

    Raises:
        MemoryError: if no memory has as many.
    """
    cdef Py_ssize_t size = itemsize(value.dtype), n
    cdef tuple shape = value.shape
    if 0 in shape:
        return 0
    for n in shape:
        if size > MOST // n:
            raise MemoryError(f"No memory holds {shape} numbers of {value.dtype}.")
        size *= n
    return size


@cython.no_gc  # in no cycle
cdef class Place:
    """Where a value lies: a buffer, the byte in it at which it begins, and its size."""

    def __init__(self, Buffer buffer, Py_ssize_t start, Py_ssize_t nbytes):
        self.buffer = buffer
        self.start = start
        self.nbytes = nbytes

    def __eq__(self, other):
        return isinstance(other, Place) and self.same(other)

    def __hash__(self):
        return hash((id(self.buffer), self.start, self.nbytes))

    def __repr__(self):
        return f"<Place {self.slot()}, {self.nbytes} bytes>"

    cdef bint same(self, Place other):
        """Whether both are the same bytes of one buffer."""
        return (
            self.buffer is other.buffer
            and self.start == other.start
            and self.nbytes == other.nbytes
        )

    cpdef Place root(self):
        """The same place in the outermost buffer."""
        cdef Py_ssize_t start = self.start
        if self.buffer.parent is None:
            return self
        buffer = self.buffer.outermost(&start)
        return Place(buffer, start, self.nbytes)

    cpdef tuple slot(self):
        """Kind and source of the outermost buffer, and the byte in it.

        For scratch memory the byte is that of the plan's allocation.
        """
        cdef Py_ssize_t start = self.start
        cdef Buffer buffer = self.buffer.outermost(&start)
        if buffer.kind == "scratch":
            start += buffer.offset
        return buffer.kind, buffer.source, start

    cpdef bint overlaps(self, Place target):
        """Whether it has bytes of another place, which is in an outermost buffer."""
        cdef Py_ssize_t start = self.start
        return (
            self.buffer.outermost(&start) is target.buffer
            and start < target.start + target.nbytes
            and target.start < start + self.nbytes
        )

    cdef Buffer whole_scratch(self):
        """The scratch buffer that a value here fills, if that may still be moved."""
        cdef Buffer buffer = self.buffer
        movable = (
            buffer.kind == "scratch"
            and buffer.parent is None
            and self.start == 0
            and self.nbytes == buffer.nbytes
        )
        return buffer if movable else None


@cython.no_gc  # in no cycle
cdef class Reader:
    """An operand of a step: its number there, and where it lies."""


cdef Reader reader_of(Py_ssize_t time, Py_ssize_t number, Place place):
    cdef Reader reader = Reader.__new__(Reader)
    reader.time, reader.number, reader.place = time, number, place
    return reader


def addresses(
    list slots, size_t scratch, list patches, Py_ssize_t n_inputs, Py_ssize_t first
):
    """The addresses of slots, 0 for those that the caller supplies in each run.

    Args:
        slots: what `Place.slot` returned, or None where there is no value.
        scratch: the address of the plan's allocation.
        patches: a list for each of the caller's operands, inputs first; gets the
            number of each slot in it and the byte at which that begins.
        n_inputs: how many of these are inputs.
        first: the number of the first slot.
    """
    cdef list found = []
    cdef Py_ssize_t start
    for number, slot in enumerate(slots, first):
        address = 0
        if slot is not None:
            kind, source, start = slot
            if kind == "scratch":
                address = scratch + <size_t> start
            elif kind == "variable":
                address = source.address + start
            elif kind == "constant":
                address = source._array.ctypes.data + start
            else:
                group = source if kind == "input" else source + n_inputs
                patches[group].append((number, start))
        found.append(address)
    return found


cpdef set apart(list places):
    """Those of some places in outermost buffers that overlap none of the others."""
    cdef Place place, widest = None
    together = set()
    for place in sorted(places, key=_by_start):
        if widest is not None and widest.overlaps(place):
            together.update((widest, place))
        if (
            widest is None
            or widest.buffer is not place.buffer
            or place.start + place.nbytes > widest.start + widest.nbytes
        ):
            widest = place
    return set(places) - together


def _by_start(Place place):
    return id(place.buffer), place.start
