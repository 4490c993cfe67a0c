"""How a large product is cut into blocks, and when its sums are cut into parts."""

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.simd cimport TILE_ROWS
from ckeras.kernels.types cimport real

cdef enum:
    DEPTH = 512           # the part of k that is packed at a time, at most
    BLOCK_ROWS = 43      # row panels in a block, at most: these stay in cache
    UNITS = 16           # pieces of work that there should be, at most
    GROUP = 8            # column panels that are packed together, at most
    PARTS = 8            # parts of k that are summed apart, at most
    FEW = 1 << 16        # sums that are worth it


cdef struct Blocks:
    Py_ssize_t across      # column panels
    Py_ssize_t rows        # rows in a block
    Py_ssize_t units       # pieces of work: a column panel of a block of rows
    Py_ssize_t depth       # the part of k that is packed at a time
    Py_ssize_t group       # column panels that are packed together
    Py_ssize_t packed      # numbers in the panels of one thread


cdef inline Blocks blocks_of(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t width, Py_ssize_t slots
) noexcept nogil:
    """How a product is cut, on at most `slots` threads; no sum depends on it.

    Every block of rows packs b again, so there are few: two units for each thread.
    """
    cdef Blocks s
    cdef Py_ssize_t pieces = least(UNITS, 2 * slots)
    cdef Py_ssize_t panels = ceil_div(m, TILE_ROWS)
    cdef Py_ssize_t down = ceil_div(panels, BLOCK_ROWS)
    s.across = ceil_div(n, width)
    while down * s.across < pieces and 2 * down < panels:
        down *= 2
    s.rows = ceil_div(panels, down) * TILE_ROWS
    s.units = ceil_div(m, s.rows) * s.across
    s.depth = ceil_div(ceil_div(k, ceil_div(k, DEPTH)), 16) * 16
    s.group = least(GROUP, s.across)
    s.packed = (s.rows + s.group * width) * s.depth
    return s


cdef inline Py_ssize_t parts_of(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k
) noexcept nogil:
    """How many parts of k are summed apart: that many threads share no operand."""
    if m < 8 or m * n > FEW or k < 4 * max(m, n) or k < 4 * DEPTH:
        return 1
    return least(PARTS, k // DEPTH)


cdef inline void add_parts(
    real* c, Py_ssize_t count, const real* sums, Py_ssize_t step, Py_ssize_t parts
) noexcept nogil:
    """c = sums[0] + sums[1] + ..., in this order."""
    cdef Py_ssize_t i, p
    for i in range(count):
        c[i] = sums[i]
    for p in range(1, parts):
        for i in range(count):
            c[i] = c[i] + sums[p * step + i]
