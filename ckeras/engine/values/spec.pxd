cdef class Spec:
    cdef readonly tuple shape
    cdef readonly str dtype
