"""The elementwise part of a GRU: one timestep of one row, forward and backward."""

from ckeras.kernels.matrix.gemm_pack cimport least
from ckeras.kernels.matrix.gemm_tile cimport lanes, load_n, spread, store_n, vec
from ckeras.kernels.recurrent.panels cimport total
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport quick_sigmoid, quick_tanh

# --- forward -------------------------------------------------------------------------


cdef inline void gates_row(
    vec* tag, const real* x, real* product, Py_ssize_t units
) noexcept nogil:
    """z and r of one row in place of what they are functions of."""
    cdef vec v
    cdef Py_ssize_t j = 0, left
    while j < 2 * units:
        left = least(2 * units - j, lanes(tag))
        total(&v, x, product, j, left)
        v = quick_sigmoid(v)
        store_n(product + j, &v, left)
        j += left


cdef inline void scale_row(
    vec* tag, real* target, const real* values, const real* factors, Py_ssize_t n
) noexcept nogil:
    """target = values · factors"""
    cdef vec a, b
    cdef Py_ssize_t j = 0, left
    while j < n:
        left = least(n - j, lanes(tag))
        load_n(&a, values + j, left)
        load_n(&b, factors + j, left)
        a = a * b
        store_n(target + j, &a, left)
        j += left


cdef inline void state_row(
    vec* tag, const real* gates, const real* input, const real* inner, bint after,
    real* h, real* kept, Py_ssize_t units
) noexcept nogil:
    """The new h of one row; `kept` is where to keep z, r and a, or NULL.

    The candidate is a function of input + inner, or reset after of input + r · inner;
    `input` may be NULL.
    """
    cdef vec z, r, a, x, before, one
    cdef Py_ssize_t j = 0, left
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&z, gates + j, left)
        load_n(&r, gates + units + j, left)
        load_n(&a, inner + j, left)
        load_n(&before, h + j, left)
        if after:
            a = r * a
        if input != NULL:
            load_n(&x, input + j, left)
            a = x + a
        a = quick_tanh(a)
        if kept != NULL:
            store_n(kept + j, &z, left)
            store_n(kept + units + j, &r, left)
            store_n(kept + 2 * units + j, &a, left)
        a = z * before + (one - z) * a
        store_n(h + j, &a, left)
        j += left


# --- backward ------------------------------------------------------------------------


cdef inline void after_row(
    vec* tag, const real* gates, const real* inner, const real* before, real* d_h,
    real* d_inner, real* d_x, real* d_a, real* result, Py_ssize_t units
) noexcept nogil:
    """One timestep of one row, reset after: gradients of the product with h, here and
    in the result, of that with x, and what of d_h goes around them. The first two
    thirds of the product with x, d_x, may be NULL. The result may be the gates and d_a
    may be `inner`: all is read before anything is written."""
    cdef vec z, r, a, p, v, d, one
    cdef Py_ssize_t j = 0, left
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&z, gates + j, left)
        load_n(&r, gates + units + j, left)
        load_n(&a, gates + 2 * units + j, left)
        load_n(&v, before + j, left)
        load_n(&p, inner + j, left)
        load_n(&d, d_h + j, left)
        v = d * (v - a) * z * (one - z)
        store_n(d_inner + j, &v, left)
        store_n(result + j, &v, left)
        if d_x != NULL:
            store_n(d_x + j, &v, left)
        v = d * z
        store_n(d_h + j, &v, left)
        d = d * (one - z) * (one - a * a)
        store_n(d_a + j, &d, left)
        v = d * r
        store_n(d_inner + 2 * units + j, &v, left)
        store_n(result + 2 * units + j, &v, left)
        v = d * p * r * (one - r)
        store_n(d_inner + units + j, &v, left)
        store_n(result + units + j, &v, left)
        if d_x != NULL:
            store_n(d_x + units + j, &v, left)
        j += left


cdef inline void candidate_row(
    vec* tag, const real* gates, const real* before, real* d_h, real* d_gates,
    real* d_a, real* d_x, Py_ssize_t units
) noexcept nogil:
    """One timestep of one row, reset before: gradients of z and of the candidate, and
    what of d_h goes around them."""
    cdef vec z, a, v, d, one
    cdef Py_ssize_t j = 0, left
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&z, gates + j, left)
        load_n(&a, gates + 2 * units + j, left)
        load_n(&v, before + j, left)
        load_n(&d, d_h + j, left)
        v = d * (v - a) * z * (one - z)
        store_n(d_gates + j, &v, left)
        store_n(d_x + j, &v, left)
        v = d * z
        store_n(d_h + j, &v, left)
        v = d * (one - z) * (one - a * a)
        store_n(d_a + j, &v, left)
        store_n(d_x + 2 * units + j, &v, left)
        j += left


cdef inline void reset_row(
    vec* tag, const real* reset, const real* before, const real* d_reset_h, real* d_h,
    real* d_gates, real* d_x, Py_ssize_t units
) noexcept nogil:
    """The rest of it: gradients of r, and what of d_h goes through r · h."""
    cdef vec r, v, d, one
    cdef Py_ssize_t j = 0, left
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&r, reset + j, left)
        load_n(&d, d_reset_h + j, left)
        load_n(&v, d_h + j, left)
        v = v + d * r
        store_n(d_h + j, &v, left)
        load_n(&v, before + j, left)
        v = d * v * r * (one - r)
        store_n(d_gates + units + j, &v, left)
        store_n(d_x + units + j, &v, left)
        j += left
