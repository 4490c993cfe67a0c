"""Convolution of every channel on its own: vectors of channels, pixels in registers."""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_phase cimport Phase, is_empty, phase_of
from ckeras.kernels.convolution.conv_sums cimport add_chunks
from ckeras.kernels.convolution.conv_window cimport (
    DIMS, Conv, geometry_of, settle, window, window_floats,
)
from ckeras.kernels.convolution.depthwise_square cimport (
    CHANNELS, ROWS, Reach, Strip, inside_of, is_square, reach_of, square_rows,
)
from ckeras.kernels.convolution.depthwise_taps cimport kernel_channels
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_tile cimport (
    TANH, Finish, add_rows, finish_of, get, lanes, nothing_more, put, rectify_sums,
    scale_and_shift, spread, vec,
)
from ckeras.kernels.simd cimport VECTOR_BYTES, publish, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    WINDOW = 1 << 15     # numbers of a window that stay in the second-level cache
    PIXELS = 8           # pixels whose sums are in registers together
    LEAST = 4            # rows of a piece of work, at least
    STREAMED = 1 << 23   # bytes of results that leave the caches before they are read
    UNITS = 16           # pieces of work that there should be, for all threads
    MANY_IMAGES = 8      # as many that threads take whole images
    CHUNKS = 16          # chunks of images with a gradient of their own, at most


# --- forward, and the input gradient -------------------------------------------------


# Images are read where they lie: at the borders, taps outside are left out.


cdef struct Taps:            # that some results see
    Reach d, h, w


cdef inline void sums_of(
    vec* tag, const Conv* s, const Taps* t, const real* a, const real* w,
    Py_ssize_t tap_step, const Finish* f, Py_ssize_t column, real* y, Py_ssize_t n,
    Py_ssize_t step, Py_ssize_t to_next, const int count, const bint shared
) noexcept nogil:
    """Sums in `count` registers: n channels of neighbouring pixels, which share their
    weights, or neighbouring vectors of one pixel. a and w are at the first tap,
    `column` is the first channel."""
    cdef vec acc[8]
    cdef vec weight, value
    cdef Py_ssize_t z, r, _x, right = s.gap_w * s.src_c, pitch = s.src_w * s.src_c
    cdef const real* from_
    cdef const real* weights
    cdef const real* residual = NULL
    cdef int i
    if f.residual != NULL:
        residual = <const real*> f.residual + (y - <const real*> f.y)
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
    if shared:
        scale_and_shift(acc, f, y, column, n, count, 1)
    else:
        scale_and_shift(acc, f, y, column, n * count, 1, count)
    if f.residual != NULL:
        for i in range(count):
            add_rows(&acc[i], residual + i * to_next, 0, n, 1, 1)
    rectify_sums(acc, f, y, count)
    for i in range(count):
        put(y + i * to_next, &acc[i], n)


cdef inline void channels_of(
    vec* tag, const Conv* s, Taps* t, Py_ssize_t pixel, const real* image,
    const real* w, Py_ssize_t tap_step, const Finish* f, real* y, const int pixels
) noexcept nogil:
    """Neighbouring pixels of the row y, from number `pixel` on: all their channels."""
    cdef Py_ssize_t c = 0, step = s.step_w * s.src_c
    t.w = reach_of(pixel * s.step_w - s.pad_w, s.gap_w, s.taps_w, s.src_w)
    image += ((t.d.at * s.src_h + t.h.at) * s.src_w + t.w.at) * s.src_c
    w += ((t.d.first * s.taps_h + t.h.first) * s.taps_w + t.w.first) * tap_step
    y += pixel * s.to_pixel
    while pixels == 1 and c + 4 * lanes(tag) <= s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, f, c, y + c, lanes(tag),
                lanes(tag), lanes(tag), 4, False)
        c += 4 * lanes(tag)
    while c + lanes(tag) <= s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, f, c, y + c, lanes(tag),
                step, s.to_pixel, pixels, True)
        c += lanes(tag)
    if c < s.src_c:
        sums_of(tag, s, t, image + c, w + c, tap_step, f, c, y + c, s.src_c - c,
                step, s.to_pixel, pixels, True)


cdef inline void row_of(
    vec* tag, const Conv* s, Taps* t, const real* image, const real* w,
    Py_ssize_t tap_step, const Finish* f, real* y
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
            channels_of(tag, s, t, x, image, w, tap_step, f, y, 1)
            x += 1
        elif some < PIXELS:
            x = least(x, end - PIXELS // 2)
            channels_of(tag, s, t, x, image, w, tap_step, f, y, PIXELS // 2)
            x += PIXELS // 2
        else:
            x = least(x, end - PIXELS)
            channels_of(tag, s, t, x, image, w, tap_step, f, y, PIXELS)
            x += PIXELS


cdef void activate_channels(
    const Conv* s, const Finish* f, real* y, Py_ssize_t rows, Py_ssize_t c,
    Py_ssize_t end
) noexcept nogil:
    """The activation of channels c to end of stored rows, if it is not in the tile."""
    cdef Py_ssize_t row
    if f.activation >= TANH:
        for row in range(rows):
            activate(y + row * s.to_row + c, s.to_pixel, s.dst_w, end - c,
                     f.activation)


cdef void square_block(
    vec* tag, const Conv* s, Py_ssize_t z, Py_ssize_t row, Py_ssize_t end_row,
    const real* image, const real* w, Py_ssize_t tap_step, const Finish* f, real* y,
    bint streamed
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
            square_rows(tag, s, &t, image, w, tap_step, f, y + top * s.to_row,
                        block * CHANNELS)
            activate_channels(s, f, y + top * s.to_row, t.rows,
                              least(block * CHANNELS, s.src_c - lanes(tag)),
                              least((block + 1) * CHANNELS, s.src_c))
            top += t.rows


cdef inline void block_of(
    vec* tag, const Conv* s, Py_ssize_t z, Py_ssize_t row, Py_ssize_t end_row,
    const real* image, const real* w, Py_ssize_t tap_step, const Finish* f, real* y,
    bint streamed
) noexcept nogil:
    """Some rows of results of a plane."""
    cdef Taps t
    if is_square(tag, s):
        square_block(tag, s, z, row, end_row, image, w, tap_step, f, y, streamed)
        return
    t.d = reach_of(z * s.step_d - s.pad_d, s.gap_d, s.taps_d, s.src_d)
    for row in range(row, end_row):
        t.h = reach_of(row * s.step_h - s.pad_h, s.gap_h, s.taps_h, s.src_h)
        row_of(tag, s, &t, image, w, tap_step, f, y + row * s.to_row)
        activate_channels(s, f, y + row * s.to_row, 1, 0, s.src_c)


cdef inline Py_ssize_t bands_of(const Conv* s, Py_ssize_t images) noexcept nogil:
    """Blocks of rows into which a plane of results is divided."""
    return max(1, least(ceil_div(UNITS, max(1, images * s.dst_d)), s.dst_h // LEAST))


cdef void some_units(
    const Conv* s, Py_ssize_t bands, Py_ssize_t unit, Py_ssize_t end, const real* x,
    const real* w, Py_ssize_t tap_step, const Finish* f, real* y
) noexcept nogil:
    """One thread's units: blocks of rows of results."""
    cdef Py_ssize_t top, end_row, z, image, band
    cdef Py_ssize_t line = VECTOR_BYTES // sizeof(real)
    cdef const real* source
    cdef real* c
    cdef bint streamed = (
        VECTOR_BYTES == 64 and s.batch * s.to_image * sizeof(real) >= STREAMED
        and <size_t> y % 64 == 0 and s.src_c % line == 0 and f.activation < TANH
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
                     f, c, streamed)
        else:
            block_of(<vd*> NULL, s, z, top, end_row, source, w, tap_step,
                     f, c, streamed)
    if streamed:
        publish()


cdef void convolve(
    const Conv* s, const real* x, const real* w, Py_ssize_t tap_step, const Finish* f,
    real* y, int n_threads
) noexcept nogil:
    """All results; from one tap's weights to the next there are `tap_step` numbers."""
    cdef Py_ssize_t bands = bands_of(s, s.batch), units = s.batch * s.dst_d * bands, i
    cdef Py_ssize_t workers = max(1, least(n_threads, units))
    for i in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(s, bands, units * i // workers, units * (i + 1) // workers, x, w,
                   tap_step, f, y)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Finish f = nothing_more()
    convolve(&s, buf[0], buf[1], s.src_c, &f, buf[2], n_threads)
    return OK


cdef int forward_finished(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Finish f = finish_of(buf + 2, <int> dim[23])
    convolve(&s, buf[0], buf[1], s.src_c, &f, buf[5], n_threads)
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
    cdef Finish f = nothing_more()
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
                               dim[4], &f, d_x + image * size + p.offset)
                    w += p.s.taps_d * p.s.taps_h * p.s.taps_w * dim[4]


cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Phase p
    cdef Py_ssize_t z, y, x, i, workers
    cdef real* turned = buf[3]
    cdef Finish f = nothing_more()
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
                    convolve(&p.s, buf[0], turned, dim[4], &f, buf[2] + p.offset,
                             n_threads)
                    turned += p.s.taps_d * p.s.taps_h * p.s.taps_w * dim[4]
    return OK


# --- kernel gradient -----------------------------------------------------------------


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
