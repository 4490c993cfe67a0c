"""The register tile of all matrix products: c = a·b for a few rows and two vectors.

    c[i, j] = sum over p of a[i·row_step + p·k_step] · b[p·b_step + j]

Accumulators stay in registers; the caller names the rows and vectors with constants,
so that the loops over them unroll completely.
"""

from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, greater_d, greater_f, load_d, load_f, load_nd, load_nf,
    prefetch, prefetch_own, spread_d, spread_f, store_d, store_f,
    store_nd, store_nf, vd, vf,
)
from ckeras.kernels.types cimport real

ctypedef fused vec:
    vf
    vd

cdef enum:
    AHEAD = 12      # rows of b that are asked for beforehand

cdef enum Activation:
    LINEAR = 0
    RELU
    TANH
    SIGMOID


cdef struct Epilogue:
    bint accumulate     # c already holds a part of the sum
    bint last           # this is the last part: add the bias, apply the activation
    const void* bias    # a row, or NULL
    int activation


cdef inline void load(vec* v, const real* p) noexcept nogil:
    if vec is vf and real is float:
        v[0] = load_f(p)
    elif vec is vd and real is double:
        v[0] = load_d(p)


cdef inline void load_n(vec* v, const real* p, Py_ssize_t n) noexcept nogil:
    if vec is vf and real is float:
        v[0] = load_nf(p, n)
    elif vec is vd and real is double:
        v[0] = load_nd(p, n)


cdef inline void store(real* p, vec* v) noexcept nogil:
    if vec is vf and real is float:
        store_f(p, v[0])
    elif vec is vd and real is double:
        store_d(p, v[0])


cdef inline void store_n(real* p, vec* v, Py_ssize_t n) noexcept nogil:
    if vec is vf and real is float:
        store_nf(p, v[0], n)
    elif vec is vd and real is double:
        store_nd(p, v[0], n)


cdef inline void spread(vec* v, real x) noexcept nogil:
    if vec is vf and real is float:
        v[0] = spread_f(x)
    elif vec is vd and real is double:
        v[0] = spread_d(x)


cdef inline void rectify(vec* v, vec* zero) noexcept nogil:
    # The comparison with NaN is false, and the second operand NaN itself.
    if vec is vf:
        v[0] = greater_f(zero[0], v[0])
    else:
        v[0] = greater_d(zero[0], v[0])


cdef inline int lanes(vec* v) noexcept nogil:
    if vec is vf:
        return LANES_F
    else:
        return LANES_D


cdef inline void get(vec* v, const real* p, Py_ssize_t n) noexcept nogil:
    """Up to n numbers, zeros behind them; n, often a constant, may exceed a vector."""
    if n >= lanes(v):
        load(v, p)
    else:
        load_n(v, p, n)


cdef inline void put(real* p, vec* v, Py_ssize_t n) noexcept nogil:
    """Stores up to n numbers, as `get` loads them."""
    if n >= lanes(v):
        store(p, v)
    else:
        store_n(p, v, n)


cdef inline void multiply_add(
    vec* acc, const real* a, Py_ssize_t row_step, Py_ssize_t k_step, const real* b,
    Py_ssize_t b_step, Py_ssize_t k, const int rows, const int vectors
) noexcept nogil:
    """acc[i] += a[i, p]·b[p] for k numbers of every row."""
    cdef vec bv[8]
    cdef vec av
    cdef Py_ssize_t p
    cdef int i, j
    cdef int width = lanes(acc)
    for p in range(k):
        for j in range(vectors):
            load(&bv[j], b + p * b_step + j * width)
            if rows == 1:  # nothing but reading b: ask for what comes, page by page
                prefetch(b + ((p + AHEAD) * b_step + j * width))
        for i in range(rows):
            spread(&av, a[i * row_step + p * k_step])
            for j in range(vectors):
                acc[i * vectors + j] = acc[i * vectors + j] + av * bv[j]


cdef inline void multiply_add_at(
    vec* acc, const real* a, const Py_ssize_t* at, const real* b, Py_ssize_t b_step,
    Py_ssize_t k, const int rows, const int vectors
) noexcept nogil:
    """acc[i] += a[at[i] + p]·b[p] for k numbers of every row, rows lying anywhere.

    Two steps at a time, since every row's place is loaded anew.
    """
    cdef vec bv[8]
    cdef vec av, aw
    cdef Py_ssize_t p = 0, place
    cdef int i, j
    cdef int width = lanes(acc)
    while p + 2 <= k:
        for j in range(vectors):
            load(&bv[j], b + j * width)
            load(&bv[vectors + j], b + b_step + j * width)
        for i in range(rows):
            place = at[i]
            spread(&av, a[place + p])
            spread(&aw, a[place + p + 1])
            for j in range(vectors):
                acc[i * vectors + j] = acc[i * vectors + j] + av * bv[j]
                acc[i * vectors + j] = acc[i * vectors + j] + aw * bv[vectors + j]
        b += 2 * b_step
        p += 2
    if p < k:
        for j in range(vectors):
            load(&bv[j], b + j * width)
        for i in range(rows):
            spread(&av, a[at[i] + p])
            for j in range(vectors):
                acc[i * vectors + j] = acc[i * vectors + j] + av * bv[j]


cdef inline void finish_row(
    vec* acc, real* c, Py_ssize_t n, Py_ssize_t column, const Epilogue* epilogue,
    const int vectors
) noexcept nogil:
    """Stores the first n columns of one row's sums."""
    cdef vec zero, old
    cdef Py_ssize_t left
    cdef int j
    cdef int width = lanes(acc)
    spread(&zero, <real> 0)
    for j in range(vectors):
        left = n - j * width
        if left <= 0:
            break
        if left > width:
            left = width
        if epilogue.accumulate:
            load_n(&old, c + j * width, left)
            acc[j] = acc[j] + old
        if epilogue.last:
            if epilogue.bias != NULL:
                load_n(&old, <const real*> epilogue.bias + column + j * width, left)
                acc[j] = acc[j] + old
            if epilogue.activation == RELU:
                rectify(&acc[j], &zero)
        if left == width:
            store(c + j * width, &acc[j])
        else:
            store_n(c + j * width, &acc[j], left)


cdef inline void finish_whole(
    vec* acc, real* c, Py_ssize_t c_step, Py_ssize_t column, const Epilogue* epilogue,
    const int rows, const int vectors
) noexcept nogil:
    """Stores all sums: with constants throughout, they stay in registers."""
    cdef vec old, zero
    cdef int i, j
    cdef int width = lanes(acc)
    if epilogue.accumulate:
        for i in range(rows):
            for j in range(vectors):
                load(&old, c + i * c_step + j * width)
                acc[i * vectors + j] = acc[i * vectors + j] + old
    if epilogue.last and epilogue.bias != NULL:
        for j in range(vectors):
            load(&old, <const real*> epilogue.bias + column + j * width)
            for i in range(rows):
                acc[i * vectors + j] = acc[i * vectors + j] + old
    if epilogue.last and epilogue.activation == RELU:
        spread(&zero, <real> 0)
        for i in range(rows * vectors):
            rectify(&acc[i], &zero)
    for i in range(rows):
        for j in range(vectors):
            store(c + i * c_step + j * width, &acc[i * vectors + j])


cdef inline void finish(
    vec* acc, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, Py_ssize_t column,
    const Epilogue* epilogue, const int rows, const int vectors
) noexcept nogil:
    """Stores the sums' first m rows and n columns."""
    cdef int i
    if m >= rows and n == vectors * lanes(acc):
        finish_whole(acc, c, c_step, column, epilogue, rows, vectors)
        return
    for i in range(rows):
        if i >= m:
            break
        finish_row(acc + i * vectors, c + i * c_step, n, column, epilogue, vectors)


cdef inline void tile(
    vec* tag, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n,
    const real* a, Py_ssize_t row_step, Py_ssize_t k_step,
    const real* b, Py_ssize_t b_step, Py_ssize_t k,
    Py_ssize_t column, const Epilogue* epilogue, const int rows, const int vectors
) noexcept nogil:
    """One tile; of its result the first m rows and n columns are stored."""
    cdef vec acc[24]
    cdef int i
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    multiply_add(acc, a, row_step, k_step, b, b_step, k, rows, vectors)
    finish(acc, c, c_step, m, n, column, epilogue, rows, vectors)


cdef inline void tile_of(
    real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, const real* a,
    Py_ssize_t row_step, Py_ssize_t k_step, const real* b, Py_ssize_t b_step,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue, const int rows,
    const int vectors
) noexcept nogil:
    """`tile` with the vectors of the operands' type."""
    if real is float:
        tile(<vf*> NULL, c, c_step, m, n, a, row_step, k_step, b, b_step, k, column,
             epilogue, rows, vectors)
    else:
        tile(<vd*> NULL, c, c_step, m, n, a, row_step, k_step, b, b_step, k, column,
             epilogue, rows, vectors)


cdef inline void panel_tile(
    vec* tag, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, const real* a,
    Py_ssize_t row_step, Py_ssize_t k_step, const real* b, Py_ssize_t b_step,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue, const int rows,
    const int vectors
) noexcept nogil:
    """A tile that asks for c's lines meanwhile.

    Row by row, since the core can wait for only a few lines at a time, and a and b
    need some of these too.
    """
    cdef vec acc[24]
    cdef int i
    cdef Py_ssize_t some = (k + rows - 1) // rows, done = 0, part, row = 0
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    while done < k:
        if row < m:
            prefetch_own(c + row * c_step)
            prefetch_own(c + row * c_step + n - 1)
        row += 1
        part = k - done if k - done < some else some
        multiply_add(acc, a + done * k_step, row_step, k_step, b + done * b_step,
                     b_step, part, rows, vectors)
        done += part
    finish(acc, c, c_step, m, n, column, epilogue, rows, vectors)


cdef inline void panel_tile_of(
    real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, const real* a,
    Py_ssize_t row_step, Py_ssize_t k_step, const real* b, Py_ssize_t b_step,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue, const int rows,
    const int vectors
) noexcept nogil:
    """`panel_tile` with the vectors of the operands' type."""
    if real is float:
        panel_tile(<vf*> NULL, c, c_step, m, n, a, row_step, k_step, b, b_step, k,
                   column, epilogue, rows, vectors)
    else:
        panel_tile(<vd*> NULL, c, c_step, m, n, a, row_step, k_step, b, b_step, k,
                   column, epilogue, rows, vectors)
