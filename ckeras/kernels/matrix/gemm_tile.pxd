"""The register tile of all matrix products: c = a·b for a few rows and two vectors.

    c[i, j] = sum over p of a[i·row_step + p·k_step] · b[p·b_step + j]

Accumulators stay in registers; the caller names the rows and vectors with constants,
so that the loops over them unroll completely.
"""

from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, greater_d, greater_f, lesser_d, lesser_f, load_d, load_f,
    load_nd, load_nf, prefetch, prefetch_own, spread_d, spread_f, store_d, store_f,
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
    RELU6
    TANH            # this and what follows is not for tiles, see activate.pxd
    SIGMOID


cdef struct Finish:         # y = activation(sums · scale + bias + residual)
    const void* scale       # a number for each column of the results, or NULL
    const void* bias        # likewise
    const void* residual    # laid out as the results are, or NULL
    const void* y           # the results, where there is a residual
    int activation          # those from TANH on are the caller's


cdef struct Epilogue:
    bint accumulate     # c already holds a part of the sum
    bint last           # this is the last part: what follows is
    Finish finish


cdef inline Finish biased(const void* bias) noexcept nogil:
    """Results are sums + bias; NULL for none."""
    cdef Finish f
    f.bias = bias
    f.scale = f.residual = f.y = NULL
    f.activation = LINEAR
    return f


cdef inline Finish nothing_more() noexcept nogil:
    """Results are the sums."""
    return biased(NULL)


cdef inline Finish finish_of(real** buf, int activation) noexcept nogil:
    """From a kernel's buffers bias, scale, residual and y."""
    cdef Finish f
    f.bias, f.scale, f.residual, f.y = buf[0], buf[1], buf[2], buf[3]
    f.activation = activation
    return f


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


cdef inline void limit(vec* v, vec* most) noexcept nogil:
    if vec is vf:
        v[0] = lesser_f(most[0], v[0])
    else:
        v[0] = lesser_d(most[0], v[0])


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


cdef inline void add_rows(
    vec* acc, const real* p, Py_ssize_t step, Py_ssize_t n, const int rows,
    const int vectors
) noexcept nogil:
    """Adds rows of n numbers that lie `step` apart."""
    cdef vec other
    cdef int i, j
    cdef int width = lanes(acc)
    for i in range(rows):
        for j in range(vectors):
            if j * width < n:
                get(&other, p + i * step + j * width, n - j * width)
                acc[i * vectors + j] = acc[i * vectors + j] + other


cdef inline void scale_and_shift(
    vec* acc, const Finish* f, const real* tag, Py_ssize_t column, Py_ssize_t n,
    const int rows, const int vectors
) noexcept nogil:
    """acc · scale + bias for n columns from number `column` on, in one operation
    where there is one: all tiles round alike."""
    cdef vec scale, bias
    cdef int i, j
    cdef int width = lanes(acc)
    if f.scale == NULL and f.bias == NULL:
        return
    for j in range(vectors):
        if j * width >= n:
            break
        spread(&bias, <real> 0)
        if f.bias != NULL:
            get(&bias, <const real*> f.bias + column + j * width, n - j * width)
        if f.scale == NULL:
            for i in range(rows):
                acc[i * vectors + j] = acc[i * vectors + j] + bias
        else:
            get(&scale, <const real*> f.scale + column + j * width, n - j * width)
            for i in range(rows):
                acc[i * vectors + j] = acc[i * vectors + j] * scale + bias


cdef inline void rectify_sums(
    vec* acc, const Finish* f, const real* tag, const int count
) noexcept nogil:
    """The activation, if it is RELU or RELU6."""
    cdef vec bound
    cdef int i
    if f.activation == RELU or f.activation == RELU6:
        spread(&bound, <real> 0)
        for i in range(count):
            rectify(&acc[i], &bound)
    if f.activation == RELU6:
        spread(&bound, <real> 6)
        for i in range(count):
            limit(&acc[i], &bound)


cdef inline void finish_sums(
    vec* acc, const Finish* f, Py_ssize_t column, const real* c, Py_ssize_t c_step,
    Py_ssize_t n, const int rows, const int vectors
) noexcept nogil:
    """What becomes of rows of n sums; their results will lie at c, c_step apart."""
    scale_and_shift(acc, f, c, column, n, rows, vectors)
    if f.residual != NULL:
        add_rows(acc, <const real*> f.residual + (c - <const real*> f.y), c_step, n,
                 rows, vectors)
    rectify_sums(acc, f, c, rows * vectors)


cdef inline void store_rows(
    vec* acc, real* c, Py_ssize_t c_step, Py_ssize_t n, const int rows,
    const int vectors
) noexcept nogil:
    cdef int i, j
    cdef int width = lanes(acc)
    for i in range(rows):
        for j in range(vectors):
            if j * width < n:
                put(c + i * c_step + j * width, &acc[i * vectors + j], n - j * width)


cdef inline void store_finished(
    vec* acc, const Finish* f, Py_ssize_t column, real* c, Py_ssize_t c_step,
    Py_ssize_t n, const int rows, const int vectors
) noexcept nogil:
    """`finish_sums`, stored."""
    finish_sums(acc, f, column, c, c_step, n, rows, vectors)
    store_rows(acc, c, c_step, n, rows, vectors)


cdef inline void finish_rows(
    vec* acc, real* c, Py_ssize_t c_step, Py_ssize_t n, Py_ssize_t column,
    const Epilogue* epilogue, const int rows, const int vectors
) noexcept nogil:
    """Stores the first n columns of some rows' sums."""
    if epilogue.accumulate:
        add_rows(acc, c, c_step, n, rows, vectors)
    if epilogue.last:
        finish_sums(acc, &epilogue.finish, column, c, c_step, n, rows, vectors)
    store_rows(acc, c, c_step, n, rows, vectors)


cdef inline void finish(
    vec* acc, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, Py_ssize_t column,
    const Epilogue* epilogue, const int rows, const int vectors
) noexcept nogil:
    """Stores the sums' first m rows and n columns: all of them with constants
    throughout, so that they stay in registers."""
    cdef int i
    if m >= rows and n == vectors * lanes(acc):
        finish_rows(acc, c, c_step, vectors * lanes(acc), column, epilogue, rows,
                    vectors)
        return
    for i in range(rows):
        if i >= m:
            break
        finish_rows(acc + i * vectors, c + i * c_step, 0, n, column, epilogue, 1,
                    vectors)


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
    """A tile that asks for the lines of c and of the residual meanwhile.

    Row by row, since the core can wait for only a few lines at a time, and a and b
    need some of these too.
    """
    cdef vec acc[24]
    cdef int i
    cdef Py_ssize_t some = (k + rows - 1) // rows, done = 0, part, row = 0
    cdef const real* residual = NULL
    if epilogue.last and epilogue.finish.residual != NULL and (
        epilogue.finish.residual != epilogue.finish.y
    ):
        residual = (<const real*> epilogue.finish.residual
                    + (c - <const real*> epilogue.finish.y))
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    while done < k:
        if row < m:
            prefetch_own(c + row * c_step)
            prefetch_own(c + row * c_step + n - 1)
            if residual != NULL:
                prefetch(residual + row * c_step)
                prefetch(residual + row * c_step + n - 1)
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
