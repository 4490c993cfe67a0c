"""Tiles of images for Winograd's way, and the transforms of some at a time."""

from ckeras.kernels.convolution.conv_window cimport Conv, settle, window, window_floats
from ckeras.kernels.winograd.winograd_transform cimport source_tile
from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.matrix.gemm_tile cimport lanes, vec
from ckeras.kernels.simd cimport TILE_ROWS, vd, vf
from ckeras.kernels.types cimport real

cdef enum:
    WINDOW = 1 << 15       # numbers of a window
    BLOCK = 1 << 17        # numbers of the transforms of a block of tiles
    MOST_TILES = 64        # tiles of a block
    APART = 16             # numbers between two elements' matrices, see below


cdef struct Tiles:
    Conv s                     # results rounded up to even numbers
    Py_ssize_t high, wide      # results that there are
    Py_ssize_t across          # tiles in a row
    Py_ssize_t images          # of a unit of work: several where they are small
    Py_ssize_t to_window       # steps between their windows
    Py_ssize_t block           # tiles that are transformed together
    Py_ssize_t to_source       # steps between elements of the transforms
    Py_ssize_t to_result
    Py_ssize_t transform       # numbers of a thread's transforms


cdef struct Place:             # of a tile
    Py_ssize_t image, row, column


cdef inline Tiles tiles_of(
    const Conv* s, Py_ssize_t channels, Py_ssize_t n, Py_ssize_t units,
    Py_ssize_t groups
) noexcept nogil:
    """Tiles, of which so many source and result channels are transformed at a time.

    There should be some `units` of work, and `groups` of images, at least.
    """
    cdef Tiles t
    cdef Py_ssize_t tiles
    t.s = s[0]
    t.high, t.wide = s.dst_h, s.dst_w
    t.s.dst_h, t.s.dst_w = ceil_div(s.dst_h, 2) * 2, ceil_div(s.dst_w, 2) * 2
    settle(&t.s, WINDOW, units, True)
    if t.s.rows % 2:  # settled anew for whole tiles
        t.s.rows = least(t.s.rows + 1, t.s.dst_h)
        t.s.window_h = t.s.rows + 2
        if t.s.copied:
            t.s.plane = t.s.window_h * t.s.pitch
    t.across = t.s.dst_w // 2
    t.block = max(TILE_ROWS, least(BLOCK // (16 * (channels + n)) // 4 * 4, MOST_TILES))
    t.images = 1
    tiles = t.s.dst_h // 2 * t.across
    if t.s.dst_d == 1 and t.s.rows == t.s.dst_h and tiles > 0:
        t.images = max(1, least(t.block // tiles, t.s.batch // groups))
    t.to_window = window_floats(&t.s)
    if not t.s.copied:
        t.to_window = t.s.src_d * t.s.src_h * t.s.pitch
    # A tile's elements are written and read together. Were they a power of two apart,
    # they would all compete for the same few lines of the cache.
    t.to_source = t.block * channels + APART
    t.to_result = t.block * n + APART
    t.transform = 16 * (t.to_source + t.to_result)
    return t


cdef inline Py_ssize_t floats_of(const Tiles* t) noexcept nogil:
    """Numbers of one thread's workspace."""
    return t.transform + t.images * window_floats(&t.s)


cdef inline Py_ssize_t part_of(const Tiles* t, Py_ssize_t tiles) noexcept nogil:
    """Tiles of one block where a unit of work has so many, in blocks of equal size."""
    return ceil_div(ceil_div(tiles, ceil_div(tiles, t.block)), 4) * 4


cdef inline Place place_of(
    const Tiles* t, Py_ssize_t tile, Py_ssize_t rows
) noexcept nogil:
    """Where a tile of a unit with `rows` of tiles in each image lies."""
    cdef Place at
    at.column = tile % t.across
    at.row = tile // t.across % rows
    at.image = tile // t.across // rows
    return at


cdef inline void step(const Tiles* t, Place* at, Py_ssize_t rows) noexcept nogil:
    """To the next tile."""
    at.column += 1
    if at.column == t.across:
        at.column = 0
        at.row += 1
        if at.row == rows:
            at.row = 0
            at.image += 1


cdef inline const real* windows(
    const Tiles* t, const real* x, Py_ssize_t image, Py_ssize_t images, Py_ssize_t z,
    Py_ssize_t top, Py_ssize_t rows, real* work
) noexcept nogil:
    """The windows of some images, `to_window` apart."""
    cdef Py_ssize_t i
    if t.s.copied:
        for i in range(1, images):
            window(&t.s, x, image + i, z, top, rows, work + i * t.to_window)
    return window(&t.s, x, image, z, top, rows, work)


cdef inline void transform_sources_of(
    vec* tag, const Tiles* t, const real* part, Py_ssize_t rows, Py_ssize_t first,
    Py_ssize_t count, Py_ssize_t channels, Py_ssize_t to_tile, Py_ssize_t to_vector,
    real* v
) noexcept nogil:
    """v[i] = element i of some tiles' transforms, with steps between tiles and between
    vectors of channels."""
    cdef Place at = place_of(t, first, rows)
    cdef Py_ssize_t tile, c, n
    cdef const real* d
    cdef real* to
    for tile in range(count):
        d = part + at.image * t.to_window
        d += 2 * (at.row * t.s.pitch + at.column * t.s.src_c)
        to = v + tile * to_tile
        c = 0
        while c < channels:
            n = least(channels - c, lanes(tag))
            if n == lanes(tag):
                source_tile(tag, d + c, t.s.pitch, t.s.src_c, to, t.to_source,
                            lanes(tag))
            else:
                source_tile(tag, d + c, t.s.pitch, t.s.src_c, to, t.to_source, n)
            to += to_vector
            c += n
        step(t, &at, rows)


cdef inline void transform_sources(
    const Tiles* t, const real* part, Py_ssize_t rows, Py_ssize_t first,
    Py_ssize_t count, Py_ssize_t channels, Py_ssize_t to_tile, Py_ssize_t to_vector,
    real* v
) noexcept nogil:
    if real is float:
        transform_sources_of(<vf*> NULL, t, part, rows, first, count, channels, to_tile,
                             to_vector, v)
    else:
        transform_sources_of(<vd*> NULL, t, part, rows, first, count, channels, to_tile,
                             to_vector, v)
