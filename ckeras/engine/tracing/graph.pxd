cdef class Node:
    cdef public object primitive, attrs, scope
    cdef public object inputs, outputs
    cdef public bint single

cdef class Graph:
    cdef object __weakref__
    cdef readonly object reference
    cdef public object outer, lender
    cdef public dict captures, replayed
    cdef public list carried, nodes, inputs, outputs, reads, writes
    cdef public bint closed

    cpdef new_symbol(self, spec)
    cpdef lift(self, value)
    cpdef Node record(self, primitive, args, dict attrs)
