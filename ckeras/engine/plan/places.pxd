from ckeras.engine.plan.buffers cimport Buffer

cdef class Place:
    cdef readonly Buffer buffer
    cdef readonly Py_ssize_t start, nbytes

    cdef bint same(self, Place other)
    cpdef Place root(self)
    cpdef tuple slot(self)
    cpdef bint overlaps(self, Place target)
    cdef Buffer whole_scratch(self)

cdef class Reader:
    cdef Py_ssize_t time, number
    cdef Place place

cdef Reader reader_of(Py_ssize_t time, Py_ssize_t number, Place place)

cpdef set apart(list places)
cdef Py_ssize_t itemsize(dtype)
cpdef Py_ssize_t nbytes(value)
