"""Parts of attention's backward pass: blocks of weights and slopes, and their products.

A block has a row for each key and the columns of PANELS blocks of queries, `step`
numbers from a row to the next.
"""

from libc.string cimport memset

from ckeras.kernels.matrix.gemm_pack cimport least, pack_columns, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, get, lanes, load, put, spread, store, tile_of, vec,
)
from ckeras.kernels.simd cimport TILE_ROWS, total_d, total_f, vd, vf
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport quick_exp

cdef enum:
    PANELS = 2       # blocks of queries over which d_k and d_v are summed at once


cdef inline void weigh_again(
    vec* tag, real* weights, real* slopes, Py_ssize_t step, const real* stats,
    Py_ssize_t keys, bint blind
) noexcept nogil:
    """Scores become weights w, and d_w becomes d_s."""
    cdef vec top[2]
    cdef vec inverse[2]
    cdef vec dot[2]
    cdef vec seen[2]
    cdef vec v, d
    cdef Py_ssize_t j
    cdef int i, n = lanes(tag)
    for i in range(2):
        load(&top[i], stats + i * n)
        load(&inverse[i], stats + (2 + i) * n)
        load(&dot[i], stats + (4 + i) * n)
        load(&seen[i], stats + (6 + i) * n)
    for j in range(keys):
        for i in range(2):
            load(&v, weights + j * step + i * n)
            load(&d, slopes + j * step + i * n)
            v = quick_exp(v - top[i]) * inverse[i]
            d = (d - dot[i]) * v
            store(weights + j * step + i * n, &v)
            store(slopes + j * step + i * n, &d)
    if blind:
        for j in range(keys):
            for i in range(2):
                load(&d, slopes + j * step + i * n)
                d = d * seen[i]
                store(slopes + j * step + i * n, &d)


cdef inline void clear(
    real* block, Py_ssize_t step, Py_ssize_t keys
) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(keys):
        memset(block + j * step, 0, panel_width(<real> 0) * sizeof(real))


# --- what is summed over queries -----------------------------------------------------


cdef inline void add_product_over_queries(
    real* sums, Py_ssize_t panel_step, Py_ssize_t dim, const real* block,
    Py_ssize_t step, Py_ssize_t keys, const real* rows, Py_ssize_t queries
) noexcept nogil:
    """sums (keys × dim) += block (keys × queries) · rows (queries × dim), in panels."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j = 0
    cdef Epilogue plain
    plain.accumulate = True
    plain.last = False
    while j < dim:
        i = 0
        while i < keys:
            tile_of(sums + i * width, width, least(keys - i, TILE_ROWS), width,
                    block + i * step, step, 1, rows, width, queries, 0, &plain,
                    TILE_ROWS, 2)
            i += TILE_ROWS
        sums += panel_step
        rows += PANELS * width * width
        j += width


cdef inline real dot_of(
    vec* tag, const real* a, const real* b, Py_ssize_t n
) noexcept nogil:
    cdef vec v, w, sum
    cdef Py_ssize_t i = 0
    spread(&sum, <real> 0)
    while i < n:
        get(&v, a + i, n - i)
        get(&w, b + i, n - i)
        sum = sum + v * w
        i += lanes(tag)
    if vec is vf:
        return total_f(sum)
    else:
        return total_d(sum)


cdef inline void pack_rows_of(
    const real* x, Py_ssize_t step, Py_ssize_t dim, Py_ssize_t count, real* panels
) noexcept nogil:
    """Column panels of `count` rows of x, PANELS blocks of rows each."""
    cdef Py_ssize_t width = panel_width(<real> 0), j = 0
    while j < dim:
        pack_columns(x + j, step, 1, count, least(dim - j, width),
                     panels + j * PANELS * width)
        j += width


cdef inline void unpack_rows_of(
    vec* tag, const real* panels, Py_ssize_t height, Py_ssize_t count, Py_ssize_t dim,
    real factor, real* rows, Py_ssize_t step
) noexcept nogil:
    cdef vec v, f
    cdef Py_ssize_t i, j = 0
    cdef int n = lanes(tag), half
    spread(&f, factor)
    while j < dim:
        for i in range(count):
            for half in range(2):
                if j + half * n < dim:
                    load(&v, panels + (2 * i + half) * n)
                    v = v * f
                    put(rows + i * step + j + half * n, &v, dim - j - half * n)
        panels += height * 2 * n
        j += 2 * n


cdef inline void unpack_rows(
    const real* panels, Py_ssize_t height, Py_ssize_t count, Py_ssize_t dim,
    real factor, real* rows, Py_ssize_t step
) noexcept nogil:
    """rows[i] = factor · panels[i], for `count` rows of column panels of a range."""
    if real is float:
        unpack_rows_of(<vf*> NULL, panels, height, count, dim, factor, rows, step)
    else:
        unpack_rows_of(<vd*> NULL, panels, height, count, dim, factor, rows, step)
