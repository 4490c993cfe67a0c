"""Convolutions of which only the maxima of 2x2 results are kept.

They are taken where the sums are, in registers. Results in the last row or column of
an odd number belong to no window and are not computed.
"""

from ckeras.kernels.convolution.conv_window cimport Conv, geometry_of
from ckeras.kernels.matrix.gemm_tile cimport Finish, finish_sums, lanes, put, vec
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport larger


cdef inline Conv forward_geometry(const Py_ssize_t* dim) noexcept nogil:
    """The geometry of a forward convolution; steps between results are those between
    windows where it is pooled."""
    cdef Conv s = geometry_of(dim)
    s.pooled = dim[24]
    if s.pooled:
        s.to_row = s.to_pixel * (s.dst_w // 2)
        s.to_plane = s.to_row * (s.dst_h // 2)
        s.to_image = s.to_plane * s.dst_d
    return s


cdef inline void place_windows(
    const Conv* s, Py_ssize_t* source, Py_ssize_t* result, Py_ssize_t window,
    Py_ssize_t m, const int rows
) noexcept nogil:
    """Where the pixels of some windows lie in the source, and their maxima in the
    result; after the first m pixels, the last window stands again."""
    cdef Py_ssize_t y = window // (s.dst_w // 2), x = window % (s.dst_w // 2), first
    cdef int i
    for i in range(0, rows - 3, 4):
        first = 2 * (y * s.step_h * s.pitch + x * s.step_w * s.src_c)
        source[i] = first
        source[i + 1] = first + s.step_w * s.src_c
        source[i + 2] = first + s.step_h * s.pitch
        source[i + 3] = source[i + 2] + s.step_w * s.src_c
        result[i // 4] = y * s.to_row + x * s.to_pixel
        if i + 4 < m:
            x += 1
            if x == s.dst_w // 2:
                x = 0
                y += 1


cdef inline void maximum_of_four(
    vec* sums, int apart, const Finish* f, Py_ssize_t column, real* c, Py_ssize_t n
) noexcept nogil:
    """Stores n channels of the maximum of four results."""
    cdef vec held
    cdef int r
    for r in range(4):
        finish_sums(sums + r * apart, f, column, c, 0, n, 1, 1)
        if r == 0:
            held = sums[0]
        else:
            held = larger(held, sums[r * apart])
    put(c, &held, n)


cdef inline void finish_windows(
    vec* acc, real* c, const Py_ssize_t* result, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t column, const Finish* f, const int rows, const int vectors
) noexcept nogil:
    """Stores the maxima of a tile's first m rows, four by four."""
    cdef int w, j
    cdef int width = lanes(acc)
    for w in range(rows // 4):
        if 4 * w >= m:
            break
        for j in range(vectors):
            if j * width < n:
                maximum_of_four(
                    acc + 4 * w * vectors + j, vectors, f, column + j * width,
                    c + result[w] + j * width, n - j * width)
