"""The gradient of depthwise kernels: taps in registers, along rows of results."""

from ckeras.kernels.convolution.conv_window cimport Conv
from ckeras.kernels.matrix.gemm_pack cimport least
from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, vec
from ckeras.kernels.types cimport real


cdef inline void taps_of(
    vec* tag, const Conv* s, const real* a, const real* d_y, Py_ssize_t rows,
    real* d_w, Py_ssize_t n, const int high, const int wide
) noexcept nogil:
    """Some taps of neighbouring rows, n channels: what some rows of results add."""
    cdef vec acc[9]
    cdef vec d, value
    cdef Py_ssize_t y, _x, step = s.step_w * s.src_c
    cdef Py_ssize_t right = s.gap_w * s.src_c, down = s.gap_h * s.pitch
    cdef Py_ssize_t below = s.taps_w * s.src_c
    cdef const real* from_
    cdef const real* to
    cdef int i, j
    for i in range(high):
        for j in range(wide):
            get(&acc[i * wide + j], d_w + i * below + j * s.src_c, n)
    for y in range(rows):
        from_ = a + y * s.step_h * s.pitch
        to = d_y + y * s.to_row
        for _x in range(s.dst_w):
            get(&d, to, n)
            for i in range(high):
                for j in range(wide):
                    get(&value, from_ + i * down + j * right, n)
                    acc[i * wide + j] = acc[i * wide + j] + value * d
            from_ += step
            to += s.to_pixel
    for i in range(high):
        for j in range(wide):
            put(d_w + i * below + j * s.src_c, &acc[i * wide + j], n)


cdef inline void some_rows_of_taps(
    vec* tag, const Conv* s, const real* a, const real* d_y, Py_ssize_t rows,
    real* d_w, Py_ssize_t n, const int high
) noexcept nogil:
    cdef Py_ssize_t x = 0, right = s.gap_w * s.src_c
    while x + 3 <= s.taps_w:
        taps_of(tag, s, a + x * right, d_y, rows, d_w + x * s.src_c, n, high, 3)
        x += 3
    while x < s.taps_w:
        taps_of(tag, s, a + x * right, d_y, rows, d_w + x * s.src_c, n, high, 1)
        x += 1


cdef inline void kernel_of(
    vec* tag, const Conv* s, const real* part, const real* d_y, Py_ssize_t rows,
    real* d_w, Py_ssize_t n
) noexcept nogil:
    """All taps of a vector of channels."""
    cdef Py_ssize_t z, y, below = s.taps_w * s.src_c, down = s.gap_h * s.pitch
    for z in range(s.taps_d):
        y = 0
        while y + 3 <= s.taps_h:
            some_rows_of_taps(tag, s, part + z * s.plane + y * down, d_y, rows, d_w, n,
                              3)
            d_w += 3 * below
            y += 3
        while y < s.taps_h:
            some_rows_of_taps(tag, s, part + z * s.plane + y * down, d_y, rows, d_w, n,
                              1)
            d_w += below
            y += 1


cdef inline void kernel_channels(
    vec* tag, const Conv* s, const real* part, const real* d_y, Py_ssize_t rows,
    real* d_w
) noexcept nogil:
    cdef Py_ssize_t c = 0, n
    while c < s.src_c:
        n = least(s.src_c - c, lanes(tag))
        if n == lanes(tag):
            kernel_of(tag, s, part + c, d_y + c, rows, d_w + c, lanes(tag))
        else:
            kernel_of(tag, s, part + c, d_y + c, rows, d_w + c, n)
        c += n
