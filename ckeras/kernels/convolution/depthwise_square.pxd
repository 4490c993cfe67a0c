"""A tile of 3x3 depthwise kernels: nine weights in registers, each pixel loaded once.

All weights are constants of the tile, and so is which pixel meets which of them.
"""

from ckeras.kernels.convolution.conv_window cimport Conv
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.matrix.gemm_tile cimport (
    Finish, add_rows, get, lanes, put, rectify_sums, scale_and_shift, spread, vec,
)
from ckeras.kernels.simd cimport VECTOR_BYTES, stream_d, stream_f, vd, vf
from ckeras.kernels.types cimport real

cdef enum:
    STRIP = 7            # pixels of a row whose sums are in registers together
    FEW = 4              # where fewer are left
    ROWS = 2             # rows of them
    CHANNELS = 128       # channels that go along the rows together


cdef struct Reach:           # of one result along one axis
    Py_ssize_t first, count    # taps inside
    Py_ssize_t at              # where the first of them is


cdef inline Reach reach_of(
    Py_ssize_t start, Py_ssize_t gap, Py_ssize_t taps, Py_ssize_t size
) noexcept nogil:
    """Of taps `gap` apart from `start` on, those within the axis."""
    cdef Reach r
    r.first = 0 if start >= 0 else ceil_div(-start, gap)
    r.count = least(taps, ceil_div(size - start, gap) if size > start else 0) - r.first
    r.at = start + r.first * gap
    return r


cdef struct Strip:           # results of a row or two, `gap_w` apart
    Reach d
    Py_ssize_t top, start      # row and pixel of the first result's first tap
    Py_ssize_t rows, count     # results; those of the tile beyond are not stored
    Py_ssize_t down, right     # rows and pixels that exist, as bits
    bint streamed              # whether results go to memory past the caches


cdef inline Py_ssize_t inside_of(
    Py_ssize_t start, Py_ssize_t apart, Py_ssize_t count, Py_ssize_t size
) noexcept nogil:
    """Of `count` places from `start` on, those within the axis, as bits."""
    cdef Py_ssize_t bits = 0, i
    for i in range(count):
        if 0 <= start + i * apart < size:
            bits |= 1 << i
    return bits


cdef inline void keep(
    real* p, vec* v, Py_ssize_t n, bint streamed
) noexcept nogil:
    if vec is vf and real is float:
        if streamed:
            stream_f(p, v[0])
            return
    elif vec is vd and real is double:
        if streamed:
            stream_d(p, v[0])
            return
    put(p, v, n)


cdef inline void square_of(
    vec* tag, const Conv* s, const Strip* t, const real* a, const real* w,
    Py_ssize_t tap_step, const Finish* f, Py_ssize_t column, real* y, const int rows,
    const int pixels, const int step, const bint whole
) noexcept nogil:
    """A vector of channels, taps 3x3: each pixel is loaded once for all the results
    of `rows` rows that see it. a is where the first tap lies or would lie, `column`
    the first channel."""
    cdef vec acc[14]
    cdef vec weight[9]
    cdef vec value
    cdef Py_ssize_t _z, n = lanes(tag), pitch = s.src_w * s.src_c
    cdef Py_ssize_t right = s.gap_w * s.src_c, next_ = s.gap_w * s.to_pixel
    cdef const real* residual = NULL
    cdef int i, j, r, x
    for i in range(rows * pixels):
        spread(&acc[i], <real> 0)
    for _z in range(t.d.count):
        for i in range(9):
            get(&weight[i], w + i * tap_step, n)
        for i in range((rows - 1) * step + 3):
            if not whole and not t.down >> i & 1:
                continue
            for j in range((pixels - 1) * step + 3):
                if not whole and not t.right >> j & 1:
                    continue
                get(&value, a + i * pitch + j * right, n)
                for r in range(rows):
                    for x in range(3):
                        if (0 <= i - r * step < 3 and j >= x and (j - x) % step == 0
                                and (j - x) // step < pixels):
                            acc[r * pixels + (j - x) // step] = (
                                acc[r * pixels + (j - x) // step]
                                + value * weight[(i - r * step) * 3 + x])
        a += s.gap_d * s.src_h * pitch
        w += 9 * tap_step
    scale_and_shift(acc, f, y, column, n, rows * pixels, 1)
    if f.residual != NULL:
        residual = <const real*> f.residual + (y - <const real*> f.y)
        for r in range(rows):
            if whole or r < t.rows:
                for i in range(pixels):
                    if whole or i < t.count:
                        add_rows(&acc[r * pixels + i],
                                 residual + (r * s.to_row + i * next_), 0, n, 1, 1)
    rectify_sums(acc, f, y, rows * pixels)
    for r in range(rows):
        if whole or r < t.rows:
            for i in range(pixels):
                if whole or i < t.count:
                    keep(y + r * s.to_row + i * next_, &acc[r * pixels + i], n,
                         t.streamed)


cdef inline void square_channels(
    vec* tag, const Conv* s, const Strip* t, const real* a, const real* w,
    Py_ssize_t tap_step, const Finish* f, real* y, Py_ssize_t c, Py_ssize_t end,
    const int pixels, const int step
) noexcept nogil:
    """Channels c to end. A last vector takes in some of those before once more."""
    cdef bint whole = (
        t.down + 1 == 1 << ((ROWS - 1) * step + 3)
        and t.right + 1 == 1 << ((pixels - 1) * step + 3)
    )
    while c < end:
        c = least(c, s.src_c - lanes(tag))
        if whole:
            square_of(tag, s, t, a + c, w + c, tap_step, f, c, y + c, ROWS, pixels,
                      step, True)
        else:
            square_of(tag, s, t, a + c, w + c, tap_step, f, c, y + c, ROWS, pixels,
                      step, False)
        c += lanes(tag)


cdef inline bint is_square(vec* tag, const Conv* s) noexcept nogil:
    """Whether the kernel is 3x3 and as `square_of` computes it, for which 16 registers
    are too few."""
    return (VECTOR_BYTES == 64 and s.taps_h == 3 and s.taps_w == 3 and s.gap_h == 1
            and s.src_c >= lanes(tag)
            and s.step_h == s.step_w
            and (s.step_w == 1 or (s.step_w == 2 and s.gap_w == 1)))


cdef inline void strip_of(
    vec* tag, const Conv* s, const Strip* t, const real* image, const real* w,
    Py_ssize_t tap_step, const Finish* f, real* y, Py_ssize_t c, const int pixels
) noexcept nogil:
    cdef Py_ssize_t end = least(c + CHANNELS, s.src_c)
    image += ((t.d.at * s.src_h + t.top) * s.src_w + t.start) * s.src_c
    w += t.d.first * 9 * tap_step
    if s.step_w == 1:
        square_channels(tag, s, t, image, w, tap_step, f, y, c, end, pixels, 1)
    else:
        square_channels(tag, s, t, image, w, tap_step, f, y, c, end, pixels, 2)


cdef inline void square_rows(
    vec* tag, const Conv* s, Strip* t, const real* image, const real* w,
    Py_ssize_t tap_step, const Finish* f, real* y, Py_ssize_t c
) noexcept nogil:
    """Where taps are apart, so are the results of a strip, which share what they
    read."""
    cdef Py_ssize_t first, x, left
    for first in range(least(s.gap_w, s.dst_w)):
        x = first
        while x < s.dst_w:
            left = ceil_div(s.dst_w - x, s.gap_w)
            t.start = x * s.step_w - s.pad_w
            t.count = least(left, FEW if left == 2 * FEW else STRIP)
            t.right = inside_of(t.start, s.gap_w, (t.count - 1) * s.step_w + 3, s.src_w)
            if t.count <= FEW:
                strip_of(tag, s, t, image, w, tap_step, f, y + x * s.to_pixel, c, FEW)
            else:
                strip_of(tag, s, t, image, w, tap_step, f, y + x * s.to_pixel, c,
                         STRIP)
            x += t.count * s.gap_w
