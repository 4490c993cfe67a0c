"""Reductions along one axis of a contiguous array, axes o (outer), r (reduced), i
(inner).

Every result is put together in an order that the shape alone fixes: a balanced tree
over blocks, so that rounding errors grow with the logarithm of the size.
"""

from ckeras.kernels.types cimport number, real

# out[o, i] = sum over r of x[o, r, i]; 0 if there are none.
# buf: x, out, work. dim: outer, reduce, inner, n_chunks.
# n_chunks (1..32) parts of the reduced axis are taken apart and then joined; more than
# one needs work: n_chunks · outer · inner elements.
cdef int sum(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil

# The same with a product; 1 if there are no elements.
cdef int prod(number** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# The same with the largest and smallest element; NaN where there is one.
cdef int max(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil
cdef int min(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil

# out[i] = sum over the r whose mask is not 0 of x[r, i]; other rows are not read.
# buf: x, mask (bool), out, work. dim: reduce, inner, n_chunks; work as for `sum`.
cdef int kept_sum(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil

# The sum divided by `reduce`. Operands as for `sum`.
cdef int mean(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# out[0] = sum of x². buf: x, out, work. dim: n, n_chunks. work: n_chunks elements.
cdef int sum_of_squares(real** buf, const Py_ssize_t* dim, const double* attr,
                        int n_threads) noexcept nogil
