cdef class Traced:
    cdef readonly object _graph
    cdef readonly tuple shape
    cdef readonly str dtype
