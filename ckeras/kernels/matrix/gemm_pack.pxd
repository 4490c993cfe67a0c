"""Panels: operands of a product in the order in which the register tile reads them."""

from ckeras.kernels.matrix.gemm_tile cimport lanes, load, load_n, store, store_n, vec
from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, TILE_ROWS, transpose_d, transpose_f, vd, vf,
)
from ckeras.kernels.types cimport real


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


cdef inline void transpose(vec* vectors) noexcept nogil:
    if vec is vf:
        transpose_f(vectors)
    else:
        transpose_d(vectors)


cdef inline void pack_lines(
    vec* tag, const real* lines, Py_ssize_t step, Py_ssize_t count, Py_ssize_t k,
    real* panel, Py_ssize_t width, const int wide
) noexcept nogil:
    """panel[p, i] = lines[i, p] for the first `count` lines, the others zero.

    `wide`, a constant, says how many lines a panel has; at most one vector.
    """
    cdef vec v[16]
    cdef Py_ssize_t p = 0, i, n
    cdef int size = lanes(tag)
    while p < k:
        n = least(k - p, size)
        for i in range(size):
            if i >= count:
                load_n(&v[i], lines, 0)
            elif n == size:
                load(&v[i], lines + i * step + p)
            else:
                load_n(&v[i], lines + i * step + p, n)
        transpose(v)
        for i in range(size):
            if i >= n:
                break
            if wide == size:
                store(panel + (p + i) * width, &v[i])
            else:
                store_n(panel + (p + i) * width, &v[i], wide)
        p += size


cdef inline void pack_row(
    vec* tag, const real* b, real* panel, Py_ssize_t n, const int wide
) noexcept nogil:
    """panel[j] = b[j] for n ≤ wide numbers, the others zero; at most two vectors."""
    cdef vec v
    cdef int size = lanes(tag), at = 0
    while at < wide:
        if n >= at + size:
            load(&v, b + at)
        else:
            load_n(&v, b + at, n - at if n > at else 0)
        if wide >= at + size:
            store(panel + at, &v)
        else:
            store_n(panel + at, &v, wide - at)
        at += size


cdef inline void pack_columns_of(
    vec* tag, const real* b, Py_ssize_t b_row, Py_ssize_t b_column, Py_ssize_t k,
    Py_ssize_t n, real* panel
) noexcept nogil:
    cdef Py_ssize_t p, j = 0
    cdef int size = lanes(tag)
    if b_column == 1:
        if n == 2 * size:
            for p in range(k):
                pack_row(tag, b + p * b_row, panel + p * n, 2 * size, 2 * size)
        else:
            for p in range(k):
                pack_row(tag, b + p * b_row, panel + p * 2 * size, n, 2 * size)
        return
    while j < 2 * size:
        pack_lines(tag, b + j * b_column, b_column, n - j, k, panel + j, 2 * size, size)
        j += size


cdef inline void pack_columns(
    const real* b, Py_ssize_t b_row, Py_ssize_t b_column, Py_ssize_t k, Py_ssize_t n,
    real* panel
) noexcept nogil:
    """panel[p, j] = b[p, j] for n ≤ panel_width columns, the others zero.

    One of the strides of b is 1.
    """
    if real is float:
        pack_columns_of(<vf*> NULL, b, b_row, b_column, k, n, panel)
    else:
        pack_columns_of(<vd*> NULL, b, b_row, b_column, k, n, panel)


cdef inline void pack_rows_of(
    vec* tag, const real* a, Py_ssize_t a_row, Py_ssize_t a_column, Py_ssize_t m,
    Py_ssize_t k, real* panel
) noexcept nogil:
    cdef Py_ssize_t p
    cdef int size = lanes(tag), i = 0
    if a_row == 1:
        for p in range(k):
            pack_row(tag, a + p * a_column, panel + p * TILE_ROWS, m, TILE_ROWS)
        return
    while i < TILE_ROWS:
        if TILE_ROWS - i >= size:
            pack_lines(tag, a + i * a_row, a_row, m - i, k, panel + i, TILE_ROWS, size)
        else:
            pack_lines(tag, a + i * a_row, a_row, m - i, k, panel + i, TILE_ROWS,
                       TILE_ROWS % size)
        i += size


cdef inline void pack_rows(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, Py_ssize_t m,
    Py_ssize_t k, real* panel
) noexcept nogil:
    """panel[p, i] = a[i, p] for m ≤ TILE_ROWS rows, the others zero.

    One of the strides of a is 1.
    """
    if real is float:
        pack_rows_of(<vf*> NULL, a, a_row, a_column, m, k, panel)
    else:
        pack_rows_of(<vd*> NULL, a, a_row, a_column, m, k, panel)
