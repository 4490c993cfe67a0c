"""Sequences of tokens: what each distinct one is multiplied by, once.

The features of a token are a row of a table, so that rows that appear again in a batch
have the same product with the weights.

    distinct   buf  tokens (n,) of 4 or 8 bytes, negative ones from the end,
                    places (n,) int32: which of the distinct ones each is,
                    rows (most,) int64: the distinct ones in the order in which they
                    first appear, count (1,) int64, workspace
               dim  0 n   1 rows of the table   2 bytes of a token
    project    buf  table (…, f), rows, count, W (f, w), bias (w,) or NULL,
                    products (most, w): the first `count` are written, workspace
               dim  0 f   1 w   2 threads at most

most is the lesser of n and the rows of the table. `distinct` refuses a token that the
table does not have. The workspaces have 4 bytes for each row of the table, and
`workspace_bytes(f, w, threads, itemsize)`.
"""

from ckeras.kernels.types cimport real

cdef int distinct(void** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil

cdef int project(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil
