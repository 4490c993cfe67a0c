"""Panels: operands of a product in the order in which the register tile reads them."""

from libc.string cimport memcpy, memset

from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS
from ckeras.kernels.types cimport real

cdef enum:
    BLOCK = 16           # rows that are transposed together: a line of floats


cdef inline Py_ssize_t ceil_div(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return (a + b - 1) // b


cdef inline Py_ssize_t least(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return a if a < b else b


cdef inline Py_ssize_t panel_width(real tag) noexcept nogil:
    """Columns of a column panel: two vectors."""
    if real is float:
        return 2 * LANES_F
    else:
        return 2 * LANES_D


cdef inline void pack_columns(
    const real* b, Py_ssize_t b_row, Py_ssize_t b_column, Py_ssize_t k,
    Py_ssize_t n, Py_ssize_t width, real* panel
) noexcept nogil:
    """panel[p, j] = b[p, j] for n ≤ width columns, the others zero."""
    cdef Py_ssize_t p, j, start, end
    if b_column == 1:
        for p in range(k):
            memcpy(panel + p * width, b + p * b_row, n * sizeof(real))
            if n < width:
                memset(panel + p * width + n, 0, (width - n) * sizeof(real))
        return
    if n < width:
        memset(panel, 0, k * width * sizeof(real))
    start = 0
    while start < k:  # a block of lines at a time, so that they stay in cache
        end = least(start + BLOCK, k)
        for j in range(n):
            for p in range(start, end):
                panel[p * width + j] = b[p * b_row + j * b_column]
        start = end


cdef inline void pack_rows(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, Py_ssize_t m,
    Py_ssize_t k, real* panel
) noexcept nogil:
    """panel[p, i] = a[i, p] for m ≤ TILE_ROWS rows, the others zero."""
    cdef Py_ssize_t p, i
    if m < TILE_ROWS:
        memset(panel, 0, k * TILE_ROWS * sizeof(real))
    if a_row == 1:
        for p in range(k):
            memcpy(panel + p * TILE_ROWS, a + p * a_column, m * sizeof(real))
        return
    for i in range(m):
        for p in range(k):
            panel[p * TILE_ROWS + i] = a[i * a_row + p * a_column]
