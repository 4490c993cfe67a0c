"""Softmax over the last axis of `rows` rows of n numbers, and its gradient.

buf[0:2] are read at an index before out is written there: out may be either.
"""

from ckeras.kernels.types cimport real

# y[r, i] = exp(x[r, i] - max) / sum over j of exp(x[r, j] - max). buf: x, y.
# dim: rows, n.
cdef int softmax(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil

# y[r, i] = x[r, i] - max - log(sum over j of exp(x[r, j] - max)). buf: x, y.
# dim: rows, n.
cdef int log_softmax(real** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil

# d_x[r, i] = y[r, i] (d_y[r, i] - sum over j of d_y[r, j] y[r, j]). buf: y, d_y, d_x.
# dim: rows, n.
cdef int softmax_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                          int n_threads) noexcept nogil

# d_x[r, i] = d_y[r, i] - exp(y[r, i]) · sum over j of d_y[r, j]. buf: y, d_y, d_x.
# dim: rows, n.
cdef int log_softmax_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                              int n_threads) noexcept nogil
