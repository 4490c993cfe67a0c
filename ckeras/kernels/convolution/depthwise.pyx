"""Convolution of every channel on its own: vectors of channels, pixels in registers."""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_phase cimport Phase, is_empty, phase_of
from ckeras.kernels.convolution.conv_sums cimport add_chunks
from ckeras.kernels.convolution.conv_window cimport (
    DIMS, Conv, geometry_of, settle, window, window_floats,
)
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport VECTOR_BYTES, publish, stream_d, stream_f, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    WINDOW = 1 << 15     # numbers of a window that stay in the second-level cache
    PIXELS = 8           # pixels whose sums are in registers together
    STRIP = 7            # those of a 3x3 kernel, in each of its rows
    ROWS = 2             # rows of a 3x3 kernel whose sums are in registers together
    FEW = 4              # where fewer are left
    CHANNELS = 128       # channels of a 3x3 kernel that go along the rows together
    LEAST = 4            # rows of a piece of work, at least
    STREAMED = 1 << 23   # bytes of results that leave the caches before they are read
    UNITS = 16           # pieces of work that there should be, for all threads
    MANY_IMAGES = 8      # as many that threads take whole images
    CHUNKS = 16          # chunks of images with a gradient of their own, at most


# --- forward, and the input gradient -------------------------------------------------


# Images are read where they lie: at the borders, taps outside are left out.


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


cdef struct Taps:            # that some results see
    Reach d, h, w


cdef inline void sums_of(
    vec* tag, const Conv* s, const Taps* t, const real* a, const real* w,
    Py_ssize_t tap_step, real* y, Py_ssize_t n, Py_ssize_t step, Py_ssize_t to_next,
    const int count, const bint shared
) noexcept nogil:
    """Sums in `count` registers: n channels of neighbouring pixels, which share their
    weights, or neighbouring vectors of one pixel. a and w are at the first tap."""
    cdef vec acc[8]
    cdef vec weight, value
    cdef Py_ssize_t z, r, _x, right = s.gap_w * s.src_c, pitch = s.src_w * s.src_c
    cdef const real* from_
    cdef const real* weights
    cdef int i
    for i in range(count):
        spread(&acc[i], <real> 0)
    for z in range(t.d.count):
        for r in range(t.h.count):
            from_ = a + (z * s.gap_d * s.src_h + r * s.gap_h) * pitch
            weights = w + (z * s.taps_h + r) * s.taps_w * tap_step
            for _x in range(t.w.count):
                get(&weight, weights, n)
                for i in range(count):
                    if not shared and i > 0:
                        get(&weight, weights + i * step, n)
                    get(&value, from_ + i * step, n)
                    acc[i] = acc[i] + value * weight
                weights += tap_step
                from_ += right
    for i in range(count):
        put(y + i * to_next, &acc[i], n)


cdef inline void channels_of(
    vec* tag, const Conv* s, Taps* t, Py_ssize_t pixel, const real* image,
    const real* w, Py_ssize_t tap_step, real* y, const int pixels
) noexcept nogil:
    """Neighbouring pixels of the row y, from number `pixel` on: all their channels."""
    cdef Py_ssize_t c = 0, step = s.step_w * s.src_c
    t.w = reach_of(pixel * s.step_w - s.pad_w, s.gap_w, s.taps_w, s.src_w)
    image += ((t.d.at * s.src_h + t.h.at) * s.src_w + t.w.at) * s.src_c
    w += ((t.d.first * s.taps_h + t.h.first) * s.taps_w + t.w.first) * tap_step
    y += pixel * s.to_pixel
    while pixels == 1 and c + 4 * lanes(tag) <= s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, y + c, lanes(tag), lanes(tag),
                lanes(tag), 4, False)
        c += 4 * lanes(tag)
    while c + lanes(tag) <= s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, y + c, lanes(tag), step,
                s.to_pixel, pixels, True)
        c += lanes(tag)
    if c < s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, y + c, s.src_c - c, step,
                s.to_pixel, pixels, True)


cdef inline void row_of(
    vec* tag, const Conv* s, Taps* t, const real* image, const real* w,
    Py_ssize_t tap_step, real* y
) noexcept nogil:
    """A row of results. What is left of those that see all taps is computed together
    with some of the pixels before once more."""
    cdef Py_ssize_t x = 0, end, some
    cdef Py_ssize_t inside = s.src_w + s.pad_w - (s.taps_w - 1) * s.gap_w
    cdef Py_ssize_t left = least(ceil_div(max(s.pad_w, 0), s.step_w), s.dst_w)
    end = least(ceil_div(inside, s.step_w) if inside > 0 else 0, s.dst_w)
    while x < s.dst_w:
        some = end - left
        if x < left or x >= end or some < PIXELS // 2:
            channels_of(tag, s, t, x, image, w, tap_step, y, 1)
            x += 1
        elif some < PIXELS:
            x = least(x, end - PIXELS // 2)
            channels_of(tag, s, t, x, image, w, tap_step, y, PIXELS // 2)
            x += PIXELS // 2
        else:
            x = least(x, end - PIXELS)
            channels_of(tag, s, t, x, image, w, tap_step, y, PIXELS)
            x += PIXELS


# A kernel of three by three is a case of its own: all its weights are constants of the
# tile, and so is which pixel meets which of them.


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
    Py_ssize_t tap_step, real* y, const int rows, const int pixels, const int step,
    const bint whole
) noexcept nogil:
    """A vector of channels, taps 3x3: each pixel is loaded once for all the results
    of `rows` rows that see it. a is where the first tap lies or would lie."""
    cdef vec acc[14]
    cdef vec weight[9]
    cdef vec value
    cdef Py_ssize_t _z, n = lanes(tag), pitch = s.src_w * s.src_c
    cdef Py_ssize_t right = s.gap_w * s.src_c, next_ = s.gap_w * s.to_pixel
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
    for r in range(rows):
        if whole or r < t.rows:
            for i in range(pixels):
                if whole or i < t.count:
                    keep(y + r * s.to_row + i * next_, &acc[r * pixels + i], n,
                         t.streamed)


cdef inline void square_channels(
    vec* tag, const Conv* s, const Strip* t, const real* a, const real* w,
    Py_ssize_t tap_step, real* y, Py_ssize_t c, Py_ssize_t end, const int pixels,
    const int step
) noexcept nogil:
    """Channels c to end. A last vector takes in some of those before once more."""
    cdef bint whole = (
        t.down + 1 == 1 << ((ROWS - 1) * step + 3)
        and t.right + 1 == 1 << ((pixels - 1) * step + 3)
    )
    while c < end:
        c = least(c, s.src_c - lanes(tag))
        if whole:
            square_of(tag, s, t, a + c, w + c, tap_step, y + c, ROWS, pixels, step,
                      True)
        else:
            square_of(tag, s, t, a + c, w + c, tap_step, y + c, ROWS, pixels, step,
                      False)
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
    Py_ssize_t tap_step, real* y, Py_ssize_t c, const int pixels
) noexcept nogil:
    cdef Py_ssize_t end = least(c + CHANNELS, s.src_c)
    image += ((t.d.at * s.src_h + t.top) * s.src_w + t.start) * s.src_c
    w += t.d.first * 9 * tap_step
    if s.step_w == 1:
        square_channels(tag, s, t, image, w, tap_step, y, c, end, pixels, 1)
    else:
        square_channels(tag, s, t, image, w, tap_step, y, c, end, pixels, 2)


cdef inline void square_rows(
    vec* tag, const Conv* s, Strip* t, const real* image, const real* w,
    Py_ssize_t tap_step, real* y, Py_ssize_t c
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
                strip_of(tag, s, t, image, w, tap_step, y + x * s.to_pixel, c, FEW)
            else:
                strip_of(tag, s, t, image, w, tap_step, y + x * s.to_pixel, c, STRIP)
            x += t.count * s.gap_w


cdef void square_block(
    vec* tag, const Conv* s, Py_ssize_t z, Py_ssize_t row, Py_ssize_t end_row,
    const real* image, const real* w, Py_ssize_t tap_step, real* y, bint streamed
) noexcept nogil:
    """Rows of results. Channels are divided so that the weights and what the next
    rows read again stay in the caches."""
    cdef Strip t
    cdef Py_ssize_t block, top
    t.streamed = streamed
    t.d = reach_of(z * s.step_d - s.pad_d, s.gap_d, s.taps_d, s.src_d)
    for block in range(ceil_div(s.src_c, CHANNELS)):
        top = row
        while top < end_row:
            t.rows = least(ROWS, end_row - top)
            t.top = top * s.step_h - s.pad_h
            t.down = inside_of(t.top, 1, (t.rows - 1) * s.step_h + 3, s.src_h)
            square_rows(tag, s, &t, image, w, tap_step, y + top * s.to_row,
                        block * CHANNELS)
            top += t.rows


cdef inline void block_of(
    vec* tag, const Conv* s, Py_ssize_t z, Py_ssize_t row, Py_ssize_t end_row,
    const real* image, const real* w, Py_ssize_t tap_step, real* y, bint streamed
) noexcept nogil:
    """Some rows of results of a plane."""
    cdef Taps t
    if is_square(tag, s):
        square_block(tag, s, z, row, end_row, image, w, tap_step, y, streamed)
        return
    t.d = reach_of(z * s.step_d - s.pad_d, s.gap_d, s.taps_d, s.src_d)
    for row in range(row, end_row):
        t.h = reach_of(row * s.step_h - s.pad_h, s.gap_h, s.taps_h, s.src_h)
        row_of(tag, s, &t, image, w, tap_step, y + row * s.to_row)


cdef inline Py_ssize_t bands_of(const Conv* s, Py_ssize_t images) noexcept nogil:
    """Blocks of rows into which a plane of results is divided."""
    return max(1, least(ceil_div(UNITS, max(1, images * s.dst_d)), s.dst_h // LEAST))


cdef void some_units(
    const Conv* s, Py_ssize_t bands, Py_ssize_t unit, Py_ssize_t end, const real* x,
    const real* w, Py_ssize_t tap_step, real* y
) noexcept nogil:
    """One thread's units: blocks of rows of results."""
    cdef Py_ssize_t top, end_row, z, image, band
    cdef Py_ssize_t line = VECTOR_BYTES // sizeof(real)
    cdef const real* source
    cdef real* c
    cdef bint streamed = (
        VECTOR_BYTES == 64 and s.batch * s.to_image * sizeof(real) >= STREAMED
        and <size_t> y % 64 == 0 and s.src_c % line == 0
    )
    for unit in range(unit, end):
        band = unit % bands
        top = s.dst_h * band // bands
        end_row = s.dst_h * (band + 1) // bands
        z = unit // bands % s.dst_d
        image = unit // bands // s.dst_d
        source = x + image * s.src_d * s.src_h * s.src_w * s.src_c
        c = y + image * s.to_image + z * s.to_plane
        if real is float:
            block_of(<vf*> NULL, s, z, top, end_row, source, w, tap_step,
                     c, streamed)
        else:
            block_of(<vd*> NULL, s, z, top, end_row, source, w, tap_step,
                     c, streamed)
    if streamed:
        publish()


cdef void convolve(
    const Conv* s, const real* x, const real* w, Py_ssize_t tap_step, real* y,
    int n_threads
) noexcept nogil:
    """All results; from one tap's weights to the next there are `tap_step` numbers."""
    cdef Py_ssize_t bands = bands_of(s, s.batch), units = s.batch * s.dst_d * bands, i
    cdef Py_ssize_t workers = max(1, least(n_threads, units))
    for i in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(s, bands, units * i // workers, units * (i + 1) // workers, x, w,
                   tap_step, y)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    convolve(&s, buf[0], buf[1], s.src_c, buf[2], n_threads)
    return OK


cdef void turn(
    const Phase* p, const Py_ssize_t* dim, const real* w, real* turned
) noexcept nogil:
    """The phase's taps, the last one first."""
    cdef Py_ssize_t z, y, x, tap, c, channels = dim[4]
    for z in range(p.s.taps_d - 1, -1, -1):
        for y in range(p.s.taps_h - 1, -1, -1):
            for x in range(p.s.taps_w - 1, -1, -1):
                tap = ((p.first_d + z * dim[12]) * dim[10]
                       + p.first_h + y * dim[13]) * dim[11] + p.first_w + x * dim[14]
                for c in range(channels):
                    turned[c] = w[tap * channels + c]
                turned += channels


cdef void some_images(
    const Py_ssize_t* dim, Py_ssize_t image, Py_ssize_t end, const real* d_y,
    const real* turned, real* d_x
) noexcept nogil:
    """All phases of one image after the other, so that they meet in the cache."""
    cdef Phase p
    cdef Py_ssize_t z, y, x, size = dim[1] * dim[2] * dim[3] * dim[4]
    cdef const real* w
    for image in range(image, end):
        w = turned
        for z in range(dim[12]):
            for y in range(dim[13]):
                for x in range(dim[14]):
                    p = phase_of(dim, z, y, x)
                    if is_empty(&p):
                        continue
                    some_units(&p.s, 1, 0, p.s.dst_d,
                               d_y + image * dim[5] * dim[6] * dim[7] * dim[4], w,
                               dim[4], d_x + image * size + p.offset)
                    w += p.s.taps_d * p.s.taps_h * p.s.taps_w * dim[4]


cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Phase p
    cdef Py_ssize_t z, y, x, i, workers
    cdef real* turned = buf[3]
    cdef bint cleared = False
    for z in range(dim[12]):
        for y in range(dim[13]):
            for x in range(dim[14]):
                p = phase_of(dim, z, y, x)
                if not is_empty(&p):
                    turn(&p, dim, buf[1], turned)
                    turned += p.s.taps_d * p.s.taps_h * p.s.taps_w * dim[4]
                elif not cleared:
                    memset(buf[2], 0, dim[0] * p.s.to_image * sizeof(real))
                    cleared = True
    turned = buf[3]
    if dim[0] >= MANY_IMAGES:
        workers = least(n_threads, dim[0])
        for i in prange(workers, schedule="static", num_threads=<int> workers):
            some_images(dim, dim[0] * i // workers, dim[0] * (i + 1) // workers, buf[0],
                        turned, buf[2])
        return OK
    for z in range(dim[12]):
        for y in range(dim[13]):
            for x in range(dim[14]):
                p = phase_of(dim, z, y, x)
                if not is_empty(&p):
                    convolve(&p.s, buf[0], turned, dim[4], buf[2] + p.offset,
                             n_threads)
                    turned += p.s.taps_d * p.s.taps_h * p.s.taps_w * dim[4]
    return OK


# --- kernel gradient -----------------------------------------------------------------


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


cdef void chunk_of_images(
    const Conv* s, Py_ssize_t image, Py_ssize_t end, const real* x, const real* d_y,
    real* d_w, real* work
) noexcept nogil:
    cdef Py_ssize_t z, y, rows
    cdef const real* part
    cdef const real* d
    for image in range(image, end):
        for z in range(s.dst_d):
            y = 0
            while y < s.dst_h:
                rows = least(s.rows, s.dst_h - y)
                part = window(s, x, image, z, y, rows, work)
                d = d_y + image * s.to_image + z * s.to_plane + y * s.to_row
                if real is float:
                    kernel_channels(<vf*> NULL, s, part, d, rows, d_w)
                else:
                    kernel_channels(<vd*> NULL, s, part, d, rows, d_w)
                y += rows


cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Py_ssize_t size = dim[9] * dim[10] * dim[11] * dim[4], i
    cdef Py_ssize_t chunks = max(1, least(CHUNKS, s.batch)), floats
    cdef real* work = buf[3] + chunks * size
    settle(&s, WINDOW, 1, True)
    floats = window_floats(&s)
    memset(buf[3], 0, chunks * size * sizeof(real))
    for i in prange(chunks, schedule="static", num_threads=n_threads):
        chunk_of_images(&s, s.batch * i // chunks, s.batch * (i + 1) // chunks, buf[0],
                        buf[1], buf[3] + i * size, work + i * floats)
    add_chunks(buf[3], buf[2], size, chunks, n_threads)
    return OK


# --- workspaces ----------------------------------------------------------------------


def workspace_bytes(dims, Py_ssize_t itemsize, int which):
    """Bytes of workspace: forward, for the input's or for the kernel's gradient."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t i, size
    cdef Conv s
    if which == 0:
        return 0
    for i in range(len(dims)):
        dim[i] = dims[i]
    size = dim[9] * dim[10] * dim[11] * dim[4]
    if which == 1:
        return itemsize * size
    s = geometry_of(dim)
    settle(&s, WINDOW, 1, True)
    return itemsize * max(1, least(CHUNKS, s.batch)) * (size + window_floats(&s))
