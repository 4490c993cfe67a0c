"""One kernel with its integers and scalars, for C code that runs it."""

from ckeras.engine.runtime.entry cimport kernel_fn


cdef class Call:
    cdef kernel_fn fn
    cdef Py_ssize_t* dim
    cdef double* attr

    cpdef int run(self, list buffers, int n_threads, Py_ssize_t workspace=*) except? -1
