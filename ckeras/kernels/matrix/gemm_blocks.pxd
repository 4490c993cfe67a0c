"""How large products are cut into blocks or parts, and how they pack their columns."""

from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, pack_columns, panel_width
from ckeras.kernels.matrix.gemm_tile cimport Finish, get, lanes, store_finished, vec
from ckeras.kernels.simd cimport TILE_ROWS, vd, vf
from ckeras.kernels.types cimport real

cdef enum:
    DEPTH = 512          # the part of k that is packed at a time, at most
    BLOCK_ROWS = 43      # row panels in a block, at most: these stay in cache
    UNITS = 16           # pieces of work that there should be, at most
    GROUP = 8            # column panels that are packed together, at most
    PACKED_ROWS = 16     # rows of b that are packed together
    PARTS = 8            # parts of k that are summed apart, at most
    FEW = 1 << 16        # sums that are worth it
    PART = 256           # rows that count of a product that one thread takes at a time
    SMALL = 96 * 96 * 96     # m·n·k up to which packing takes longer than it saves
    MOST_PACKED = 1 << 20    # numbers of b that a small product packs, at most


cdef struct Blocks:
    Py_ssize_t across      # column panels
    Py_ssize_t rows        # rows in a block
    Py_ssize_t units       # pieces of work: a column panel of a block of rows
    Py_ssize_t depth       # the part of k that is packed at a time
    Py_ssize_t group       # column panels that are packed together
    Py_ssize_t packed      # numbers in the panels of one thread


cdef inline Py_ssize_t packed_from(
    Py_ssize_t n, Py_ssize_t width, bint b_transposed
) noexcept nogil:
    """The first column that a small product packs: all, or a panel that is not full."""
    return 0 if b_transposed else n - n % width


cdef inline Py_ssize_t small_numbers(
    Py_ssize_t n, Py_ssize_t k, Py_ssize_t width, bint b_transposed
) noexcept nogil:
    """Numbers in the workspace of a small product."""
    return k * ceil_div(n - packed_from(n, width, b_transposed), width) * width


cdef inline bint is_small(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t width, bint b_transposed
) noexcept nogil:
    """Whether a product packs nothing of a and not much of b.

    A single row takes as long as it takes to read b, which is best read in wide rows.
    """
    if small_numbers(n, k, width, b_transposed) > MOST_PACKED:
        return False
    return k == 0 or m * n * k <= SMALL or (m == 1 and not b_transposed)


cdef inline Py_ssize_t depth_for(Py_ssize_t k, Py_ssize_t parts) noexcept nogil:
    """What is packed at a time of k numbers in so many parts, at most DEPTH."""
    return ceil_div(least(ceil_div(k, parts), DEPTH), 16) * 16


cdef inline Blocks blocks_of(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t width, Py_ssize_t slots
) noexcept nogil:
    """How a product is cut, on at most `slots` threads; no sum depends on it.

    Every block of rows packs b again, so there are few: two units for each thread.
    """
    cdef Blocks s
    cdef Py_ssize_t pieces = least(UNITS, 2 * slots)
    cdef Py_ssize_t panels, down
    m, n, k = max(m, 1), max(n, 1), max(k, 1)  # an empty product has a workspace, too
    panels = ceil_div(m, TILE_ROWS)
    down = ceil_div(panels, BLOCK_ROWS)
    s.across = ceil_div(n, width)
    while down * s.across < pieces and 2 * down < panels:
        down *= 2
    s.rows = ceil_div(panels, down) * TILE_ROWS
    s.units = ceil_div(m, s.rows) * s.across
    s.depth = depth_for(k, ceil_div(k, DEPTH))
    s.group = least(GROUP, s.across)
    s.packed = (s.rows + s.group * width) * s.depth
    return s


cdef inline void pack_group(
    const real* b, Py_ssize_t b_row, Py_ssize_t b_column, Py_ssize_t depth,
    Py_ssize_t n, real* panels
) noexcept nogil:
    """All column panels of n columns, a few rows at a time: these share pages."""
    cdef Py_ssize_t width = panel_width(<real> 0), p = 0, j, rows
    cdef Py_ssize_t step = PACKED_ROWS if b_column == 1 else depth
    while p < depth:
        rows = least(depth - p, step)
        j = 0
        while j < n:
            pack_columns(b + p * b_row + j * b_column, b_row, b_column, rows,
                         least(n - j, width), panels + j * depth + p * width)
            j += width
        p += step


cdef inline Py_ssize_t part_numbers(
    Py_ssize_t n, Py_ssize_t k, Py_ssize_t width
) noexcept nogil:
    """Numbers in the workspace of one thread of `kept_rows`."""
    cdef Blocks s = blocks_of(PART, n, k, width, 1)
    cdef Py_ssize_t small = least(small_numbers(n, k, width, True), MOST_PACKED)
    return PART * (k + n) + max(s.packed, small)


cdef inline Py_ssize_t parts_of(
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k
) noexcept nogil:
    """How many parts of k are summed apart: that many threads share no operand.

    A power of two, so that two, four or eight threads have as much to do each.
    """
    cdef Py_ssize_t parts = 1
    if m * n > FEW or k < 4 * max(m, n) or k < 4 * DEPTH:
        return 1
    while 2 * parts <= least(PARTS, k // DEPTH):
        parts *= 2
    return parts


cdef inline void add_parts_of(
    vec* tag, real* c, Py_ssize_t row, Py_ssize_t end, Py_ssize_t n, const real* sums,
    Py_ssize_t step, Py_ssize_t parts, const Finish* f
) noexcept nogil:
    """Rows of c = sums[0] + sums[1] + ..., in this order, and what follows."""
    cdef vec total, part
    cdef Py_ssize_t j, p
    for row in range(row, end):
        j = 0
        while j < n:
            get(&total, sums + row * n + j, n - j)
            for p in range(1, parts):
                get(&part, sums + p * step + row * n + j, n - j)
                total = total + part
            store_finished(&total, f, j, c + row * n + j, 0, n - j, 1, 1)
            j += lanes(tag)
        activate(c + row * n, 0, 1, n, f.activation)


cdef inline void add_parts(
    real* c, Py_ssize_t row, Py_ssize_t end, Py_ssize_t n, const real* sums,
    Py_ssize_t step, Py_ssize_t parts, const Finish* f
) noexcept nogil:
    if real is float:
        add_parts_of(<vf*> NULL, c, row, end, n, sums, step, parts, f)
    else:
        add_parts_of(<vd*> NULL, c, row, end, n, sums, step, parts, f)
