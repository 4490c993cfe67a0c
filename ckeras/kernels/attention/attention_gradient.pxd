"""The gradient of attention: see attention.pxd, whose `backward` this is."""

from ckeras.kernels.types cimport real

cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
