"""The kernel's gradient of 3x3 convolutions by Winograd's F(2x2, 3x3).

Sources and gradients of some tiles are transformed; their products, element by
element, are products of matrices over tiles, and the sum of all of them is transformed
into the nine taps.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_window cimport DIMS, Conv, geometry_of, window
from ckeras.kernels.convolution.winograd_tiles cimport (
    Tiles, floats_of, part_of, tiles_of, transform_sources,
)
from ckeras.kernels.convolution.winograd_transform cimport (
    gradient_tile, kernel_gradient_tile,
)
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, get, lanes, put, spread, tile_of, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    CHUNKS = 8             # chunks of images with a gradient of their own, at most
    PARTIALS = 1 << 22     # numbers that their sums may have together
    SLACK = 64             # numbers after the transforms that tiles may read


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
            gradient_tile(y, m + at * t.s.n + j, t.to_result, n)
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
    cdef real* m = v + 16 * t.to_source
    cdef const real* part
    cdef const real* d
    for image in range(image, end):
        for z in range(t.s.dst_d):
            d = d_y + image * t.s.to_image + z * t.s.to_plane
            top = 0
            while top < t.s.dst_h:
                rows = least(t.s.rows, t.s.dst_h - top)
                part = window(&t.s, x, image, z, top, rows, work + t.transform + SLACK)
                tiles = rows // 2 * t.across
                first = 0
                while first < tiles:
                    count = least(tiles - first, part_of(t, tiles))
                    transform_sources(t, part, first, count, v)
                    if real is float:
                        transform_gradients_of(<vf*> NULL, t, d, top, first, count, m)
                    else:
                        transform_gradients_of(<vd*> NULL, t, d, top, first, count, m)
                    for i in range(16):
                        add_products(v + i * t.to_source, m + i * t.to_result,
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
    cdef Py_ssize_t vector, floats = floats_of(&t) + SLACK
    cdef real* work = buf[3] + 16 * chunks * size + SLACK
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


def workspace_bytes(dims, Py_ssize_t itemsize):
    """Bytes of workspace."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t i, chunks
    cdef Conv s
    cdef Tiles t
    for i in range(len(dims)):
        dim[i] = dims[i]
    s = geometry_of(dim)
    t = tiles_of(&s, 1)
    chunks = chunks_of(&s)
    return itemsize * (
        16 * chunks * s.channels * s.n + SLACK + chunks * (floats_of(&t) + SLACK))
