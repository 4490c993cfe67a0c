"""Means, variances and centred sums in one pass over the numbers.

Both kernels need two sums around a centre c, for every column:

    total = sum(d),  product = sum(d (x - c)),  where moments has d = x - c

so that mean = c + total / n and variance = (product - total² / n) / n. For moments the
centre is the mean of a few rows from all over the axis: as it lies well within the
numbers, the difference loses about one bit, however large the mean is.
(Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983.)
"""

from cython.parallel cimport prange

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, spread, vec
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vector.softmax_rows cimport (
    fill_after, number_lanes, total,
)

cdef enum:
    BLOCK_ROWS = 64    # rows that become one term of a sum
    STRIP = 512        # columns summed together
    NARROW = 64        # columns below which several rows are taken as one
    WIDE = 128         # and how many columns they then have, at most
    BLOCK = 1 << 10    # neighbours that become one term of a sum
    SAMPLES = 16       # rows whose mean is the centre
    GRAIN = 1 << 15    # elements below which a second thread does not pay


# --- columns -------------------------------------------------------------------------


cdef inline void add_squares(
    const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    const real* centre, real* sum, real* product
) noexcept nogil:
    """The sums of a block of rows with d = x - c."""
    cdef Py_ssize_t i, r, r_4 = rows - rows % 4
    cdef real a, b, c, d
    cdef const real* top = x
    for r in range(0, r_4, 4):
        x = top + r * step
        for i in range(width):
            a = x[i] - centre[i]
            b = x[step + i] - centre[i]
            c = x[2 * step + i] - centre[i]
            d = x[3 * step + i] - centre[i]
            sum[i] = sum[i] + ((a + b) + (c + d))
            product[i] = product[i] + ((a * a + b * b) + (c * c + d * d))
    for r in range(r_4, rows):
        x = top + r * step
        for i in range(width):
            a = x[i] - centre[i]
            sum[i] = sum[i] + a
            product[i] = product[i] + a * a


cdef inline void add_products(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    const real* centre, real* sum, real* product
) noexcept nogil:
    """The sums of a block of rows."""
    cdef Py_ssize_t i, r, r_2 = rows - rows % 2
    cdef const real* top_d = d
    cdef const real* top = x
    for r in range(0, r_2, 2):
        d = top_d + r * step
        x = top + r * step
        for i in range(width):
            sum[i] = sum[i] + (d[i] + d[step + i])
            product[i] = product[i] + (
                d[i] * (x[i] - centre[i]) + d[step + i] * (x[step + i] - centre[i]))
    if r_2 < rows:
        d = top_d + r_2 * step
        x = top + r_2 * step
        for i in range(width):
            sum[i] = sum[i] + d[i]
            product[i] = product[i] + d[i] * (x[i] - centre[i])


cdef void add_rows(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    real* centre, real* sum, real* product
) noexcept nogil:
    """Adds rows to the sums of at most STRIP columns, block by block."""
    cdef real block_sum[STRIP]
    cdef real block_product[STRIP]
    cdef Py_ssize_t i, n, done = 0
    while done < rows:
        n = BLOCK_ROWS if rows - done > BLOCK_ROWS else rows - done
        for i in range(width):
            block_sum[i] = 0
            block_product[i] = 0
        if d == NULL:
            add_squares(x + done * step, n, step, width, centre, block_sum,
                        block_product)
        else:
            add_products(d + done * step, x + done * step, n, step, width, centre,
                         block_sum, block_product)
        for i in range(width):
            sum[i] = sum[i] + block_sum[i]
            product[i] = product[i] + block_product[i]
        done += n


cdef void add_narrow_rows(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t width, real* centre,
    real* sum, real* product
) noexcept nogil:
    """Contiguous rows of few columns: several rows are taken as one."""
    cdef real wide_centre[WIDE]
    cdef real wide_sum[WIDE]
    cdef real wide_product[WIDE]
    cdef Py_ssize_t group = WIDE // width
    cdef Py_ssize_t n = rows // group * group * width, g, i
    for g in range(group):
        for i in range(width):
            wide_centre[g * width + i] = centre[i]
            wide_sum[g * width + i] = 0
            wide_product[g * width + i] = 0
    add_rows(d, x, rows // group, group * width, group * width, wide_centre, wide_sum,
             wide_product)
    for g in range(group):
        for i in range(width):
            sum[i] = sum[i] + wide_sum[g * width + i]
            product[i] = product[i] + wide_product[g * width + i]
    add_rows(d if d == NULL else d + n, x + n, rows % group, width, width, centre, sum,
             product)


# --- neighbours ----------------------------------------------------------------------


cdef inline void add_run(
    vec* tag, const real* d, const real* x, Py_ssize_t n, real centre, real* sum,
    real* product
) noexcept nogil:
    """Adds n neighbours to the sums, block by block."""
    cdef vec lane, v, w, c, all_d, dot
    cdef Py_ssize_t i, m, done = 0
    number_lanes(&lane)
    spread(&c, centre)
    while done < n:
        m = BLOCK if n - done > BLOCK else n - done
        spread(&all_d, <real> 0)
        dot = all_d
        i = 0
        while i < m:
            get(&v, x + done + i, m - i)
            v = v - c
            fill_after(&v, m - i, &lane, <real> 0)
            w = v
            if d != NULL:
                get(&w, d + done + i, m - i)
            all_d = all_d + w
            dot = dot + w * v
            i += lanes(&lane)
        sum[0] += <real> total(all_d)
        product[0] += <real> total(dot)
        done += m


# --- tasks ---------------------------------------------------------------------------


cdef void add_part(
    const real* d, const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width,
    real* centre, real* sum, real* product
) noexcept nogil:
    """The sums of some rows of a strip of columns."""
    cdef Py_ssize_t i
    for i in range(width):
        sum[i] = 0
        product[i] = 0
    if step == 1:
        if real is float:
            add_run(<vf*> NULL, d, x, rows, centre[0], sum, product)
        else:
            add_run(<vd*> NULL, d, x, rows, centre[0], sum, product)
    elif step < NARROW and rows >= 4 * (WIDE // step):
        add_narrow_rows(d, x, rows, step, centre, sum, product)
    else:
        add_rows(d, x, rows, step, width, centre, sum, product)


cdef void task(
    real** buf, real* sum, real* product, const Py_ssize_t* dim, Py_ssize_t t,
    bint sums
) noexcept nogil:
    """One chunk of the reduced axis for one strip of columns of one outer index."""
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t part = t // strips   # (outer, chunk)
    cdef Py_ssize_t o = part // chunks, chunk = part % chunks
    cdef Py_ssize_t column = t % strips * STRIP
    cdef Py_ssize_t first = chunk * reduce // chunks
    cdef Py_ssize_t rows = (chunk + 1) * reduce // chunks - first
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    cdef Py_ssize_t place = (o * reduce + first) * inner + column
    cdef Py_ssize_t out = part * (inner if chunks == 1 else 2 * inner) + column
    cdef real centre[STRIP]
    if sums:
        add_part(buf[0] + place, buf[1] + place, rows, inner, width,
                 buf[2] + o * inner + column, sum + out, product + out)
    else:
        sample(buf[0] + o * reduce * inner + column, reduce, inner, width, centre)
        add_part(<const real*> NULL, buf[0] + place, rows, inner, width, centre,
                 sum + out, product + out)


cdef void sample(
    const real* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, real* centre
) noexcept nogil:
    """The mean of a few rows; the same for all chunks."""
    cdef Py_ssize_t n = rows if rows < SAMPLES else SAMPLES
    cdef Py_ssize_t i, s, apart = rows // n * step
    for i in range(width):
        centre[i] = 0
    for s in range(n):
        for i in range(width):
            centre[i] = centre[i] + x[s * apart + i] / <real> n


cdef void join_chunks(
    const real* work, real* sum, real* product, Py_ssize_t inner, Py_ssize_t chunks
) noexcept nogil:
    """Adds (chunks, 2, inner) partial sums."""
    cdef Py_ssize_t c, i
    for i in range(inner):
        sum[i] = 0
        product[i] = 0
    for c in range(chunks):
        for i in range(inner):
            sum[i] = sum[i] + work[c * 2 * inner + i]
            product[i] = product[i] + work[(c * 2 + 1) * inner + i]


cdef void run_tasks(
    real** buf, real* sum, real* product, real* work, const Py_ssize_t* dim, bint sums,
    int n_threads
) noexcept nogil:
    """Both sums of all columns; the chunks' parts are added in order."""
    cdef Py_ssize_t outer = dim[0], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t tasks = outer * chunks * ((inner + STRIP - 1) // STRIP)
    cdef real* parts = sum if chunks == 1 else work
    cdef real* part_products = product if chunks == 1 else work + inner
    cdef Py_ssize_t t
    if outer * dim[1] * inner < GRAIN:
        for t in range(tasks):
            task(buf, parts, part_products, dim, t, sums)
    else:
        for t in prange(tasks, schedule="static", num_threads=n_threads):
            task(buf, parts, part_products, dim, t, sums)
    if chunks == 1:
        return
    for t in range(outer):
        join_chunks(work + t * chunks * 2 * inner, sum + t * inner,
                    product + t * inner, inner, chunks)


cdef void finish(
    const real* x, real* mean, real* variance, Py_ssize_t reduce, Py_ssize_t inner
) noexcept nogil:
    """From the sums around the centre of one outer index to its moments."""
    cdef Py_ssize_t i, s, column, width
    cdef real count = <real> reduce
    cdef real centre[STRIP]
    for s in range((inner + STRIP - 1) // STRIP):
        column = s * STRIP
        width = STRIP if inner - column > STRIP else inner - column
        sample(x + column, reduce, inner, width, centre)
        for i in range(column, column + width):
            # Rounding may leave a little less than nothing; NaN stays.
            variance[i] = variance[i] / count - (mean[i] / count) * (mean[i] / count)
            variance[i] = <real> 0 if variance[i] < 0 else variance[i]
            mean[i] = centre[i - column] + mean[i] / count


cdef int moments(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], reduce = dim[1], inner = dim[2], t
    cdef real zero = 0
    cdef real* mean = buf[1]
    cdef real* variance = buf[2]
    if reduce == 0:
        for t in range(outer * inner):
            mean[t] = variance[t] = zero / zero
        return OK
    run_tasks(buf, mean, variance, buf[3] if dim[3] > 1 else NULL, dim, False,
              n_threads)
    for t in range(outer):
        finish(buf[0] + t * reduce * inner, mean + t * inner, variance + t * inner,
               reduce, inner)
    return OK


cdef int centred_sums(real** buf, const Py_ssize_t* dim, const double* attr,
                      int n_threads) noexcept nogil:
    run_tasks(buf, buf[3], buf[4], buf[5] if dim[3] > 1 else NULL, dim, True, n_threads)
    return OK
