"""Runs kernels: one at a time for eager ops, a whole plan's steps without the GIL."""

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdlib cimport calloc, free

ctypedef int (*kernel_fn)(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef enum:
    MAX_BUF = 64
    MAX_DIM = 256
    MAX_ATTR = 64


def call(capsule, addresses, dims, attrs, int n_threads):
    """Runs one kernel on buffers given by address; returns its status."""
    cdef void* buf[MAX_BUF]
    cdef Py_ssize_t dim[MAX_DIM]
    cdef double attr[MAX_ATTR]
    cdef kernel_fn fn = <kernel_fn> PyCapsule_GetPointer(
        capsule, PyCapsule_GetName(capsule))
    cdef Py_ssize_t i
    cdef int status
    if len(addresses) > MAX_BUF or len(dims) > MAX_DIM or len(attrs) > MAX_ATTR:
        raise ValueError("too many kernel arguments")
    for i in range(len(addresses)):
        buf[i] = <void*> <size_t> addresses[i]
    for i in range(len(dims)):
        dim[i] = dims[i]
    for i in range(len(attrs)):
        attr[i] = attrs[i]
    with nogil:
        status = fn(buf, dim, attr, n_threads)
    return status
