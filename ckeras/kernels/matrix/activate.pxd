"""Activations of a matrix product that are not worth their place in its tile."""

from ckeras.kernels.matrix.gemm_tile cimport (
    TANH, lanes, load_n, store_n, vec,
)
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport quick_tanh, sigmoid


cdef inline void activate_row(
    vec* tag, real* c, Py_ssize_t n, int activation
) noexcept nogil:
    cdef vec v
    cdef Py_ssize_t j = 0, left
    while j < n:
        left = n - j
        if left > lanes(tag):
            left = lanes(tag)
        load_n(&v, c + j, left)
        v = quick_tanh(v) if activation == TANH else sigmoid(v)
        store_n(c + j, &v, left)
        j += left


cdef inline void activate(
    real* c, Py_ssize_t step, Py_ssize_t m, Py_ssize_t n, int activation
) noexcept nogil:
    """Applies tanh or the logistic function to m rows of n stored numbers."""
    cdef Py_ssize_t i
    if activation < TANH:
        return
    for i in range(m):
        if real is float:
            activate_row(<vf*> NULL, c + i * step, n, activation)
        else:
            activate_row(<vd*> NULL, c + i * step, n, activation)
