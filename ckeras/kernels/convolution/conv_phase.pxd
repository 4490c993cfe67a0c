"""Phases: the gradient of a convolution's input as convolutions without strides.

With a stride s, positions that leave the same remainder by s are reached by the same
taps. Each such phase of the input is a convolution of d_y with these taps turned
around. Its geometry lacks what `settle` fills in.
"""

from ckeras.kernels.convolution.conv_window cimport Conv
from ckeras.kernels.matrix.gemm_pack cimport ceil_div


cdef struct Axis:
    Py_ssize_t count     # results
    Py_ssize_t taps
    Py_ssize_t first     # tap of the kernel that is used last
    Py_ssize_t pad


cdef inline Axis phase_axis(
    Py_ssize_t phase, Py_ssize_t size, Py_ssize_t kernel, Py_ssize_t stride,
    Py_ssize_t gap, Py_ssize_t pad
) noexcept nogil:
    cdef Axis a
    a.count = ceil_div(size - phase, stride)
    if stride == 1:
        a.first, a.taps, a.pad = 0, kernel, gap * (kernel - 1) - pad
        return a
    a.first = (phase + pad) % stride
    a.taps = ceil_div(kernel - a.first, stride) if kernel > a.first else 0
    a.pad = a.taps - 1 - (phase + pad - a.first) // stride
    return a


cdef struct Phase:
    Conv s
    Py_ssize_t first_d, first_h, first_w
    Py_ssize_t offset        # of the first result


cdef inline Phase phase_of(
    const Py_ssize_t* dim, Py_ssize_t z, Py_ssize_t y, Py_ssize_t x
) noexcept nogil:
    cdef Phase p
    cdef Axis d = phase_axis(z, dim[1], dim[9], dim[12], dim[15], dim[18])
    cdef Axis h = phase_axis(y, dim[2], dim[10], dim[13], dim[16], dim[19])
    cdef Axis w = phase_axis(x, dim[3], dim[11], dim[14], dim[17], dim[20])
    cdef Py_ssize_t row = dim[3] * dim[4]
    p.s.batch, p.s.groups = dim[0], dim[21]
    p.s.src_d, p.s.src_h, p.s.src_w, p.s.src_c = dim[5], dim[6], dim[7], dim[8]
    p.s.channels, p.s.n = dim[8] // dim[21], dim[4] // dim[21]
    p.s.dst_d, p.s.dst_h, p.s.dst_w = d.count, h.count, w.count
    p.s.to_pixel = dim[14] * dim[4]
    p.s.to_row = dim[13] * row
    p.s.to_plane = dim[12] * dim[2] * row
    p.s.to_image = dim[1] * dim[2] * row
    p.s.taps_d, p.s.taps_h, p.s.taps_w = d.taps, h.taps, w.taps
    p.s.step_d, p.s.step_h, p.s.step_w = 1, 1, 1
    p.s.gap_d, p.s.gap_h, p.s.gap_w = dim[15], dim[16], dim[17]
    p.s.pad_d, p.s.pad_h, p.s.pad_w = d.pad, h.pad, w.pad
    p.s.pooled = False
    p.first_d, p.first_h, p.first_w = d.first, h.first, w.first
    p.offset = (z * dim[2] + y) * row + x * dim[4]
    return p


cdef inline bint is_empty(const Phase* p) noexcept nogil:
    """Whether no tap reaches the phase's results, or there are none."""
    return (p.s.taps_d * p.s.taps_h * p.s.taps_w == 0
            or p.s.dst_d <= 0 or p.s.dst_h <= 0 or p.s.dst_w <= 0)
