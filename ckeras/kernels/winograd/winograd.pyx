"""3x3 convolutions by Winograd's F(2x2, 3x3): 16 products where there were 36.

Some tiles of the source are transformed at a time, multiplied element by element of
their transforms with the kernel's - each a product of matrices over channels - and
transformed back, all of it in the second-level cache. The input gradient is the same
with the kernel turned around.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_phase cimport Phase, phase_of
from ckeras.kernels.convolution.conv_pooled cimport forward_geometry, maximum_of_four
from ckeras.kernels.convolution.conv_window cimport DIMS, Conv
from ckeras.kernels.winograd.winograd_tiles cimport (
    Place, Tiles, floats_of, part_of, place_of, step, tiles_of, transform_sources,
    windows,
)
from ckeras.kernels.winograd.winograd_transform cimport kernel_tile, result_tile
from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Finish, add_rows, finish_of, get, lanes, multiply_add, nothing_more, put,
    rectify_sums, scale_and_shift, spread, store, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    UNITS = 16             # pieces of work that there should be, for all threads
    GROUPS = 8             # and pieces of several images each


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


# Transforms of sources and results lie vector by vector of channels, in each of which
# there is a row of one vector for each tile. So the steps of a register tile are
# constants, and a few registers hold all its addresses.


cdef inline void product_tile_of(
    vec* tag, const real* v, const real* u, real* m, Py_ssize_t to_vector, Py_ssize_t k,
    const int rows, const int vectors
) noexcept nogil:
    """m = v (rows, k)·u (k, vectors)."""
    cdef vec acc[24]
    cdef Py_ssize_t some
    cdef int i, j
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    while k > 0:
        some = least(k, lanes(tag))
        multiply_add(acc, v, lanes(tag), 1, u, 2 * lanes(tag), some, rows, vectors)
        v += to_vector
        u += some * 2 * lanes(tag)
        k -= some
    for i in range(rows):
        for j in range(vectors):
            store(m + j * to_vector + i * lanes(tag), &acc[i * vectors + j])


cdef inline void product_tile(
    const real* v, const real* u, real* m, Py_ssize_t to_vector, Py_ssize_t k,
    Py_ssize_t n, const int rows
) noexcept nogil:
    """A register tile of n columns, as many vectors of them as there are."""
    if real is float:
        if n <= LANES_F:
            product_tile_of(<vf*> NULL, v, u, m, to_vector, k, rows, 1)
        else:
            product_tile_of(<vf*> NULL, v, u, m, to_vector, k, rows, 2)
    else:
        if n <= LANES_D:
            product_tile_of(<vd*> NULL, v, u, m, to_vector, k, rows, 1)
        else:
            product_tile_of(<vd*> NULL, v, u, m, to_vector, k, rows, 2)


cdef void multiply(
    const real* v, const real* u, real* m, Py_ssize_t block, Py_ssize_t rows,
    Py_ssize_t k, Py_ssize_t n
) noexcept nogil:
    """m (rows, n) = v (rows, k)·u, from panels of u. Rows come by fours."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j = 0, left
    cdef Py_ssize_t size = width // 2, to_vector = block * size
    while j < n:
        i = 0
        while i < rows:
            left = rows - i
            if TILE_ROWS == 12 and left >= 12:
                product_tile(v + i * size, u, m + i * size, to_vector, k, n - j, 12)
                i += 12
            elif TILE_ROWS == 12 and left >= 8:
                product_tile(v + i * size, u, m + i * size, to_vector, k, n - j, 8)
                i += 8
            elif TILE_ROWS == 6 and left >= 6 and left != 8:
                product_tile(v + i * size, u, m + i * size, to_vector, k, n - j, 6)
                i += 6
            else:
                product_tile(v + i * size, u, m + i * size, to_vector, k, n - j, 4)
                i += 4
        j += width
        u += k * width
        m += 2 * to_vector


cdef inline void store_results_of(
    vec* tag, const Tiles* t, const real* m, Py_ssize_t y, Py_ssize_t x,
    const Finish* f, real* c, Py_ssize_t j, Py_ssize_t n
) noexcept nogil:
    """The results of one tile at (y, x), n channels from channel j on."""
    cdef vec result[4]
    cdef const real* residual
    cdef Py_ssize_t at
    cdef int i
    result_tile(result, m, t.to_result, n)
    if t.s.pooled:
        if y + 1 < t.high and x + 1 < t.wide:
            maximum_of_four(result, 1, f, j, c + y // 2 * t.s.to_row
                            + x // 2 * t.s.to_pixel + j, n)
        return
    c += y * t.s.to_row + x * t.s.to_pixel + j
    scale_and_shift(result, f, c, j, n, 4, 1)
    if f.residual != NULL:
        residual = <const real*> f.residual + (c - <const real*> f.y)
        for i in range(4):
            if y + i // 2 < t.high and x + i % 2 < t.wide:
                at = i // 2 * t.s.to_row + i % 2 * t.s.to_pixel
                add_rows(&result[i], residual + at, 0, n, 1, 1)
    rectify_sums(result, f, c, 4)
    for i in range(4):
        if y + i // 2 < t.high and x + i % 2 < t.wide:
            at = i // 2 * t.s.to_row + i % 2 * t.s.to_pixel
            put(c + at, &result[i], n)
            activate(c + at, 0, 1, n, f.activation)


cdef inline void store_tiles_of(
    vec* tag, const Tiles* t, const real* m, Py_ssize_t top, Py_ssize_t rows,
    Py_ssize_t first, Py_ssize_t count, const Finish* f, real* c
) noexcept nogil:
    """The results of some tiles; c is the first image's plane."""
    cdef Place at = place_of(t, first, rows)
    cdef Py_ssize_t tile, j, n, y
    cdef real* plane
    cdef const real* from_
    for tile in range(count):
        y = top + 2 * at.row
        plane = c + at.image * t.s.to_image
        from_ = m + tile * lanes(tag)
        j = 0
        while j < t.s.n:
            n = least(t.s.n - j, lanes(tag))
            if n == lanes(tag):
                store_results_of(tag, t, from_, y, 2 * at.column, f, plane, j,
                                 lanes(tag))
            else:
                store_results_of(tag, t, from_, y, 2 * at.column, f, plane, j, n)
            from_ += t.block * lanes(tag)
            j += n
        step(t, &at, rows)


cdef inline void store_tiles(
    const Tiles* t, const real* m, Py_ssize_t top, Py_ssize_t rows, Py_ssize_t first,
    Py_ssize_t count, const Finish* f, real* c
) noexcept nogil:
    if real is float:
        store_tiles_of(<vf*> NULL, t, m, top, rows, first, count, f, c)
    else:
        store_tiles_of(<vd*> NULL, t, m, top, rows, first, count, f, c)


cdef void some_units(
    const Tiles* t, Py_ssize_t unit, Py_ssize_t end, const real* x, const real* u,
    const Finish* f, real* y, real* work
) noexcept nogil:
    """One thread's units: a few rows of one plane of results, or small images."""
    cdef Py_ssize_t down = ceil_div(t.s.dst_h, t.s.rows), k = t.s.channels, n = t.s.n
    cdef Py_ssize_t top, rows, z, image, images, tiles, first, count, i
    cdef Py_ssize_t element = ceil_div(n, panel_width(<real> 0)) * panel_width(<real> 0)
    cdef Py_ssize_t size = panel_width(<real> 0) // 2
    cdef real* v = work
    cdef real* m = v + 16 * t.to_source
    cdef const real* part
    cdef real* c
    for unit in range(unit, end):
        top = unit % down * t.s.rows
        rows = least(t.s.rows, t.s.dst_h - top)
        z = unit // down % t.s.dst_d
        image = unit // down // t.s.dst_d * t.images
        images = least(t.images, t.s.batch - image)
        part = windows(t, x, image, images, z, top, rows, work + t.transform)
        c = y + image * t.s.to_image + z * t.s.to_plane
        rows //= 2
        tiles = images * rows * t.across
        first = 0
        while first < tiles:
            count = least(tiles - first, part_of(t, tiles))
            transform_sources(t, part, rows, first, count, k, size, t.block * size, v)
            for i in range(16):
                multiply(v + i * t.to_source, u + i * element * k, m + i * t.to_result,
                         t.block, ceil_div(count, 4) * 4, k, n)
            store_tiles(t, m, top, rows, first, count, f, c)
            first += count


cdef void convolve(
    const Tiles* t, const real* x, const real* u, const Finish* f, real* y, real* work,
    Py_ssize_t slots, int n_threads
) noexcept nogil:
    cdef Py_ssize_t units = ceil_div(t.s.dst_h, t.s.rows) * t.s.dst_d, workers, w
    cdef Py_ssize_t floats = floats_of(t)
    units *= ceil_div(t.s.batch, t.images)
    workers = max(1, least(least(n_threads, slots), units))
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(t, units * w // workers, units * (w + 1) // workers, x, u, f, y,
                   work + w * floats)


cdef Tiles tiles_for(const Conv* s, Py_ssize_t size) noexcept nogil:
    """The tiles, for whole vectors of `size` channels."""
    return tiles_of(s, ceil_div(s.channels, size) * size, ceil_div(s.n, size) * size,
                    UNITS, GROUPS)


cdef void forward_of(
    const real* x, const real* w, const Finish* f, real* y, real* work,
    const Py_ssize_t* dim, int n_threads
) noexcept nogil:
    cdef Conv s = forward_geometry(dim)
    cdef Tiles t = tiles_for(&s, panel_width(<real> 0) // 2)
    transform_kernel(&s, w, False, work, n_threads)
    convolve(&t, x, work, f, y, work + kernel_floats(&s, panel_width(<real> 0)),
             dim[22], n_threads)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Finish f = nothing_more()
    forward_of(buf[0], buf[1], &f, buf[2], buf[3], dim, n_threads)
    return OK


cdef int forward_finished(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Finish f = finish_of(buf + 2, <int> dim[23])
    forward_of(buf[0], buf[1], &f, buf[5], buf[6], dim, n_threads)
    return OK


cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Phase p = phase_of(dim, 0, 0, 0)
    cdef Finish f = nothing_more()
    cdef Tiles t = tiles_for(&p.s, panel_width(<real> 0) // 2)
    transform_kernel(&p.s, buf[1], True, buf[3], n_threads)
    convolve(&t, buf[0], buf[3], &f, buf[2],
             buf[3] + kernel_floats(&p.s, panel_width(<real> 0)), dim[22], n_threads)
    return OK


# --- workspaces ----------------------------------------------------------------------


def workspace_bytes(dims, Py_ssize_t itemsize, bint backward):
    """Bytes of workspace, forward or for the input's gradient."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t i, width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Conv s
    cdef Phase p
    cdef Tiles t
    for i in range(len(dims)):
        dim[i] = dims[i]
    if backward:
        p = phase_of(dim, 0, 0, 0)
        s = p.s
    else:
        s = forward_geometry(dim)
    t = tiles_for(&s, width // 2)
    return itemsize * (kernel_floats(&s, width) + dim[22] * floats_of(&t))
