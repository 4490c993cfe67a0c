"""Layer and root-mean-square normalization of `rows` rows of n numbers, and gradients.

With the mean m (0 for rms_norm) and v the mean of (x - m)², of each row,

    x̂ = (x - m) · inverse,   inverse = 1 / √(v + epsilon),   y = x̂ · gamma + beta

and, with g = d_y · gamma,

    d_x = inverse · (g - mean(g) - x̂ · mean(g x̂)),
    d_gamma = sum over rows of d_y x̂,   d_beta = sum over rows of d_y

where rms_norm has no mean(g) and no beta. y may be x, and d_x may be x or d_y. Rows are
divided into chunks, whose parts of d_gamma and d_beta are added in order.
"""

from ckeras.kernels.types cimport real

# buf: x, gamma, beta, y, mean, inverse. dim: rows, n. attr: epsilon.
cdef int layer_norm(real** buf, const Py_ssize_t* dim, const double* attr,
                    int n_threads) noexcept nogil

# buf: x, gamma, y, inverse. dim: rows, n. attr: epsilon.
cdef int rms_norm(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil

# buf: x, gamma, mean, inverse, d_y, d_x, d_gamma, d_beta, work (chunks · 2n numbers).
# dim: rows, n, chunks.
cdef int layer_norm_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                             int n_threads) noexcept nogil

# buf: x, gamma, inverse, d_y, d_x, d_gamma, work (chunks · n numbers).
# dim: rows, n, chunks.
cdef int rms_norm_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                           int n_threads) noexcept nogil
