"""Mean and squared deviations of neighbours, and how two such results become one."""

from ckeras.kernels.matrix.gemm_tile cimport lanes, spread, vec
from ckeras.kernels.types cimport real
from ckeras.kernels.vector.softmax_rows cimport fill_after, get, row_sum, total

cdef enum:
    BLOCK = 1 << 12   # elements that are read twice while they are in cache


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


cdef inline void combine(
    real* mean, real* squares, Py_ssize_t n, real mean_b, real squares_b, Py_ssize_t m
) noexcept nogil:
    """Mean and squared deviations of n numbers, joined by those of m more.

    Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing
    sample variances (1979).
    """
    cdef real delta = mean_b - mean[0]
    cdef real share = <real> m / <real> (n + m)
    mean[0] += delta * share
    squares[0] += squares_b + delta * delta * (share * <real> n)


cdef inline void row_moments(
    vec* lane, const real* x, Py_ssize_t n, real* mean, real* squares
) noexcept nogil:
    """The mean of n > 0 neighbours and the sum of their squared deviations."""
    cdef Py_ssize_t m = n if n < BLOCK else BLOCK
    cdef Py_ssize_t done = 0
    cdef real mean_b, squares_b
    mean[0] = 0
    squares[0] = 0
    while done < n:
        if n - done < m:
            m = n - done
        mean_b = row_sum(lane, x + done, m) / <real> m
        squares_b = squares_around(lane, x + done, m, mean_b)
        if done == 0:
            mean[0] = mean_b
            squares[0] = squares_b
        else:
            combine(mean, squares, done, mean_b, squares_b, m)
        done += m
