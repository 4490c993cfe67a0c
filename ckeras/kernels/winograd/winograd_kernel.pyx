"""The kernel's gradient of 3x3 convolutions by Winograd's F(2x2, 3x3).

Sources and gradients of some tiles are transformed; their products, element by
element, are products of matrices over tiles, and the sum of all of them is transformed
into the nine taps. A piece of work takes so few channels that its sums stay in the
second-level cache.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_window cimport DIMS, Conv, geometry_of
from ckeras.kernels.winograd.winograd_tiles cimport (
    Place, Tiles, floats_of, part_of, place_of, step, tiles_of, transform_sources,
    windows,
)
from ckeras.kernels.winograd.winograd_transform cimport (
    gradient_tile, kernel_gradient_tile,
)
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, get, lanes, put, spread, tile_of, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    UNITS = 8              # pieces of work that there should be, for all threads
    CHANNELS = 128         # source channels of a piece, at most
    FILTERS = 64           # and result channels
    PARTIALS = 1 << 22     # numbers that their sums may have together
    SLACK = 64             # numbers after the transforms that tiles may read


cdef struct Plan:
    Py_ssize_t chunks            # of images, each with a sum of its own
    Py_ssize_t down, across      # pieces into which channels and filters are divided
    Py_ssize_t channels, filters    # of a piece


cdef Plan plan_of(const Conv* s, Py_ssize_t width) noexcept nogil:
    cdef Plan p
    cdef Py_ssize_t most = PARTIALS // max(16 * s.channels * s.n, 1)
    p.down = ceil_div(s.channels, CHANNELS)
    p.across = ceil_div(s.n, FILTERS)
    p.channels = ceil_div(ceil_div(s.channels, p.down), width) * width
    p.filters = ceil_div(ceil_div(s.n, p.across), width) * width
    p.down = ceil_div(s.channels, p.channels)
    p.across = ceil_div(s.n, p.filters)
    most = least(least(most, ceil_div(UNITS, p.down * p.across)), s.batch)
    p.chunks = 1
    while 2 * p.chunks <= most:
        p.chunks *= 2
    return p


cdef struct Piece:               # of the kernel's transforms, (16, k, n)
    Py_ssize_t from_k, from_n, k, n
    Py_ssize_t at                # where its sums begin, after those of others


cdef inline Piece piece_of(
    const Conv* s, const Plan* p, Py_ssize_t down, Py_ssize_t across
) noexcept nogil:
    cdef Piece piece
    piece.from_k, piece.from_n = down * p.channels, across * p.filters
    piece.k = least(p.channels, s.channels - piece.from_k)
    piece.n = least(p.filters, s.n - piece.from_n)
    piece.at = 16 * (piece.from_k * s.n + piece.k * piece.from_n)
    return piece


cdef inline void transform_gradients_of(
    vec* tag, const Tiles* t, const real* d_y, Py_ssize_t top, Py_ssize_t rows,
    Py_ssize_t first, Py_ssize_t count, Py_ssize_t filters, real* m
) noexcept nogil:
    """m[i] = element i of some tiles' transformed gradients, (tiles, filters)."""
    cdef vec y[4]
    cdef Place at = place_of(t, first, rows)
    cdef Py_ssize_t tile, j, n, row, pixel
    cdef const real* d
    cdef int i
    for tile in range(count):
        row = top + 2 * at.row
        pixel = 2 * at.column
        d = d_y + at.image * t.s.to_image + row * t.s.to_row + pixel * t.s.to_pixel
        j = 0
        while j < filters:
            n = least(filters - j, lanes(tag))
            for i in range(4):
                if row + i // 2 < t.high and pixel + i % 2 < t.wide:
                    get(&y[i], d + i // 2 * t.s.to_row + i % 2 * t.s.to_pixel + j, n)
                else:
                    spread(&y[i], <real> 0)
            gradient_tile(y, m + tile * filters + j, t.to_result, n)
            j += n
        step(t, &at, rows)


cdef inline void product_tile(
    const real* v, const real* m, real* d_u, Py_ssize_t tiles, Py_ssize_t left,
    Py_ssize_t k, Py_ssize_t n, Py_ssize_t columns, const Epilogue* epilogue,
    const int rows
) noexcept nogil:
    if columns <= panel_width(<real> 0) // 2:
        tile_of(d_u, n, left, columns, v, 1, k, m, n, tiles, 0, epilogue, rows, 1)
    else:
        tile_of(d_u, n, left, columns, v, 1, k, m, n, tiles, 0, epilogue, rows, 2)


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
                product_tile(v + i, m + j, d_u + i * n + j, tiles,
                             least(k - i, TILE_ROWS), k, n, columns, &epilogue,
                             TILE_ROWS)
            elif k - i > 4:
                product_tile(v + i, m + j, d_u + i * n + j, tiles, k - i,
                             k, n, columns, &epilogue, 8)
            else:
                product_tile(v + i, m + j, d_u + i * n + j, tiles, k - i,
                             k, n, columns, &epilogue, 4)
            i += TILE_ROWS
        j += width


cdef void unit(
    const Tiles* t, const Plan* p, Py_ssize_t at, const real* x, const real* d_y,
    real* sums, real* work
) noexcept nogil:
    """A piece of the kernel's transforms, summed over one chunk of images."""
    cdef Py_ssize_t chunk = at // (p.down * p.across), size = t.s.channels * t.s.n
    cdef Piece piece = piece_of(&t.s, p, at // p.across % p.down, at % p.across)
    cdef Py_ssize_t k = piece.k, n = piece.n
    cdef Py_ssize_t image = t.s.batch * chunk // p.chunks
    cdef Py_ssize_t end = t.s.batch * (chunk + 1) // p.chunks
    cdef Py_ssize_t images, z, top, rows, tiles, first, count, i
    cdef Py_ssize_t vector = panel_width(<real> 0) // 2
    cdef real* v = work
    cdef real* m = v + 16 * t.to_source
    cdef const real* part
    cdef const real* d
    sums += 16 * chunk * size + piece.at
    while image < end:
        images = least(t.images, end - image)
        for z in range(t.s.dst_d):
            d = d_y + image * t.s.to_image + z * t.s.to_plane + piece.from_n
            top = 0
            while top < t.s.dst_h:
                rows = least(t.s.rows, t.s.dst_h - top)
                part = windows(t, x, image, images, z, top, rows,
                               work + t.transform + SLACK) + piece.from_k
                rows //= 2
                tiles = images * rows * t.across
                first = 0
                while first < tiles:
                    count = least(tiles - first, part_of(t, tiles))
                    transform_sources(t, part, rows, first, count, k, k, vector, v)
                    if real is float:
                        transform_gradients_of(<vf*> NULL, t, d, top, rows, first,
                                               count, n, m)
                    else:
                        transform_gradients_of(<vd*> NULL, t, d, top, rows, first,
                                               count, n, m)
                    for i in range(16):
                        add_products(v + i * t.to_source, m + i * t.to_result,
                                     sums + i * k * n, count, k, n)
                    first += count
                top += 2 * rows
        image += images


cdef inline void finish_row_of(
    vec* tag, const Conv* s, const Plan* p, const real* sums, Py_ssize_t row, real* d_w
) noexcept nogil:
    """The gradient's taps for one source channel, from the sums of all chunks."""
    cdef vec g[9]
    cdef vec total, more
    cdef real u[256]
    cdef Py_ssize_t size = s.channels * s.n, across, j, n, i, c
    cdef Piece piece
    cdef const real* of_piece
    cdef const real* element
    for across in range(p.across):
        piece = piece_of(s, p, row // p.channels, across)
        of_piece = sums + piece.at + (row - piece.from_k) * piece.n
        j = 0
        while j < piece.n:
            n = least(piece.n - j, lanes(tag))
            for i in range(16):
                element = of_piece + i * piece.k * piece.n + j
                get(&total, element, n)
                for c in range(1, p.chunks):
                    get(&more, element + 16 * c * size, n)
                    total = total + more
                put(&u[i * lanes(tag)], &total, lanes(tag))
            kernel_gradient_tile(g, u, lanes(tag), lanes(tag))
            for i in range(9):
                put(d_w + i * size + row * s.n + piece.from_n + j, &g[i], n)
            j += n


cdef void finish_row(
    const Conv* s, const Plan* p, const real* sums, Py_ssize_t row, real* d_w
) noexcept nogil:
    if real is float:
        finish_row_of(<vf*> NULL, s, p, sums, row, d_w)
    else:
        finish_row_of(<vd*> NULL, s, p, sums, row, d_w)


cdef Tiles tiles_for(const Conv* s, const Plan* p) noexcept nogil:
    return tiles_of(s, least(p.channels, s.channels), least(p.filters, s.n), 1,
                    p.chunks)


cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry_of(dim)
    cdef Plan p = plan_of(&s, panel_width(<real> 0))
    cdef Tiles t = tiles_for(&s, &p)
    cdef Py_ssize_t size = s.channels * s.n, floats = floats_of(&t) + SLACK, i
    cdef Py_ssize_t units = p.chunks * p.down * p.across, w
    cdef Py_ssize_t workers = least(least(n_threads, dim[22]), units)
    cdef real* work = buf[3] + 16 * p.chunks * size + SLACK
    memset(buf[3], 0, 16 * p.chunks * size * sizeof(real))
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        for i in range(units * w // workers, units * (w + 1) // workers):
            unit(&t, &p, i, buf[0], buf[1], buf[3], work + w * floats)
    for i in prange(s.channels, schedule="static", num_threads=n_threads):
        finish_row(&s, &p, buf[3], i, buf[2])
    return OK


def workspace_bytes(dims, Py_ssize_t itemsize):
    """Bytes of workspace."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t i
    cdef Conv s
    cdef Plan p
    cdef Tiles t
    for i in range(len(dims)):
        dim[i] = dims[i]
    s = geometry_of(dim)
    p = plan_of(&s, 2 * (LANES_F if itemsize == 4 else LANES_D))
    t = tiles_for(&s, &p)
    return itemsize * (
        16 * p.chunks * s.channels * s.n + SLACK + dim[22] * (floats_of(&t) + SLACK))
