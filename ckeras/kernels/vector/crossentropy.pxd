"""Cross-entropies between true and predicted distributions, and their gradients.

mode says what x is and how its logarithms are had, for the rows of n classes:
  0  probabilities: q = x / sum(x), logarithm of c = min(max(q, epsilon), 1 - epsilon)
  1  logits, through probabilities: p = softmax(x), then as in mode 0 with p for x
  2  logits, directly: x - max - log(sum exp(x - max)); p = softmax(x)
In binary ones, n numbers each with its own probability, q is x itself and softmax the
sigmoid. Where the bounds of c are met, no gradient passes; half of it where q is one.
"""

from ckeras.kernels.types cimport real

# loss[r] = -sum over i of t[r, i] log c[r, i]. buf: t, x, loss, p. In mode 0 there is
# no p; else p may be x. dim: rows, n, mode. attr: epsilon.
cdef int categorical(real** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil

# The gradient with respect to x. buf: t, p (in mode 0 x), d_loss, d_x.
# In mode 2 d_x may be t or p. dim: rows, n, mode. attr: epsilon.
cdef int categorical_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                              int n_threads) noexcept nogil

# loss[r] = -log c[r, label[r]]. buf: label (int32), x, loss, p; as for `categorical`.
# dim: rows, n, mode, strict. A label that is no class gives INDEX_OUT_OF_RANGE if
# strict, else a loss and gradients of 0.
cdef int sparse(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil

# The gradient with respect to x. buf: label (int32), p (in mode 0 x), d_loss, d_x.
# d_x may be p. dim: rows, n, mode. attr: epsilon.
cdef int sparse_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil

# loss[i] = -t[i] log c[i] - (1 - t[i]) log(1 - c[i]). buf: t, x, loss, p (only in mode
# 1; there it may be x). dim: n, mode. attr: epsilon.
cdef int binary(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil

# The gradient with respect to x. buf: t, x (in mode 1 p), d_loss, d_x (which may be any
# of the others). dim: n, mode. attr: epsilon.
cdef int binary_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil
