"""Single kernel calls: what an op on concrete values runs."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdlib cimport calloc, free
from posix.stdlib cimport posix_memalign

from ckeras.engine.runtime.entry cimport entry_of
from ckeras.kernels.fpu cimport enter_flush, fpu_get, leave_flush

cdef enum:
    MAX_BUF = 64
    ALIGNMENT = 64      # bytes; where a workspace begins

# Below this many bytes of operands one kernel call is not worth a second thread.
cdef Py_ssize_t PARALLEL_BYTES = 1 << 16


cdef class Call:
    """One kernel with its integers and scalars, ready to run on buffers.

    Args:
        capsule: the kernel's C entry.
        dims, attrs: its integers and scalars.
    """

    def __cinit__(self, capsule, dims, attrs):
        cdef Py_ssize_t i
        self.fn = entry_of(capsule)
        self.dim = <Py_ssize_t*> calloc(len(dims) + 1, sizeof(Py_ssize_t))
        self.attr = <double*> calloc(len(attrs) + 1, sizeof(double))
        if self.dim == NULL or self.attr == NULL:
            raise MemoryError
        for i in range(len(dims)):
            self.dim[i] = dims[i]
        for i in range(len(attrs)):
            self.attr[i] = attrs[i]

    def __dealloc__(self):
        free(self.dim)
        free(self.attr)

    cpdef int run(
        self, list buffers, int n_threads, Py_ssize_t workspace=0
    ) except? -1:
        """Runs on contiguous arrays (None for one left out); returns the status.

        Args:
            buffers: the kernel's arrays in order.
            n_threads: how many threads it may use.
            workspace: bytes of scratch memory, its last buffer if not 0.
        """
        cdef Py_buffer views[MAX_BUF]
        cdef void* buf[MAX_BUF + 1]
        cdef Py_ssize_t i, n = len(buffers), held = 0, size = workspace
        cdef int status
        cdef unsigned long old
        if n > MAX_BUF:
            raise ValueError(f"a kernel takes at most {MAX_BUF} buffers, not {n}")
        buf[n] = NULL
        if workspace and posix_memalign(&buf[n], ALIGNMENT, workspace):
            raise MemoryError
        try:
            for i in range(n):
                buf[i] = NULL
                if buffers[i] is not None:
                    PyObject_GetBuffer(buffers[i], &views[held], PyBUF_SIMPLE)
                    buf[i] = views[held].buf
                    size += views[held].len
                    held += 1
            if size < PARALLEL_BYTES:
                n_threads = 1
            with nogil:
                old = enter_flush(n_threads)
                status = self.fn(buf, self.dim, self.attr, n_threads)
                leave_flush(old, n_threads)
        finally:
            for i in range(held):
                PyBuffer_Release(&views[i])
            free(buf[n])
        return status


def call(capsule, addresses, dims, attrs, int n_threads):
    """Runs one kernel on buffers given by address; returns its status."""
    cdef void* buf[MAX_BUF]
    cdef Call prepared = Call(capsule, dims, attrs)
    cdef Py_ssize_t i
    cdef int status
    if len(addresses) > MAX_BUF:
        raise ValueError("too many kernel arguments")
    for i in range(len(addresses)):
        buf[i] = <void*> <size_t> addresses[i]
    with nogil:
        status = prepared.fn(buf, prepared.dim, prepared.attr, n_threads)
    return status


def float_state():
    """This thread's floating-point control word, for tests."""
    return fpu_get()
