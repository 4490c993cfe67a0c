"""Matrix times vector: y[r] = sum over p of a[r, p]·x[p].

    matvec   buf  a (rows × k), x (k), y (rows)
             dim  0 rows   1 k

Each y is one sum, in lanes that are added in a fixed order: its bits do not depend on
the number of threads.
"""

from ckeras.kernels.types cimport real

cdef int matvec(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
