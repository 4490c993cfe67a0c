cdef class PlanStep:
    cdef readonly object node, step
    cdef public object workspace
    cdef readonly tuple plans
    cdef readonly object flops, nbytes

cdef class Copy:
    cdef public object source, target
    cdef readonly Py_ssize_t nbytes
