"""Means, variances and centred sums in one pass over the numbers.

Columns are summed a block of rows at a time, as deviations from the mean of the blocks
before (at first, from the first row). With n rows before, m in the block, and the sums
s of the deviations and q of their squares,

    mean += s / (n + m),   squares += q - s² / (n + m),

which is what Chan, Golub and LeVeque's rule for two sets becomes. Nothing cancels
that does not belong to the variance: a large mean costs no accuracy.
"""

from cython.parallel cimport prange

from ckeras.kernels.matrix.gemm_tile cimport lanes, spread, vec
from ckeras.kernels.normalization.row_moments cimport combine, row_moments
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vector.softmax_rows cimport (
    fill_after, get, number_lanes, row_sum, total,
)

cdef enum:
    BLOCK_ROWS = 64    # rows that become one term of a sum
    STRIP = 512        # columns summed together
    NARROW = 64        # columns below which several rows are taken as one
    WIDE = 128         # and how many columns they then have, at most
    BLOCK = 1 << 10    # neighbours that become one term of a sum
    GRAIN = 1 << 15    # elements below which a second thread does not pay


# --- moments -------------------------------------------------------------------------


cdef inline void deviations(
    const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    const real* mean, real* sum, real* squares
) noexcept nogil:
    """Sums of x - mean and of its square for every column of a block of rows."""
    cdef Py_ssize_t i, r, r_4 = rows - rows % 4
    cdef real a, b, c, d
    for i in range(width):
        sum[i] = 0
        squares[i] = 0
    for r in range(0, r_4, 4):
        for i in range(width):
            a = x[i] - mean[i]
            b = x[step + i] - mean[i]
            c = x[2 * step + i] - mean[i]
            d = x[3 * step + i] - mean[i]
            sum[i] = sum[i] + ((a + b) + (c + d))
            squares[i] = squares[i] + ((a * a + b * b) + (c * c + d * d))
        x += 4 * step
    for r in range(r_4, rows):
        for i in range(width):
            a = x[i] - mean[i]
            sum[i] = sum[i] + a
            squares[i] = squares[i] + a * a
        x += step


cdef void absorb_rows(
    const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, Py_ssize_t known,
    real* mean, real* squares
) noexcept nogil:
    """Adds rows to what is known of `known` rows before; at most STRIP columns."""
    cdef real sum[STRIP]
    cdef real square[STRIP]
    cdef real share
    cdef Py_ssize_t i, n, done = 0
    while done < rows:
        n = BLOCK_ROWS if rows - done > BLOCK_ROWS else rows - done
        deviations(x + done * step, n, step, width, mean, sum, square)
        done += n
        share = 1 / <real> (known + done)
        for i in range(width):
            mean[i] = mean[i] + sum[i] * share
            squares[i] = squares[i] + (square[i] - sum[i] * sum[i] * share)


cdef void begin(
    const real* x, Py_ssize_t width, real* mean, real* squares
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(width):
        mean[i] = x[i]
        squares[i] = 0


cdef void narrow_moments(
    const real* x, Py_ssize_t rows, Py_ssize_t width, real* mean, real* squares
) noexcept nogil:
    """Contiguous rows of few columns: several rows are taken as one."""
    cdef real wide_mean[WIDE]
    cdef real wide_squares[WIDE]
    cdef Py_ssize_t group = WIDE // width
    cdef Py_ssize_t n = rows // group, g, i
    begin(x, group * width, wide_mean, wide_squares)
    absorb_rows(x, n, group * width, group * width, 0, wide_mean, wide_squares)
    for i in range(width):
        mean[i] = wide_mean[i]
        squares[i] = wide_squares[i]
    for g in range(1, group):
        for i in range(width):
            combine(mean + i, squares + i, g * n, wide_mean[g * width + i],
                    wide_squares[g * width + i], n)
    n = n * group
    absorb_rows(x + n * width, rows - n, width, width, n, mean, squares)


cdef inline void run_moments(
    vec* tag, const real* x, Py_ssize_t n, real* mean, real* squares
) noexcept nogil:
    cdef vec numbers
    number_lanes(&numbers)
    row_moments(&numbers, x, n, mean, squares)


cdef void some_moments(
    const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, real* mean,
    real* squares
) noexcept nogil:
    """Of rows > 0 rows of a strip of columns."""
    if step == 1:
        if real is float:
            run_moments(<vf*> NULL, x, rows, mean, squares)
        else:
            run_moments(<vd*> NULL, x, rows, mean, squares)
    elif step < NARROW and rows >= 4 * (WIDE // step):
        narrow_moments(x, rows, step, mean, squares)
    else:
        begin(x, width, mean, squares)
        absorb_rows(x, rows, step, width, 0, mean, squares)


cdef void moments_task(
    const real* x, real* mean, real* squares, Py_ssize_t part_size,
    const Py_ssize_t* dim, Py_ssize_t task
) noexcept nogil:
    """One chunk of the reduced axis for one strip of columns of one outer index."""
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t part = task // strips   # (outer, chunk)
    cdef Py_ssize_t chunk = part % chunks
    cdef Py_ssize_t column = task % strips * STRIP
    cdef Py_ssize_t first = chunk * reduce // chunks
    cdef Py_ssize_t rows = (chunk + 1) * reduce // chunks - first
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    x += (part // chunks * reduce + first) * inner + column
    some_moments(x, rows, inner, width, mean + part * part_size + column,
                 squares + part * part_size + column)


cdef void join_moments(
    const real* work, real* mean, real* squares, Py_ssize_t reduce, Py_ssize_t inner,
    Py_ssize_t chunks
) noexcept nogil:
    """Combines the chunks of one outer index: (chunks, 2, inner) numbers."""
    cdef Py_ssize_t c, i, n
    for i in range(inner):
        mean[i] = work[i]
        squares[i] = work[inner + i]
    for c in range(1, chunks):
        work += 2 * inner
        n = c * reduce // chunks
        for i in range(inner):
            combine(mean + i, squares + i, n, work[i], work[inner + i],
                    (c + 1) * reduce // chunks - n)


cdef int moments(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t tasks = outer * chunks * ((inner + STRIP - 1) // STRIP)
    cdef real* mean = buf[1]
    cdef real* variance = buf[2]
    cdef real* parts = mean if chunks == 1 else buf[3]
    cdef real* part_squares = variance if chunks == 1 else buf[3] + inner
    cdef Py_ssize_t part_size = inner if chunks == 1 else 2 * inner
    cdef Py_ssize_t t
    cdef real zero = 0, count = <real> reduce
    if reduce == 0:
        for t in range(outer * inner):
            mean[t] = variance[t] = zero / zero
        return OK
    if outer * reduce * inner < GRAIN:
        for t in range(tasks):
            moments_task(buf[0], parts, part_squares, part_size, dim, t)
    else:
        for t in prange(tasks, schedule="static", num_threads=n_threads):
            moments_task(buf[0], parts, part_squares, part_size, dim, t)
    if chunks > 1:
        for t in range(outer):
            join_moments(buf[3] + t * chunks * 2 * inner, mean + t * inner,
                         variance + t * inner, reduce, inner, chunks)
    for t in range(outer * inner):
        # Rounding may leave a little less than nothing; NaN stays.
        variance[t] = zero if variance[t] < zero else variance[t] / count
    return OK


# --- centred sums --------------------------------------------------------------------


cdef inline void products(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    const real* mean, real* sum, real* product
) noexcept nogil:
    """Sums of d and d (x - mean) for every column of a block of rows."""
    cdef Py_ssize_t i, r, r_4 = rows - rows % 4
    for i in range(width):
        sum[i] = 0
        product[i] = 0
    for r in range(0, r_4, 4):
        for i in range(width):
            sum[i] = sum[i] + (
                (d[i] + d[step + i]) + (d[2 * step + i] + d[3 * step + i]))
            product[i] = product[i] + (
                (d[i] * (x[i] - mean[i]) + d[step + i] * (x[step + i] - mean[i]))
                + (d[2 * step + i] * (x[2 * step + i] - mean[i])
                   + d[3 * step + i] * (x[3 * step + i] - mean[i])))
        d += 4 * step
        x += 4 * step
    for r in range(r_4, rows):
        for i in range(width):
            sum[i] = sum[i] + d[i]
            product[i] = product[i] + d[i] * (x[i] - mean[i])
        d += step
        x += step


cdef void add_rows(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    real* mean, real* sum, real* product
) noexcept nogil:
    """Adds rows to the sums of at most STRIP columns."""
    cdef real block_sum[STRIP]
    cdef real block_product[STRIP]
    cdef Py_ssize_t i, n, done = 0
    while done < rows:
        n = BLOCK_ROWS if rows - done > BLOCK_ROWS else rows - done
        products(d + done * step, x + done * step, n, step, width, mean, block_sum,
                 block_product)
        done += n
        for i in range(width):
            sum[i] = sum[i] + block_sum[i]
            product[i] = product[i] + block_product[i]


cdef void add_narrow_rows(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t width, real* mean,
    real* sum, real* product
) noexcept nogil:
    """Contiguous rows of few columns: several rows are taken as one."""
    cdef real wide_mean[WIDE]
    cdef real wide_sum[WIDE]
    cdef real wide_product[WIDE]
    cdef Py_ssize_t group = WIDE // width
    cdef Py_ssize_t n = rows // group, g, i
    for g in range(group):
        for i in range(width):
            wide_mean[g * width + i] = mean[i]
            wide_sum[g * width + i] = 0
            wide_product[g * width + i] = 0
    add_rows(d, x, n, group * width, group * width, wide_mean, wide_sum, wide_product)
    for g in range(group):
        for i in range(width):
            sum[i] = sum[i] + wide_sum[g * width + i]
            product[i] = product[i] + wide_product[g * width + i]
    n = n * group * width
    add_rows(d + n, x + n, rows % group, width, width, mean, sum, product)


cdef inline void add_run(
    vec* tag, const real* d, const real* x, Py_ssize_t n, real mean, real* sum,
    real* product
) noexcept nogil:
    """The same for n neighbours, a block at a time."""
    cdef vec lane, v, w, centre, dot
    cdef Py_ssize_t i, m
    number_lanes(&lane)
    spread(&centre, mean)
    while n > 0:
        m = BLOCK if n > BLOCK else n
        sum[0] += row_sum(&lane, d, m)
        spread(&dot, <real> 0)
        i = 0
        while i < m:
            get(&v, x + i, m - i)
            get(&w, d + i, m - i)
            v = v - centre
            fill_after(&v, m - i, &lane, <real> 0)
            dot = dot + w * v
            i += lanes(&lane)
        product[0] += <real> total(dot)
        d += m
        x += m
        n -= m


cdef void some_sums(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    real* mean, real* sum, real* product
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(width):
        sum[i] = 0
        product[i] = 0
    if step == 1:
        if real is float:
            add_run(<vf*> NULL, d, x, rows, mean[0], sum, product)
        else:
            add_run(<vd*> NULL, d, x, rows, mean[0], sum, product)
    elif step < NARROW and rows >= 4 * (WIDE // step):
        add_narrow_rows(d, x, rows, step, mean, sum, product)
    else:
        add_rows(d, x, rows, step, width, mean, sum, product)


cdef void sums_task(
    const real* d, const real* x, real* mean, real* sum, real* product,
    Py_ssize_t part_size, const Py_ssize_t* dim, Py_ssize_t task
) noexcept nogil:
    """One chunk of the reduced axis for one strip of columns of one outer index."""
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t part = task // strips   # (outer, chunk)
    cdef Py_ssize_t o = part // chunks, chunk = part % chunks
    cdef Py_ssize_t column = task % strips * STRIP
    cdef Py_ssize_t first = chunk * reduce // chunks
    cdef Py_ssize_t rows = (chunk + 1) * reduce // chunks - first
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    cdef Py_ssize_t place = (o * reduce + first) * inner + column
    some_sums(d + place, x + place, rows, inner, width, mean + o * inner + column,
              sum + part * part_size + column, product + part * part_size + column)


cdef int centred_sums(real** buf, const Py_ssize_t* dim, const double* attr,
                      int n_threads) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t tasks = outer * chunks * ((inner + STRIP - 1) // STRIP)
    cdef real* sum = buf[3]
    cdef real* product = buf[4]
    cdef real* parts = sum if chunks == 1 else buf[5]
    cdef real* part_products = product if chunks == 1 else buf[5] + inner
    cdef Py_ssize_t part_size = inner if chunks == 1 else 2 * inner
    cdef Py_ssize_t t, c, i
    if outer * dim[1] * inner < GRAIN:
        for t in range(tasks):
            sums_task(buf[0], buf[1], buf[2], parts, part_products, part_size, dim, t)
    else:
        for t in prange(tasks, schedule="static", num_threads=n_threads):
            sums_task(buf[0], buf[1], buf[2], parts, part_products, part_size, dim, t)
    if chunks == 1:
        return OK
    for t in range(outer):
        for i in range(inner):
            sum[t * inner + i] = 0
            product[t * inner + i] = 0
        for c in range(chunks):
            for i in range(inner):
                sum[t * inner + i] += parts[i]
                product[t * inner + i] += part_products[i]
            parts += part_size
            part_products += part_size
    return OK
