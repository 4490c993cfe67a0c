"""Tiles of an image for Winograd's way, and the transforms of some at a time."""

from ckeras.kernels.convolution.conv_window cimport Conv, settle, window_floats
from ckeras.kernels.convolution.winograd_transform cimport source_tile
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
    Py_ssize_t block           # tiles that are transformed together
    Py_ssize_t to_source       # steps between elements of the transforms
    Py_ssize_t to_result
    Py_ssize_t transform       # numbers of a thread's transforms


cdef inline Tiles tiles_of(Conv* s, Py_ssize_t least_units) noexcept nogil:
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
    most = BLOCK // (16 * (s.channels + s.n)) // 4 * 4
    t.block = max(TILE_ROWS, least(most, MOST_TILES))
    # A tile's elements are written and read together. Were they a power of two apart,
    # they would all compete for the same few lines of the cache.
    t.to_source = t.block * s.channels + APART
    t.to_result = t.block * s.n + APART
    t.transform = 16 * (t.to_source + t.to_result)
    return t


cdef inline Py_ssize_t part_of(const Tiles* t, Py_ssize_t tiles) noexcept nogil:
    """Tiles of one block where a unit of work has so many, in blocks of equal size."""
    return ceil_div(ceil_div(tiles, ceil_div(tiles, t.block)), 4) * 4


cdef inline Py_ssize_t floats_of(const Tiles* t) noexcept nogil:
    """Numbers of one thread's workspace."""
    return t.transform + window_floats(&t.s)


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
                            t.to_source, lanes(tag))
            else:
                source_tile(tag, d + c, t.s.pitch, channels, v + at * channels + c,
                            t.to_source, n)
            c += n


cdef inline void transform_sources(
    const Tiles* t, const real* part, Py_ssize_t first, Py_ssize_t count, real* v
) noexcept nogil:
    if real is float:
        transform_sources_of(<vf*> NULL, t, part, first, count, v)
    else:
        transform_sources_of(<vd*> NULL, t, part, first, count, v)
