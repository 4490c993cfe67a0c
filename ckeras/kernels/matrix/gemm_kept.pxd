"""Operands of which only some rows count: found, packed, copied."""

from libc.string cimport memcpy, memset

from ckeras.kernels.matrix.gemm_blocks cimport PACKED_ROWS
from ckeras.kernels.matrix.gemm_pack cimport (
    least, pack_columns, pack_rows, panel_width,
)
from ckeras.kernels.simd cimport TILE_ROWS
from ckeras.kernels.types cimport real


cdef inline Py_ssize_t find_kept(
    const unsigned char* mask, Py_ssize_t rows, Py_ssize_t* at
) noexcept nogil:
    """Writes where the rows that count are; returns how many."""
    cdef Py_ssize_t row, count = 0
    for row in range(rows):
        if mask[row]:
            at[count] = row
            count += 1
    return count


cdef inline const Py_ssize_t* named_from(
    const Py_ssize_t* at, Py_ssize_t start
) noexcept nogil:
    """The rows' names from the start-th on, NULL for those of all rows."""
    if at == NULL:
        return NULL
    return at + start


cdef inline bint follow_each_other(const Py_ssize_t* at, Py_ssize_t n) noexcept nogil:
    """Whether n ≥ 1 rows lie one behind the other."""
    return at[n - 1] - at[0] == n - 1


cdef inline Py_ssize_t run_of(const Py_ssize_t* at, Py_ssize_t most) noexcept nogil:
    """How many of the next rows, most ≥ 1, lie one behind the other."""
    cdef Py_ssize_t n = 1
    while n < most and at[n] == at[0] + n:
        n += 1
    return n


cdef inline void pack_kept(
    const Py_ssize_t* at, Py_ssize_t depth, const real* a, Py_ssize_t a_step,
    Py_ssize_t n, real* panels, Py_ssize_t width
) noexcept nogil:
    """Row or column panels of `width` of the n first columns of some rows of a.

    Rows that follow each other are packed together, a few at a time.
    """
    cdef Py_ssize_t p = 0, j, rows
    cdef const real* first
    while p < depth:
        rows = run_of(at + p, least(depth - p, PACKED_ROWS))
        first = a + at[p] * a_step
        j = 0
        while j < n:
            if width == TILE_ROWS:
                pack_rows(first + j, 1, a_step, least(n - j, width), rows,
                          panels + j * depth + p * width)
            else:
                pack_columns(first + j, a_step, 1, rows, least(n - j, width),
                             panels + j * depth + p * width)
            j += width
        p += rows


cdef inline const real* gather(
    const Py_ssize_t* at, Py_ssize_t n, const real* a, Py_ssize_t width, real* target
) noexcept nogil:
    """Some rows of a (rows, width): where they lie or, if need be, copied."""
    cdef Py_ssize_t i
    if follow_each_other(at, n):
        return a + at[0] * width
    for i in range(n):
        memcpy(target + i * width, a + at[i] * width, width * sizeof(real))
    return target


cdef inline void scatter(
    const Py_ssize_t* at, Py_ssize_t n, Py_ssize_t first, Py_ssize_t end,
    const real* source, Py_ssize_t width, bint fills, real* c
) noexcept nogil:
    """Puts rows into c, and if it fills zeros into others from `first` to `end`."""
    cdef Py_ssize_t i
    for i in range(n):
        if fills:
            memset(c + first * width, 0, (at[i] - first) * width * sizeof(real))
        if source != c + (at[i] - i) * width:
            memcpy(c + at[i] * width, source + i * width, width * sizeof(real))
        first = at[i] + 1
    if fills:
        memset(c + first * width, 0, (end - first) * width * sizeof(real))
