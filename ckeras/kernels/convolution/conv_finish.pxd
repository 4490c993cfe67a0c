"""What becomes of a convolution's sums before they are stored, while they are in
registers:

    y = activation(sums * scale + bias + residual)
"""

from ckeras.kernels.matrix.gemm_tile cimport (
    LINEAR, RELU, get, lanes, put, rectify, spread, vec,
)
from ckeras.kernels.types cimport real


cdef struct Finish:
    const void* scale       # a number for each channel of the results, or NULL
    const void* bias        # likewise
    const void* residual    # laid out as the results are, or NULL
    const void* y           # the results
    int activation          # of gemm_tile.pxd; those after RELU are the caller's


cdef inline Finish nothing_more() noexcept nogil:
    """Results are the sums."""
    cdef Finish f
    f.scale = f.bias = f.residual = f.y = NULL
    f.activation = LINEAR
    return f


cdef inline void finish_vector(
    vec* sums, const Finish* f, Py_ssize_t column, const real* residual, Py_ssize_t n
) noexcept nogil:
    """The results of n channels from number `column` on; residual is what is added to
    them, or NULL."""
    cdef vec other
    if f.scale != NULL:
        get(&other, <const real*> f.scale + column, n)
        sums[0] = sums[0] * other
    if f.bias != NULL:
        get(&other, <const real*> f.bias + column, n)
        sums[0] = sums[0] + other
    if residual != NULL:
        get(&other, residual, n)
        sums[0] = sums[0] + other
    if f.activation == RELU:
        spread(&other, <real> 0)
        rectify(sums, &other)


cdef inline void finish_at(
    vec* sums, const Finish* f, Py_ssize_t column, real* c, Py_ssize_t n
) noexcept nogil:
    """Stores the results of n channels at c, which is a place in y."""
    cdef const real* residual = NULL
    if f.residual != NULL:
        residual = <const real*> f.residual + (c - <const real*> f.y)
    finish_vector(sums, f, column, residual, n)
    put(c, sums, n)


cdef inline void finish_pixel(
    vec* sums, const Finish* f, Py_ssize_t column, real* c, Py_ssize_t n,
    const int vectors
) noexcept nogil:
    """Stores the results of one pixel, its first n channels from `column` on."""
    cdef int j
    cdef int width = lanes(sums)
    for j in range(vectors):
        if j * width < n:
            finish_at(sums + j, f, column + j * width, c + j * width, n - j * width)
