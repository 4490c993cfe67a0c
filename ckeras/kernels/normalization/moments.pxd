"""Means and variances along one axis, and the sums that their gradients need.

x is (outer, reduce, inner), as in reduce.pxd: with inner = 1 the reduced numbers are
neighbours, else they are columns. The reduced axis may be divided into chunks, whose
partial sums go through the workspace and are added in order.
"""

from ckeras.kernels.types cimport real

# mean[o, i] and variance[o, i] of x[o, :, i], the variance divided by `reduce`.
# buf: x, mean, variance, work (outer · chunks · 2 · inner numbers, if chunks > 1).
# dim: outer, reduce, inner, chunks.
cdef int moments(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil

# total[o, i] = sum over r of d[o, r, i]
# product[o, i] = sum over r of d[o, r, i] (x[o, r, i] - mean[o, i])
# buf: d, x, mean, total, product, work (as above). dim: outer, reduce, inner, chunks.
cdef int centred_sums(real** buf, const Py_ssize_t* dim, const double* attr,
                      int n_threads) noexcept nogil
