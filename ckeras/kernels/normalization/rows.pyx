"""Normalization row by row; a row stays in the cache for all its passes."""

from cython.parallel cimport prange
from libc cimport math

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vector.softmax_rows cimport (
    GRAIN, fill_after, number_lanes, row_sum, rows_at_once, total,
)


cdef inline real root(real x) noexcept nogil:
    return math.sqrtf(x) if real is float else math.sqrt(x)


# --- forward -------------------------------------------------------------------------


cdef inline real squares_around(
    vec* lane, const real* x, Py_ssize_t n, real mean
) noexcept nogil:
    """sum((x - mean)²)."""
    cdef vec v, centre, sum
    cdef Py_ssize_t i = 0
    spread(&centre, mean)
    spread(&sum, <real> 0)
    while i < n:
        get(&v, x + i, n - i)
        v = v - centre
        fill_after(&v, n - i, lane, <real> 0)
        sum = sum + v * v
        i += lanes(lane)
    return <real> total(sum)


cdef inline void normalize_row(
    vec* lane, const real* x, const real* gamma, const real* beta, real* y,
    Py_ssize_t n, real mean, real inverse
) noexcept nogil:
    """y = (x - mean) · inverse · gamma + beta, unless beta is NULL."""
    cdef vec v, g, b, centre, factor
    cdef Py_ssize_t i = 0
    spread(&centre, mean)
    spread(&factor, inverse)
    while i < n:
        get(&v, x + i, n - i)
        get(&g, gamma + i, n - i)
        v = (v - centre) * factor * g
        if beta != NULL:
            get(&b, beta + i, n - i)
            v = v + b
        put(y + i, &v, n - i)
        i += lanes(lane)


cdef inline void forward_rows(
    vec* tag, const real* x, const real* gamma, const real* beta, real* y, real* mean,
    real* inverse, Py_ssize_t n, real epsilon, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    """Rows first ... end - 1; mean is NULL for the root mean square."""
    cdef real centre = 0, squares
    cdef Py_ssize_t r
    cdef vec numbers
    cdef vec* lane = &numbers
    number_lanes(lane)
    for r in range(first, end):
        if mean != NULL:
            centre = row_sum(lane, x + r * n, n) / <real> n
            mean[r] = centre
        squares = squares_around(lane, x + r * n, n, centre)
        inverse[r] = 1 / root(squares / <real> n + epsilon)
        normalize_row(lane, x + r * n, gamma, beta, y + r * n, n, centre, inverse[r])


cdef void some_forward(
    const real* x, const real* gamma, const real* beta, real* y, real* mean,
    real* inverse, Py_ssize_t n, double epsilon, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    if real is float:
        forward_rows(<vf*> NULL, x, gamma, beta, y, mean, inverse, n, <real> epsilon,
                     first, end)
    else:
        forward_rows(<vd*> NULL, x, gamma, beta, y, mean, inverse, n, <real> epsilon,
                     first, end)


cdef int forward(
    const real* x, const real* gamma, const real* beta, real* y, real* mean,
    real* inverse, const Py_ssize_t* dim, double epsilon, int n_threads
) noexcept nogil:
    cdef Py_ssize_t rows = dim[0], n = dim[1], b, end
    cdef Py_ssize_t block = rows_at_once(n)
    if rows * n < GRAIN:
        some_forward(x, gamma, beta, y, mean, inverse, n, epsilon, 0, rows)
        return OK
    for b in prange((rows + block - 1) // block, schedule="static",
                    num_threads=n_threads):
        end = rows if rows - b * block < block else (b + 1) * block
        some_forward(x, gamma, beta, y, mean, inverse, n, epsilon, b * block, end)
    return OK


cdef int layer_norm(real** buf, const Py_ssize_t* dim, const double* attr,
                    int n_threads) noexcept nogil:
    return forward(buf[0], buf[1], buf[2], buf[3], buf[4], buf[5], dim, attr[0],
                   n_threads)


cdef int rms_norm(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil:
    return forward(buf[0], buf[1], <const real*> NULL, buf[2], <real*> NULL, buf[3],
                   dim, attr[0], n_threads)


# --- backward ------------------------------------------------------------------------


cdef inline void gradient_row(
    vec* lane, const real* x, const real* gamma, const real* d_y, real* d_x,
    real* d_gamma, real* d_beta, Py_ssize_t n, real mean, real inverse
) noexcept nogil:
    """d_x of one row; adds its part to d_gamma, and to d_beta unless that is NULL."""
    cdef vec v, d, g, w, centre, factor, sum, dot
    cdef Py_ssize_t i = 0
    spread(&centre, mean)
    spread(&factor, inverse)
    spread(&sum, <real> 0)
    spread(&dot, <real> 0)
    while i < n:
        get(&v, x + i, n - i)
        get(&d, d_y + i, n - i)
        get(&g, gamma + i, n - i)
        v = (v - centre) * factor
        get(&w, d_gamma + i, n - i)
        w = w + d * v
        put(d_gamma + i, &w, n - i)
        if d_beta != NULL:
            get(&w, d_beta + i, n - i)
            w = w + d
            put(d_beta + i, &w, n - i)
        # Beyond the row gamma and d are zeros.
        g = g * d
        sum = sum + g
        dot = dot + g * v
        i += lanes(lane)
    spread(&dot, <real> total(dot) / <real> n)
    if d_beta != NULL:
        spread(&sum, <real> total(sum) / <real> n)
    else:
        spread(&sum, <real> 0)
    i = 0
    while i < n:
        get(&v, x + i, n - i)
        get(&d, d_y + i, n - i)
        get(&g, gamma + i, n - i)
        v = (v - centre) * factor
        v = factor * ((g * d - sum) - v * dot)
        put(d_x + i, &v, n - i)
        i += lanes(lane)


cdef inline void backward_rows(
    vec* tag, const real* x, const real* gamma, const real* mean, const real* inverse,
    const real* d_y, real* d_x, real* d_gamma, real* d_beta, Py_ssize_t n,
    Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t r, i
    cdef real centre = 0
    cdef vec numbers
    cdef vec* lane = &numbers
    number_lanes(lane)
    for i in range(n):
        d_gamma[i] = 0
        if d_beta != NULL:
            d_beta[i] = 0
    for r in range(first, end):
        if mean != NULL:
            centre = mean[r]
        gradient_row(lane, x + r * n, gamma, d_y + r * n, d_x + r * n, d_gamma, d_beta,
                     n, centre, inverse[r])


cdef void backward_chunk(
    const real* x, const real* gamma, const real* mean, const real* inverse,
    const real* d_y, real* d_x, real* work, const Py_ssize_t* dim, Py_ssize_t chunk
) noexcept nogil:
    """One chunk of the rows; its sums go to its part of the workspace."""
    cdef Py_ssize_t rows = dim[0], n = dim[1], chunks = dim[2]
    cdef Py_ssize_t first = chunk * rows // chunks, end = (chunk + 1) * rows // chunks
    cdef real* d_gamma = work + chunk * n * (1 if mean == NULL else 2)
    cdef real* d_beta = NULL if mean == NULL else d_gamma + n
    if real is float:
        backward_rows(<vf*> NULL, x, gamma, mean, inverse, d_y, d_x, d_gamma, d_beta,
                      n, first, end)
    else:
        backward_rows(<vd*> NULL, x, gamma, mean, inverse, d_y, d_x, d_gamma, d_beta,
                      n, first, end)


cdef void add_parts(
    const real* work, real* out, Py_ssize_t n, Py_ssize_t step, Py_ssize_t chunks
) noexcept nogil:
    cdef Py_ssize_t c, i
    for i in range(n):
        out[i] = 0
    for c in range(chunks):
        for i in range(n):
            out[i] = out[i] + work[c * step + i]


cdef int backward(
    const real* x, const real* gamma, const real* mean, const real* inverse,
    const real* d_y, real* d_x, real* d_gamma, real* d_beta, real* work,
    const Py_ssize_t* dim, int n_threads
) noexcept nogil:
    cdef Py_ssize_t n = dim[1], chunks = dim[2], c
    cdef Py_ssize_t step = n if mean == NULL else 2 * n
    if dim[0] * n < GRAIN:
        for c in range(chunks):
            backward_chunk(x, gamma, mean, inverse, d_y, d_x, work, dim, c)
    else:
        for c in prange(chunks, schedule="static", num_threads=n_threads):
            backward_chunk(x, gamma, mean, inverse, d_y, d_x, work, dim, c)
    add_parts(work, d_gamma, n, step, chunks)
    if d_beta != NULL:
        add_parts(work + n, d_beta, n, step, chunks)
    return OK


cdef int layer_norm_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                             int n_threads) noexcept nogil:
    return backward(buf[0], buf[1], buf[2], buf[3], buf[4], buf[5], buf[6], buf[7],
                    buf[8], dim, n_threads)


cdef int rms_norm_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                           int n_threads) noexcept nogil:
    return backward(buf[0], buf[1], <const real*> NULL, buf[2], buf[3], buf[4], buf[5],
                    <real*> NULL, buf[6], dim, n_threads)
