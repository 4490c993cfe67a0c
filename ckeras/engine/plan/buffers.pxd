cpdef Py_ssize_t round_up(Py_ssize_t size)

cdef class Buffer:
    cdef public str kind
    cdef public object source
    cdef public Buffer parent
    cdef public Py_ssize_t nbytes, start, first, last, offset, end
    cdef bint packed

    cdef bint lies_before(self, Buffer other)
    cdef Buffer outermost(self, Py_ssize_t* start)
    cpdef put_into(self, Buffer parent, Py_ssize_t start)
    cpdef use(self, Py_ssize_t step)
