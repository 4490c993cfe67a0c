"""Matrix products: c = op(a)·op(b), with what follows in the tile.

    matmul   buf  a, b, c, workspace
             c[g] = op(a[g])·op(b[g]) for every g; op(a) is m×k, op(b) k×n
             dim  0 m   1 n   2 k   3 a is k×m   4 b is n×k
                  5 groups   6 whether b is the same for all groups   7 slots
    dense    buf  x, w, bias, scale, residual, y, workspace
             y = activation(x·w · scale + bias + residual), each of which may be NULL;
             x m×k, w k×n, bias and scale n, residual m×n; where `stores_once(m, n, k)`,
             residual may be y
             dim  0 m   1 n   2 k   3 Activation of gemm_tile.pxd   4 slots
    kept_rows   buf  a (m, k), b, mask (m,), bias (or NULL), c, workspace
                c[i] = a[i]·op(b) + bias for the rows whose mask is not 0; others are
                zeros or, unless it fills, left as they are
                dim  0 m   1 n   2 k   3 b is n×k   4 whether it fills   5 slots
    kept_outer  buf  a (k, m), b (k, n), mask (k,), c, workspace
                c = sum over the rows whose mask is not 0 of a[p]ᵀ·b[p]
                dim  0 m   1 n   2 k   3 slots

The workspace has `workspace_bytes(m, n, k, ...)` bytes, enough for as many threads as
`slots` says; that of the last two `kept_workspace_bytes(...)`. Each element of c is one
sum over k in the order of k, cut into parts at fixed places (with a mask: at fixed
numbers of rows that count): its bits do not depend on the number of threads.
"""

from ckeras.kernels.matrix.gemm_tile cimport Epilogue
from ckeras.kernels.types cimport real

cdef int matmul(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int dense(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int kept_rows(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int kept_outer(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

# The rate of the register tile alone, on operands in the first-level cache:
# buf a (TILE_ROWS × k), b (k × 2 vectors), c; dim 0 k, 1 repetitions.
cdef int peak(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
