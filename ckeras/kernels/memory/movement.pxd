"""Copies between layouts: strided blocks, borders, joined arrays.

Elements are moved as bytes, so one entry serves every number type. Work is split by
the shape alone; source and destination may not overlap except where it says so.
"""

# Strided copy: out[i0, i1, …] = x[i0, i1, …] with any strides, 0 and negative ones too.
# buf: x, out.
# dim: item size (1, 2, 4, 8 bytes), first byte in x, first byte in out, rows and
#      columns of a unit of work, n_axes (2..32), then for each axis its size, then its
#      strides in x, then its strides in out (bytes; may be 0 or negative in x).
# The last two axes are the inner ones: a unit is a block of rows × columns of them.
# Fast where the last axis has stride 1 item in out, and in x either the last axis
# (runs are copied whole), the one before it (tiles are transposed) or neither moves.
cdef int copy(void** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# As `copy`, but out is filled with zeros first.
# dim[0]: bytes of out; dim[1:]: as for `copy`.
cdef int copy_into_zeros(void** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil

# Border of one value around x: out[before_a + i_a, …] = x[i_a, …].
# buf: x, out (both contiguous). dim: item size, the value's bits, n_axes (1..32), then
# for each axis: size in x, before, after.
cdef int pad(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil

# Joins n arrays: out[o, :] = x0[o, :], x1[o, :], …  for each of `outer` rows.
# buf: x0 … x(n-1), out. dim: n, outer, then for each array the bytes of a row.
# With outer = 1 an input may already lie at its place in out: it is not copied then.
cdef int concatenate(void** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil
