"""What a concrete value is made of, for C code that makes many of them."""


cdef class Value:
    cdef readonly object _array
    cdef readonly str dtype
    cdef readonly tuple shape
