"""One row times a matrix that lies as the user's weights do: as fast as it is read.

A few rows of the matrix are read from end to end before the next ones, so that it
comes in nearly as it lies in memory: on a Zen 5 at the full rate of the second-level
cache, 64 bytes a cycle. Tiles that go down all rows first reach half of it.
"""

from ckeras.kernels.matrix.gemm_pack cimport panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, biased, lanes, load, spread, store, tile_of, vec,
)
from ckeras.kernels.recurrent.panels cimport Sequence
from ckeras.kernels.simd cimport TILE_ROWS, vd, vf
from ckeras.kernels.types cimport real


cdef inline bint goes_directly(const Sequence* s, real tag) noexcept nogil:
    """Whether so little is computed that packing the weights takes longer."""
    return s.batch == 1 and s.steps <= 4 and s.units % (panel_width(tag) // 2) == 0


cdef inline void add_block(
    vec* tag, real* c, const real* a, const real* b, Py_ssize_t b_step,
    const int rows, const int vectors
) noexcept nogil:
    """c += a·b for a few rows and vectors of b."""
    cdef vec acc[16]
    cdef vec av, bv
    cdef int p, j, width = lanes(tag)
    for j in range(vectors):
        load(&acc[j], c + j * width)
    for p in range(rows):
        spread(&av, a[p])
        for j in range(vectors):
            load(&bv, b + p * b_step + j * width)
            acc[j] = acc[j] + av * bv
    for j in range(vectors):
        store(c + j * width, &acc[j])


cdef inline void add_rows(
    vec* tag, real* c, const real* a, const real* b, Py_ssize_t b_step, Py_ssize_t n,
    const int rows, const int vectors
) noexcept nogil:
    """c (n,) += a·b for a few rows of b; n is a multiple of eight vectors."""
    cdef Py_ssize_t j = 0, width = lanes(tag)
    while j + vectors * width <= n:
        add_block(tag, c + j, a, b + j, b_step, rows, vectors)
        j += vectors * width
    if vectors > 8 and j < n:
        add_block(tag, c + j, a, b + j, b_step, rows, 8)


cdef inline void multiply_blocks(
    vec* tag, real* c, const real* a, const real* b, Py_ssize_t b_step,
    const real* bias, Py_ssize_t n, Py_ssize_t k, bint accumulate
) noexcept nogil:
    """As `multiply_row`; n is a multiple of eight vectors."""
    cdef vec x, y
    cdef Py_ssize_t j, p = 0, width = lanes(tag)
    spread(&x, <real> 0)
    for j in range(0 if accumulate else n // width):
        store(c + j * width, &x)
    if TILE_ROWS == 12 and n >= 32 * width:
        while p + 2 <= k:
            add_rows(tag, c, a + p, b + p * b_step, b_step, n, 2, 16)
            p += 2
    while p + 4 <= k:
        add_rows(tag, c, a + p, b + p * b_step, b_step, n, 4, 8)
        p += 4
    while p < k:
        add_rows(tag, c, a + p, b + p * b_step, b_step, n, 1, 8)
        p += 1
    for j in range(0 if bias == NULL else n // width):
        load(&x, c + j * width)
        load(&y, bias + j * width)
        x = x + y
        store(c + j * width, &x)


cdef inline void multiply_row(
    real* c, const real* a, const real* b, Py_ssize_t b_step, const real* bias,
    Py_ssize_t n, Py_ssize_t k, bint accumulate
) noexcept nogil:
    """c (n,) = a (k,)·b + bias, or c += a·b; n is a multiple of a vector's lanes."""
    cdef Epilogue epilogue
    cdef Py_ssize_t width = panel_width(<real> 0) // 2, j = 0
    if n >= 16 * width:
        j = n // (8 * width) * (8 * width)
        if real is float:
            multiply_blocks(<vf*> NULL, c, a, b, b_step, bias, j, k, accumulate)
        else:
            multiply_blocks(<vd*> NULL, c, a, b, b_step, bias, j, k, accumulate)
    epilogue.accumulate = accumulate
    epilogue.last = bias != NULL
    epilogue.finish = biased(bias)
    while j < n:
        if n - j >= 8 * width:
            tile_of(c + j, n, 1, 8 * width, a, k, 1, b + j, b_step, k, j, &epilogue, 1,
                    8)
            j += 8 * width
        elif n - j >= 2 * width:
            tile_of(c + j, n, 1, 2 * width, a, k, 1, b + j, b_step, k, j, &epilogue, 1,
                    2)
            j += 2 * width
        else:
            tile_of(c + j, n, 1, width, a, k, 1, b + j, b_step, k, j, &epilogue, 1, 1)
            j += width


cdef inline void multiply_input_and_state(
    real* c, const real* row, const real* w, const real* u, Py_ssize_t step,
    const real* bias, Py_ssize_t n, Py_ssize_t features, Py_ssize_t units
) noexcept nogil:
    """c (n,) = x·w + h·u + bias for a row of x and h, without x where features is 0."""
    if features:
        multiply_row(c, row, w, step, <const real*> NULL, n, features, False)
    multiply_row(c, row + features, u, step, bias, n, units, features != 0)
