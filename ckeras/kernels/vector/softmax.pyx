"""Softmax and log-softmax, row by row; a row stays in the cache for all its passes."""

from cython.parallel cimport prange
from libc cimport math

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.vector.softmax_rows cimport (
    GRAIN, number_lanes, row_exp, row_max, row_sum, rows_at_once, total,
)
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport div, exp

cdef enum:
    SOFTMAX
    LOG_SOFTMAX
    SOFTMAX_GRADIENT
    LOG_SOFTMAX_GRADIENT


cdef inline void softmax_row(
    vec* lane, const real* x, real* y, Py_ssize_t n
) noexcept nogil:
    cdef vec v, sum
    cdef Py_ssize_t i = 0
    spread(&sum, row_exp(lane, x, y, n, row_max(lane, x, n)))
    while i < n:
        get(&v, y + i, n - i)
        v = div(v, sum)
        put(y + i, &v, n - i)
        i += lanes(lane)


cdef inline void log_softmax_row(
    vec* lane, const real* x, real* y, Py_ssize_t n
) noexcept nogil:
    cdef vec v, high, log_sum
    cdef real top = row_max(lane, x, n)
    cdef Py_ssize_t i = 0
    spread(&high, top)
    spread(&log_sum, <real> math.log(row_exp(lane, x, <real*> NULL, n, top)))
    while i < n:
        get(&v, x + i, n - i)
        v = (v - high) - log_sum
        put(y + i, &v, n - i)
        i += lanes(lane)


cdef inline void softmax_gradient_row(
    vec* lane, const real* y, const real* d_y, real* d_x, Py_ssize_t n
) noexcept nogil:
    cdef vec v, d, dot
    cdef Py_ssize_t i = 0
    spread(&dot, <real> 0)
    while i < n:
        get(&v, y + i, n - i)
        get(&d, d_y + i, n - i)
        dot = dot + v * d
        i += lanes(lane)
    spread(&dot, <real> total(dot))
    i = 0
    while i < n:
        get(&v, y + i, n - i)
        get(&d, d_y + i, n - i)
        v = v * (d - dot)
        put(d_x + i, &v, n - i)
        i += lanes(lane)


cdef inline void log_softmax_gradient_row(
    vec* lane, const real* y, const real* d_y, real* d_x, Py_ssize_t n
) noexcept nogil:
    cdef vec v, d, sum
    cdef Py_ssize_t i = 0
    spread(&sum, row_sum(lane, d_y, n))
    while i < n:
        get(&v, y + i, n - i)
        get(&d, d_y + i, n - i)
        v = d - exp(v) * sum
        put(d_x + i, &v, n - i)
        i += lanes(lane)


cdef inline void rows_of(
    vec* tag, const int kind, real** buf, Py_ssize_t n, Py_ssize_t first,
    Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t r
    cdef vec numbers
    cdef vec* lane = &numbers
    number_lanes(lane)
    for r in range(first, end):
        if kind == SOFTMAX:
            softmax_row(lane, buf[0] + r * n, buf[1] + r * n, n)
        elif kind == LOG_SOFTMAX:
            log_softmax_row(lane, buf[0] + r * n, buf[1] + r * n, n)
        elif kind == SOFTMAX_GRADIENT:
            softmax_gradient_row(
                lane, buf[0] + r * n, buf[1] + r * n, buf[2] + r * n, n)
        else:
            log_softmax_gradient_row(
                lane, buf[0] + r * n, buf[1] + r * n, buf[2] + r * n, n)


cdef inline void some_rows(
    const int kind, real** buf, Py_ssize_t n, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    if real is float:
        rows_of(<vf*> NULL, kind, buf, n, first, end)
    else:
        rows_of(<vd*> NULL, kind, buf, n, first, end)


cdef inline int all_rows(
    const int kind, real** buf, const Py_ssize_t* dim, int n_threads
) noexcept nogil:
    cdef Py_ssize_t rows = dim[0], n = dim[1], b, end
    cdef Py_ssize_t block = rows_at_once(n)
    if rows * n < GRAIN:
        some_rows(kind, buf, n, 0, rows)
        return OK
    for b in prange((rows + block - 1) // block, schedule="static",
                    num_threads=n_threads):
        end = rows if rows - b * block < block else (b + 1) * block
        some_rows(kind, buf, n, b * block, end)
    return OK


cdef int softmax(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    return all_rows(SOFTMAX, buf, dim, n_threads)


cdef int log_softmax(real** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil:
    return all_rows(LOG_SOFTMAX, buf, dim, n_threads)


cdef int softmax_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                          int n_threads) noexcept nogil:
    return all_rows(SOFTMAX_GRADIENT, buf, dim, n_threads)


cdef int log_softmax_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                              int n_threads) noexcept nogil:
    return all_rows(LOG_SOFTMAX_GRADIENT, buf, dim, n_threads)
