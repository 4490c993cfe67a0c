"""3x3 convolutions by Winograd's F(2x2, 3x3): 16 products where there were 36.

Some tiles of the source are transformed at a time, multiplied element by element of
their transforms with the kernel's - each a product of matrices over channels - and
transformed back, all of it in the second-level cache. The input gradient is the same
with the kernel turned around; for the kernel's gradient, the products run over tiles.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_phase cimport Phase, phase_of
from ckeras.kernels.convolution.conv_window cimport (
    DIMS, Conv, geometry_of, settle, window, window_floats,
)
from ckeras.kernels.convolution.winograd_transform cimport (
    get, gradient_tile, kernel_gradient_tile, kernel_tile, put, result_tile,
    source_tile,
)
from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    LINEAR, RELU, Epilogue, lanes, rectify, spread, tile_of, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    WINDOW = 1 << 15       # numbers of a window
    UNITS = 16             # pieces of work that there should be, for all threads
    BLOCK = 1 << 16        # numbers of the transforms of a block of tiles
    CHUNKS = 8             # chunks of images with a gradient of their own, at most
    PARTIALS = 1 << 22     # numbers that their sums may have together


cdef struct Tiles:
    Conv s                     # results rounded up to even numbers
    Py_ssize_t high, wide      # results that there are
    Py_ssize_t across          # tiles in a row
    Py_ssize_t block           # tiles that are transformed together
    Py_ssize_t transform       # numbers of a thread's transforms


cdef Tiles tiles_of(Conv* s, Py_ssize_t least_units) noexcept nogil:
    cdef Tiles t
    cdef Py_ssize_t most
    t.s = s[0]
    t.high, t.wide = s.dst_h, s.dst_w
    t.s.dst_h, t.s.dst_w = ceil_div(s.dst_h, 2) * 2, ceil_div(s.dst_w, 2) * 2
    settle(&t.s, WINDOW, least_units, True)
    if t.s.rows % 2:  # settled anew for whole tiles
        t.s.rows = least(t.s.rows + 1, t.s.dst_h)
        t.s.window_h = t.s.rows + 2
        if t.s.copied:
            t.s.plane = t.s.window_h * t.s.pitch
    t.across = t.s.dst_w // 2
    most = BLOCK // (16 * (s.channels + s.n)) // TILE_ROWS * TILE_ROWS
    t.block = max(TILE_ROWS, least(most, 4 * TILE_ROWS))
    t.transform = 16 * t.block * (s.channels + s.n)
    return t


cdef Py_ssize_t floats_of(const Tiles* t) noexcept nogil:
    """Numbers of one thread's workspace."""
    return t.transform + window_floats(&t.s)


# --- kernels -------------------------------------------------------------------------


cdef inline void transform_line_of(
    vec* tag, const real* w, Py_ssize_t line, bint turned, Py_ssize_t k, Py_ssize_t n,
    real* u
) noexcept nogil:
    """The transforms of one input channel's taps, turned of one output channel's.

    w is (9, k, n), turned (9, n, k), where the taps go from last to first.
    """
    cdef vec g[9]
    cdef real scattered[256]
    cdef Py_ssize_t width = panel_width(<real> 0), size = lanes(tag), c = 0, i, tap
    cdef Py_ssize_t element = ceil_div(n, width) * width * k, left
    cdef Py_ssize_t count = k if turned else n
    cdef real* to
    while c < count:
        left = least(count - c, size)
        for tap in range(9):
            get(&g[8 - tap if turned else tap], w + tap * k * n + line * count + c,
                left)
        if turned:
            kernel_tile(g, scattered, size, size)
            to = u + line // width * width * k + c * width + line % width
            for tap in range(16):
                for i in range(left):
                    to[tap * element + i * width] = scattered[tap * size + i]
        else:  # a panel's columns beyond n get the zeros that were loaded
            kernel_tile(g, u + c // width * width * k + line * width + c % width,
                        element, size)
        c += size


cdef void transform_kernel(
    const Conv* s, const real* w, bint turned, real* u, int n_threads
) noexcept nogil:
    """The panels of the kernel's transforms, u (16, panels, k, width)."""
    cdef Py_ssize_t width = panel_width(<real> 0), lines = s.n if turned else s.channels
    cdef Py_ssize_t line
    if s.n % width:
        memset(u, 0, kernel_floats(s, width) * sizeof(real))
    for line in prange(lines, schedule="static", num_threads=n_threads):
        if real is float:
            transform_line_of(<vf*> NULL, w, line, turned, s.channels, s.n, u)
        else:
            transform_line_of(<vd*> NULL, w, line, turned, s.channels, s.n, u)


cdef Py_ssize_t kernel_floats(const Conv* s, Py_ssize_t width) noexcept nogil:
    return 16 * ceil_div(s.n, width) * width * s.channels


# --- forward, and the input gradient -------------------------------------------------


cdef inline void transform_sources_of(
    vec* tag, const Tiles* t, const real* part, Py_ssize_t first, Py_ssize_t count,
    real* v
) noexcept nogil:
    """v[i] = element i of some tiles' transforms, a (tiles, channels) matrix."""
    cdef Py_ssize_t at, c, n, channels = t.s.channels
    cdef const real* d
    for at in range(count):
        d = part + (first + at) // t.across * 2 * t.s.pitch
        d += (first + at) % t.across * 2 * channels
        c = 0
        while c < channels:
            n = least(channels - c, lanes(tag))
            if n == lanes(tag):
                source_tile(tag, d + c, t.s.pitch, channels, v + at * channels + c,
                            t.block * channels, lanes(tag))
            else:
                source_tile(tag, d + c, t.s.pitch, channels, v + at * channels + c,
                            t.block * channels, n)
            c += n


cdef inline void transform_sources(
    const Tiles* t, const real* part, Py_ssize_t first, Py_ssize_t count, real* v
) noexcept nogil:
    if real is float:
        transform_sources_of(<vf*> NULL, t, part, first, count, v)
    else:
        transform_sources_of(<vd*> NULL, t, part, first, count, v)


cdef void multiply(
    const real* v, const real* u, real* m, Py_ssize_t rows, Py_ssize_t k, Py_ssize_t n
) noexcept nogil:
    """m (rows, n) = v (rows, k)·u, from panels of u; v has whole register tiles."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j = 0, left, columns
    cdef Epilogue epilogue
    epilogue.accumulate = False
    epilogue.last = False
    while j < n:
        columns = least(n - j, width)
        i = 0
        while i < rows:
            left = least(rows - i, TILE_ROWS)
            if columns <= width // 2:
                tile_of(m + i * n + j, n, left, columns, v + i * k, k, 1, u + j * k,
                        width, k, j, &epilogue, TILE_ROWS, 1)
            else:
                tile_of(m + i * n + j, n, left, columns, v + i * k, k, 1, u + j * k,
                        width, k, j, &epilogue, TILE_ROWS, 2)
            i += TILE_ROWS
        j += width


cdef inline void store_results_of(
    vec* tag, const Tiles* t, const real* m, Py_ssize_t y, Py_ssize_t x,
    const real* bias, int activation, real* c, Py_ssize_t j, Py_ssize_t n
) noexcept nogil:
    """The results of one tile at (y, x), n channels from channel j on."""
    cdef vec result[4]
    cdef vec add, zero
    cdef int i
    cdef real* to
    result_tile(result, m, t.block * t.s.n, n)
    spread(&zero, <real> 0)
    if bias != NULL:
        get(&add, bias + j, n)
    for i in range(4):
        if y + i // 2 >= t.high or x + i % 2 >= t.wide:
            continue
        if bias != NULL:
            result[i] = result[i] + add
        if activation == RELU:
            rectify(&result[i], &zero)
        to = c + (y + i // 2) * t.s.to_row + (x + i % 2) * t.s.to_pixel + j
        put(to, &result[i], n)
        activate(to, 0, 1, n, activation)


cdef inline void store_tiles(
    const Tiles* t, const real* m, Py_ssize_t top, Py_ssize_t first, Py_ssize_t count,
    const real* bias, int activation, real* c
) noexcept nogil:
    """The results of some tiles; c is the image's plane."""
    cdef Py_ssize_t at, j, n, y, x, size
    if real is float:
        size = LANES_F
    else:
        size = LANES_D
    for at in range(count):
        y = top + (first + at) // t.across * 2
        x = (first + at) % t.across * 2
        j = 0
        while j < t.s.n:
            n = least(t.s.n - j, size)
            if real is float:
                if n == LANES_F:
                    store_results_of(<vf*> NULL, t, m + at * t.s.n + j, y, x, bias,
                                     activation, c, j, LANES_F)
                else:
                    store_results_of(<vf*> NULL, t, m + at * t.s.n + j, y, x, bias,
                                     activation, c, j, n)
            else:
                if n == LANES_D:
                    store_results_of(<vd*> NULL, t, m + at * t.s.n + j, y, x, bias,
                                     activation, c, j, LANES_D)
                else:
                    store_results_of(<vd*> NULL, t, m + at * t.s.n + j, y, x, bias,
                                     activation, c, j, n)
            j += n


cdef void some_units(
    const Tiles* t, Py_ssize_t unit, Py_ssize_t end, const real* x, const real* u,
    const real* bias, int activation, real* y, real* work
) noexcept nogil:
    """One thread's units: a few rows of one plane of results."""
    cdef Py_ssize_t down = ceil_div(t.s.dst_h, t.s.rows), k = t.s.channels, n = t.s.n
    cdef Py_ssize_t top, rows, at, tiles, first, count, i
    cdef Py_ssize_t element = ceil_div(n, panel_width(<real> 0)) * panel_width(<real> 0)
    cdef real* v = work
    cdef real* m = v + 16 * t.block * k
    cdef const real* part
    cdef real* c
    for unit in range(unit, end):
        top = unit % down * t.s.rows
        rows = least(t.s.rows, t.s.dst_h - top)
        at = unit // down
        part = window(&t.s, x, at // t.s.dst_d, at % t.s.dst_d, top, rows,
                      work + t.transform)
        c = y + at // t.s.dst_d * t.s.to_image + at % t.s.dst_d * t.s.to_plane
        tiles = rows // 2 * t.across
        first = 0
        while first < tiles:
            count = least(tiles - first, t.block)
            transform_sources(t, part, first, count, v)
            for i in range(16):
                multiply(v + i * t.block * k, u + i * element * k, m + i * t.block * n,
                         count, k, n)
            store_tiles(t, m, top, first, count, bias, activation, c)
            first += count


cdef void convolve(
    const Tiles* t, const real* x, const real* u, const real* bias, int activation,
    real* y, real* work, Py_ssize_t slots, int n_threads
) noexcept nogil:
    cdef Py_ssize_t units = t.s.batch * t.s.dst_d * ceil_div(t.s.dst_h, t.s.rows), w
    cdef Py_ssize_t workers = max(1, least(least(n_threads, slots), units))
    cdef Py_ssize_t floats = floats_of(t)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(t, units * w // workers, units * (w + 1) // workers, x, u, bias,
                   activation, y, work + w * floats)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Tiles t = tiles_of(&s, UNITS)
    transform_kernel(&s, buf[1], False, buf[4], n_threads)
    convolve(&t, buf[0], buf[4], buf[2], <int> dim[23], buf[3],
             buf[4] + kernel_floats(&s, panel_width(<real> 0)), dim[22], n_threads)
    return OK


cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Phase p = phase_of(dim, 0, 0, 0)
    cdef Tiles t = tiles_of(&p.s, UNITS)
    transform_kernel(&p.s, buf[1], True, buf[3], n_threads)
    convolve(&t, buf[0], buf[3], <const real*> NULL, LINEAR, buf[2],
             buf[3] + kernel_floats(&p.s, panel_width(<real> 0)), dim[22], n_threads)
    return OK


# --- kernel gradient -----------------------------------------------------------------


cdef inline void transform_gradients_of(
    vec* tag, const Tiles* t, const real* d_y, Py_ssize_t top, Py_ssize_t first,
    Py_ssize_t count, real* m
) noexcept nogil:
    """m[i] = element i of some tiles' transformed gradients, (tiles, n)."""
    cdef vec y[4]
    cdef Py_ssize_t at, j, n, row, pixel
    cdef int i
    for at in range(count):
        row = top + (first + at) // t.across * 2
        pixel = (first + at) % t.across * 2
        j = 0
        while j < t.s.n:
            n = least(t.s.n - j, lanes(tag))
            for i in range(4):
                if row + i // 2 < t.high and pixel + i % 2 < t.wide:
                    get(&y[i], d_y + (row + i // 2) * t.s.to_row
                        + (pixel + i % 2) * t.s.to_pixel + j, n)
                else:
                    spread(&y[i], <real> 0)
            gradient_tile(y, m + at * t.s.n + j, t.block * t.s.n, n)
            j += n


cdef void add_products(
    const real* v, const real* m, real* d_u, Py_ssize_t tiles, Py_ssize_t k,
    Py_ssize_t n
) noexcept nogil:
    """d_u (k, n) += vᵀ·m of (tiles, k) and (tiles, n)."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j = 0, columns
    cdef Epilogue epilogue
    epilogue.accumulate = True
    epilogue.last = False
    while j < n:
        columns = least(n - j, width)
        i = 0
        while i < k:
            if k - i > 8 or TILE_ROWS == 6:
                tile_of(d_u + i * n + j, n, least(k - i, TILE_ROWS), columns, v + i, 1,
                        k, m + j, n, tiles, j, &epilogue, TILE_ROWS, 2)
            elif k - i > 4:
                tile_of(d_u + i * n + j, n, k - i, columns, v + i, 1, k, m + j, n,
                        tiles, j, &epilogue, 8, 2)
            else:
                tile_of(d_u + i * n + j, n, k - i, columns, v + i, 1, k, m + j, n,
                        tiles, j, &epilogue, 4, 2)
            i += TILE_ROWS
        j += width


cdef void chunk_of_images(
    const Tiles* t, Py_ssize_t image, Py_ssize_t end, const real* x, const real* d_y,
    real* d_u, real* work
) noexcept nogil:
    cdef Py_ssize_t k = t.s.channels, n = t.s.n, z, top, rows, tiles, first, count, i
    cdef real* v = work
    cdef real* m = v + 16 * t.block * k
    cdef const real* part
    cdef const real* d
    for image in range(image, end):
        for z in range(t.s.dst_d):
            d = d_y + image * t.s.to_image + z * t.s.to_plane
            top = 0
            while top < t.s.dst_h:
                rows = least(t.s.rows, t.s.dst_h - top)
                part = window(&t.s, x, image, z, top, rows, work + t.transform + 64)
                tiles = rows // 2 * t.across
                first = 0
                while first < tiles:
                    count = least(tiles - first, t.block)
                    transform_sources(t, part, first, count, v)
                    if real is float:
                        transform_gradients_of(<vf*> NULL, t, d, top, first, count, m)
                    else:
                        transform_gradients_of(<vd*> NULL, t, d, top, first, count, m)
                    for i in range(16):
                        add_products(v + i * t.block * k, m + i * t.block * n,
                                     d_u + i * k * n, count, k, n)
                    first += count
                top += rows


cdef inline void finish_kernel_of(
    vec* tag, const real* sums, Py_ssize_t chunks, Py_ssize_t size, real* d_w,
    Py_ssize_t at
) noexcept nogil:
    """A vector of the kernel's gradient, from the sums of all chunks in order."""
    cdef vec g[9]
    cdef vec total, more
    cdef real u[256]
    cdef Py_ssize_t n = least(size - at, lanes(tag)), i, c
    for i in range(16):
        get(&total, sums + i * size + at, n)
        for c in range(1, chunks):
            get(&more, sums + (16 * c + i) * size + at, n)
            total = total + more
        put(&u[i * lanes(tag)], &total, lanes(tag))
    kernel_gradient_tile(g, u, lanes(tag), lanes(tag))
    for i in range(9):
        put(d_w + i * size + at, &g[i], n)


cdef void finish_kernel(
    const real* sums, Py_ssize_t chunks, Py_ssize_t size, real* d_w, Py_ssize_t at
) noexcept nogil:
    if real is float:
        finish_kernel_of(<vf*> NULL, sums, chunks, size, d_w, at)
    else:
        finish_kernel_of(<vd*> NULL, sums, chunks, size, d_w, at)


cdef Py_ssize_t chunks_of(const Conv* s) noexcept nogil:
    cdef Py_ssize_t most = PARTIALS // (16 * s.channels * s.n), chunks = 1
    most = least(least(most, CHUNKS), s.batch)
    while 2 * chunks <= most:
        chunks *= 2
    return chunks


cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Tiles t = tiles_of(&s, 1)
    cdef Py_ssize_t chunks = chunks_of(&s), size = s.channels * s.n, i
    cdef Py_ssize_t vector, floats = floats_of(&t) + 64
    cdef real* work = buf[3] + 16 * chunks * size + 64
    if real is float:
        vector = LANES_F
    else:
        vector = LANES_D
    memset(buf[3], 0, 16 * chunks * size * sizeof(real))
    for i in prange(chunks, schedule="static", num_threads=n_threads):
        chunk_of_images(&t, s.batch * i // chunks, s.batch * (i + 1) // chunks, buf[0],
                        buf[1], buf[3] + 16 * i * size, work + i * floats)
    for i in prange(ceil_div(size, vector), schedule="static", num_threads=n_threads):
        finish_kernel(buf[3], chunks, size, buf[2], i * vector)
    return OK


# --- workspaces ----------------------------------------------------------------------


def workspace_bytes(dims, Py_ssize_t itemsize, int which):
    """Bytes of workspace: forward, for the input's or for the kernel's gradient."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t i, width = 2 * (LANES_F if itemsize == 4 else LANES_D), chunks
    cdef Conv s
    cdef Phase p
    cdef Tiles t
    for i in range(len(dims)):
        dim[i] = dims[i]
    s = geometry_of(dim)
    if which == 2:
        t = tiles_of(&s, 1)
        chunks = chunks_of(&s)
        return itemsize * (
            16 * chunks * s.channels * s.n + 64 + chunks * (floats_of(&t) + 64))
    if which == 1:
        p = phase_of(dim, 0, 0, 0)
        s = p.s
    t = tiles_of(&s, UNITS)
    return itemsize * (kernel_floats(&s, width) + dim[22] * floats_of(&t))
