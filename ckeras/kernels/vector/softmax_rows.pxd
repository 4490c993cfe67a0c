"""What softmax and the cross-entropies do to one row of n numbers.

The last vector of a row is padded: with -infinity for the maximum, with zeros for sums.
`lane` are the numbers of the lanes, by which it is told apart.
"""

from libc.math cimport INFINITY

from ckeras.kernels.matrix.gemm_tile cimport (
    get, lanes, load, put, spread, vec,
)
from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, peak_d, peak_f, total_d, total_f, vd, vf,
)
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport exp, greater, if_less

cdef enum:
    GRAIN = 1 << 14   # elements below which a second thread does not pay
    BLOCK = 1 << 12   # elements, about, that one thread takes at a time


cdef inline Py_ssize_t rows_at_once(Py_ssize_t n) noexcept nogil:
    """Rows of n elements that one thread takes at a time."""
    return BLOCK // n + 1 if n > 0 else BLOCK


cdef inline double total(vec v) noexcept nogil:
    if vec is vf:
        return total_f(v)
    else:
        return total_d(v)


cdef inline double largest(vec v) noexcept nogil:
    if vec is vf:
        return peak_f(v)
    else:
        return peak_d(v)


cdef inline void number_lanes(vec* v) noexcept nogil:
    """0, 1, 2, ...: compared with a count, they tell which lanes belong to a row."""
    cdef float f[LANES_F]
    cdef double d[LANES_D]
    cdef int i
    if vec is vf:
        for i in range(LANES_F):
            f[i] = <float> i
        load(v, f)
    else:
        for i in range(LANES_D):
            d[i] = i
        load(v, d)


cdef inline void fill_after(
    vec* v, Py_ssize_t n, vec* lane, real value
) noexcept nogil:
    """Sets the lanes from the n-th on to a value."""
    cdef vec count, filler
    if n < lanes(v):
        spread(&count, <real> n)
        spread(&filler, value)
        v[0] = if_less(lane[0], count, v[0], filler)


cdef inline real row_max(vec* lane, const real* x, Py_ssize_t n) noexcept nogil:
    """The largest number that is not NaN; -infinity if there is none."""
    cdef vec top, v
    cdef Py_ssize_t i = 0
    spread(&top, <real> -INFINITY)
    while i < n:
        get(&v, x + i, n - i)
        fill_after(&v, n - i, lane, <real> -INFINITY)
        top = greater(v, top)
        i += lanes(lane)
    return <real> largest(top)


cdef inline real row_sum(vec* lane, const real* x, Py_ssize_t n) noexcept nogil:
    cdef vec sum, v
    cdef Py_ssize_t i = 0
    spread(&sum, <real> 0)
    while i < n:
        get(&v, x + i, n - i)
        sum = sum + v
        i += lanes(lane)
    return <real> total(sum)


cdef inline real row_exp(
    vec* lane, const real* x, real* y, Py_ssize_t n, real top
) noexcept nogil:
    """y[i] = exp(x[i] - top), unless y is NULL; their sum."""
    cdef vec sum, v, high
    cdef Py_ssize_t i = 0
    spread(&sum, <real> 0)
    spread(&high, top)
    while i < n:
        get(&v, x + i, n - i)
        v = exp(v - high)
        if y != NULL:
            put(y + i, &v, n - i)
        fill_after(&v, n - i, lane, <real> 0)
        sum = sum + v
        i += lanes(lane)
    return <real> total(sum)
