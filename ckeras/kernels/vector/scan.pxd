"""Places of extremes along one axis of a contiguous array, and running sums; axes o
(outer), r (searched or summed), i (inner).
"""

from ckeras.kernels.types cimport number

# out[o, i] = the first r where x[o, r, i] is largest (smallest) or NaN, as int32.
# Subnormal numbers count for what they are.
# buf: x, out (int32). dim: outer, reduce (at least 1), inner.
cdef int argmax(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil
cdef int argmin(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil

# out[o, r, i] = sum of x[o, q, i] over q <= r, or over q >= r if reverse.
# buf: x, out (may be x). dim: outer, reduce, inner, reverse.
cdef int cumsum(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil
