"""The transformations of Winograd's F(2x2, 3x3) on vectors of channels.

    Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A      (Lavin and Gray, 2016, section 4.1)

        | 1  0 -1  0 |       | 1   0   0  |       | 1  0 |
    Bᵀ= | 0  1  1  0 |   G = | ½   ½   ½  |   A = | 1  1 |
        | 0 -1  1  0 |       | ½  -½   ½  |       | 1 -1 |
        | 0  1  0 -1 |       | 0   0   1  |       | 0 -1 |

A tile d of 4x4 pixels gives 2x2 results from 16 products instead of 36. Products of
element i of all tiles are one matrix product over channels. All factors are powers of
two, so that the results' error is about that of the direct sum.
"""

from ckeras.kernels.matrix.gemm_tile cimport get, put, spread, vec
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport num


cdef inline void source_tile(
    vec* tag, const real* d, Py_ssize_t pitch, Py_ssize_t pixel, real* v,
    Py_ssize_t step, Py_ssize_t n
) noexcept nogil:
    """Bᵀ d B of n channels; element i goes to v[i * step]."""
    cdef vec m[16]
    cdef vec a, b, c, e
    cdef int i
    for i in range(4):  # d B, row by row
        get(&a, d + i * pitch, n)
        get(&b, d + i * pitch + pixel, n)
        get(&c, d + i * pitch + 2 * pixel, n)
        get(&e, d + i * pitch + 3 * pixel, n)
        m[4 * i] = a - c
        m[4 * i + 1] = b + c
        m[4 * i + 2] = c - b
        m[4 * i + 3] = b - e
    for i in range(4):
        a = m[i] - m[8 + i]
        b = m[4 + i] + m[8 + i]
        c = m[8 + i] - m[4 + i]
        e = m[4 + i] - m[12 + i]
        put(v + i * step, &a, n)
        put(v + (4 + i) * step, &b, n)
        put(v + (8 + i) * step, &c, n)
        put(v + (12 + i) * step, &e, n)


cdef inline void result_tile(
    vec* y, const real* m, Py_ssize_t step, Py_ssize_t n
) noexcept nogil:
    """y[4] = Aᵀ m A of n channels; element i comes from m[i * step]."""
    cdef vec t[8]
    cdef vec a, b, c, e
    cdef int i
    for i in range(4):  # m A, row by row
        get(&a, m + 4 * i * step, n)
        get(&b, m + (4 * i + 1) * step, n)
        get(&c, m + (4 * i + 2) * step, n)
        get(&e, m + (4 * i + 3) * step, n)
        t[2 * i] = a + b + c
        t[2 * i + 1] = b - c - e
    for i in range(2):
        y[i] = t[i] + t[2 + i] + t[4 + i]
        y[2 + i] = t[2 + i] - t[4 + i] - t[6 + i]


cdef inline void gradient_tile(
    vec* y, real* m, Py_ssize_t step, Py_ssize_t n
) noexcept nogil:
    """A y Aᵀ of the 2x2 gradients y; element i goes to m[i * step]."""
    cdef vec t[8]
    cdef vec a
    cdef int i
    for i in range(2):
        t[i] = y[i]
        t[2 + i] = y[i] + y[2 + i]
        t[4 + i] = y[i] - y[2 + i]
        t[6 + i] = -y[2 + i]
    for i in range(4):
        put(m + 4 * i * step, &t[2 * i], n)
        a = t[2 * i] + t[2 * i + 1]
        put(m + (4 * i + 1) * step, &a, n)
        a = t[2 * i] - t[2 * i + 1]
        put(m + (4 * i + 2) * step, &a, n)
        a = -t[2 * i + 1]
        put(m + (4 * i + 3) * step, &a, n)


cdef inline void kernel_tile(
    vec* g, real* u, Py_ssize_t step, Py_ssize_t n
) noexcept nogil:
    """G g Gᵀ of the 3x3 taps g; element i goes to u[i * step]."""
    cdef vec t[12]
    cdef vec a, half
    cdef int i
    half = num(g[0], 0.5)
    for i in range(3):
        t[i] = g[i]
        t[3 + i] = (g[i] + g[3 + i] + g[6 + i]) * half
        t[6 + i] = (g[i] - g[3 + i] + g[6 + i]) * half
        t[9 + i] = g[6 + i]
    for i in range(4):
        put(u + 4 * i * step, &t[3 * i], n)
        a = (t[3 * i] + t[3 * i + 1] + t[3 * i + 2]) * half
        put(u + (4 * i + 1) * step, &a, n)
        a = (t[3 * i] - t[3 * i + 1] + t[3 * i + 2]) * half
        put(u + (4 * i + 2) * step, &a, n)
        put(u + (4 * i + 3) * step, &t[3 * i + 2], n)


cdef inline void kernel_gradient_tile(
    vec* g, const real* u, Py_ssize_t step, Py_ssize_t n
) noexcept nogil:
    """g[9] = Gᵀ u G; element i comes from u[i * step]."""
    cdef vec t[12]
    cdef vec a, b, c, e, half
    cdef int i
    spread(&half, <real> 0.5)
    for i in range(4):  # u G, row by row
        get(&a, u + 4 * i * step, n)
        get(&b, u + (4 * i + 1) * step, n)
        get(&c, u + (4 * i + 2) * step, n)
        get(&e, u + (4 * i + 3) * step, n)
        t[3 * i] = a + (b + c) * half
        t[3 * i + 1] = (b - c) * half
        t[3 * i + 2] = (b + c) * half + e
    for i in range(3):
        g[i] = t[i] + (t[3 + i] + t[6 + i]) * half
        g[3 + i] = (t[3 + i] - t[6 + i]) * half
        g[6 + i] = (t[3 + i] + t[6 + i]) * half + t[9 + i]
