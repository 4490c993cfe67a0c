"""Rows picked and rows added to, at indices that are known only at run time.

Indices are int32 or int64 (`index size`: 4 or 8 bytes). Negative ones count from the
end. One outside the table gives INDEX_OUT_OF_RANGE before anything is written.
Every element is computed by one thread, its terms added in the order of the indices.
"""

from ckeras.kernels.types cimport number


# out[i, :] = source[rows[i], :], rows as int64 that do not wrap: the batch feeder.
# buf: source, rows, out. dim: rows to gather, bytes of a row, rows in source.
cdef int gather_rows(void** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil

# out[o, i, :] = table[o, index[i], :]
# buf: table, index, out.
# dim: outer, rows in table, bytes of a row, indices, index size.
cdef int gather(void** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil

# out[o, r, k] = Σ_i [index[i] = r] · updates[o, i, k]
# buf: index, updates, out. dim: outer, rows of out, k, indices, index size.
cdef int scatter_add(number** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil

# out = table, but out[index[i], :] = updates[i, :]; the last of equal indices wins,
# one outside the table changes nothing. out may be table.
# buf: table, index, updates, out. dim: rows, bytes of a row, indices, index size.
cdef int scatter_update(void** buf, const Py_ssize_t* dim, const double* attr,
                        int n_threads) noexcept nogil

# out[o, i, k] = x[o, index[o, i, k], k]
# buf: x, index, out. dim: outer, n (size of the axis in x), k, m (in index and out),
#      index size, item size (1, 2, 4, 8 bytes).
cdef int take_along(void** buf, const Py_ssize_t* dim, const double* attr,
                    int n_threads) noexcept nogil

# out[o, n, k] = Σ_i [index[o, i, k] = n] · updates[o, i, k]
# buf: index, updates, out. dim: outer, n (size of the axis in out), k, m, index size.
cdef int add_along(number** buf, const Py_ssize_t* dim, const double* attr,
                   int n_threads) noexcept nogil

# out[i, d] = [index[i] = d] as a number whose 1 has the bits `one`; an index outside
# 0 … depth-1 gives a row of zeros.
# buf: index, out. dim: indices, depth, index size, item size, the bits of 1.
cdef int one_hot(void** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil
