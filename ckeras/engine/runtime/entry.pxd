"""The one signature of all kernels, and how a capsule gives it."""

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer

ctypedef int (*kernel_fn)(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil


cdef inline kernel_fn entry_of(capsule) except NULL:
    """A kernel's C entry."""
    return <kernel_fn> PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule))
