"""Convolution: forward, and the gradient that reaches the input.

Direct, with the register tile of matrix products: a tile is some pixels of the result
times two vectors of channels, and its sums run over the taps of the kernel where
the source lies. No patches are gathered, because what a tile reads for a tap stays in
the first-level cache for the next. The kernel's columns are packed once.

The input gradient is a convolution of d_y with the kernel turned around and its
channels exchanged, in phases (conv_phase.pxd) where there are strides.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_pooled cimport (
    finish_windows, forward_geometry, place_windows,
)
from ckeras.kernels.convolution.conv_phase cimport Phase, is_empty, phase_of
from ckeras.kernels.convolution.conv_window cimport (
    DIMS, Conv, settle, window, window_floats,
)
from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    TANH, Finish, finish_of, multiply_add_at, nothing_more, spread, store_finished, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    WINDOW = 1 << 15     # numbers of a window that stay in the second-level cache
    UNITS = 16           # pieces of work that there should be, for all threads


# --- tiles -------------------------------------------------------------------------


cdef struct Pixels:          # of one tile
    Py_ssize_t source[12]    # where the first tap of each lies, in the window
    Py_ssize_t result[12]


cdef inline void window_tile(
    vec* tag, const Conv* s, const Pixels* at, real* c, Py_ssize_t m, Py_ssize_t n,
    const real* a, const real* b, Py_ssize_t b_step, Py_ssize_t column,
    const Finish* f, const int rows, const int vectors
) noexcept nogil:
    """m pixels, n channels of each."""
    cdef vec acc[24]
    cdef Py_ssize_t z, y, x
    cdef int i
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    for z in range(s.taps_d):
        for y in range(s.taps_h):
            for x in range(s.runs):
                multiply_add_at(
                    acc, a + (z * s.plane + y * s.gap_h * s.pitch + x * s.run_step),
                    at.source, b, b_step, s.run, rows, vectors)
                b += s.run * b_step
    if s.pooled:
        finish_windows(acc, c, at.result, m, n, column, f, rows, vectors)
        return
    for i in range(rows):
        if i >= m:
            break
        store_finished(acc + i * vectors, f, column, c + at.result[i], 0, n, 1,
                       vectors)


cdef inline void tile_by_type(
    const Conv* s, const Pixels* at, real* c, Py_ssize_t m, Py_ssize_t n, const real* a,
    const real* b, Py_ssize_t column, const Finish* f, const int rows
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0)
    if real is float:
        if n <= width // 2:
            window_tile(<vf*> NULL, s, at, c, m, n, a, b, width, column, f,
                        rows, 1)
        else:
            window_tile(<vf*> NULL, s, at, c, m, n, a, b, width, column, f,
                        rows, 2)
    else:
        if n <= width // 2:
            window_tile(<vd*> NULL, s, at, c, m, n, a, b, width, column, f,
                        rows, 1)
        else:
            window_tile(<vd*> NULL, s, at, c, m, n, a, b, width, column, f,
                        rows, 2)


cdef void place(
    const Conv* s, Pixels* at, Py_ssize_t first, Py_ssize_t m
) noexcept nogil:
    """Where pixels from number `first` of the unit on lie; at places after the m-th
    stands the last one once more, to be read and not used."""
    cdef Py_ssize_t y = first // s.dst_w, x = first % s.dst_w, i
    if s.pooled:
        place_windows(s, at.source, at.result, first // 4, m, TILE_ROWS)
        return
    for i in range(TILE_ROWS):
        at.source[i] = y * s.step_h * s.pitch + x * s.step_w * s.src_c
        at.result[i] = y * s.to_row + x * s.to_pixel
        if i + 1 < m:
            x += 1
            if x == s.dst_w:
                x = 0
                y += 1


cdef void column_of_tiles(
    const Conv* s, real* c, Py_ssize_t rows, Py_ssize_t n, const real* a,
    const real* b, Py_ssize_t column, const Finish* f
) noexcept nogil:
    """All pixels of a unit, of channels one panel."""
    cdef Pixels at
    cdef Py_ssize_t first = 0, end = rows * s.dst_w, most = TILE_ROWS, m, i
    if s.pooled:
        end = rows // 2 * (s.dst_w // 2) * 4
        most = TILE_ROWS // 4 * 4
    while first < end:
        m = least(end - first, most)
        place(s, &at, first, m)
        if m > 8 or (TILE_ROWS == 6 and m > 4):
            tile_by_type(s, &at, c, m, n, a, b, column, f, TILE_ROWS)
        elif TILE_ROWS == 12 and m > 4:
            tile_by_type(s, &at, c, m, n, a, b, column, f, 8)
        else:
            tile_by_type(s, &at, c, m, n, a, b, column, f, 4)
        if f.activation >= TANH:
            for i in range(m):
                activate(c + at.result[i], 0, 1, n, f.activation)
        first += m


# --- units of work -----------------------------------------------------------------


cdef void some_units(
    const Conv* s, Py_ssize_t unit, Py_ssize_t end, const real* x, const real* panels,
    const Finish* f, real* y, real* work
) noexcept nogil:
    """One thread's units: a few rows of one plane of results, all their channels."""
    cdef Py_ssize_t width = panel_width(<real> 0), k, down, top, rows, g, j, at
    cdef const real* part
    cdef const real* b
    cdef real* c
    k = s.taps_d * s.taps_h * s.taps_w * s.channels
    down = ceil_div(s.dst_h, s.rows)
    for unit in range(unit, end):
        top = unit % down * s.rows
        rows = least(s.rows, s.dst_h - top)
        at = unit // down
        part = window(s, x, at // s.dst_d, at % s.dst_d, top, rows, work)
        c = y + at // s.dst_d * s.to_image + at % s.dst_d * s.to_plane
        c += (top // 2 if s.pooled else top) * s.to_row
        b = panels
        for g in range(s.groups):
            j = 0
            while j < s.n:
                column_of_tiles(s, c + g * s.n + j, rows, least(s.n - j, width),
                                part + g * s.channels, b, g * s.n + j, f)
                b += k * width
                j += width


cdef void convolve(
    const Conv* s, const real* x, const real* panels, const Finish* f, real* y,
    real* work, Py_ssize_t slots, int n_threads
) noexcept nogil:
    """All results, from packed panels of the kernel's columns."""
    cdef Py_ssize_t units = s.batch * s.dst_d * ceil_div(s.dst_h, s.rows), workers, w
    cdef Py_ssize_t floats = window_floats(s)
    workers = least(least(n_threads, slots), units)
    if workers == 1:
        some_units(s, 0, units, x, panels, f, y, work)
        return
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(s, units * w // workers, units * (w + 1) // workers, x, panels, f, y,
                   work + w * floats)


cdef Py_ssize_t panel_floats(const Conv* s, Py_ssize_t width) noexcept nogil:
    return (s.groups * ceil_div(s.n, width) * width * s.taps_d * s.taps_h * s.taps_w
            * s.channels)


# --- forward -----------------------------------------------------------------------


cdef void forward_of(
    const real* x, const real* w, const Finish* f, real* y, real* work,
    const Py_ssize_t* dim, int n_threads
) noexcept nogil:
    cdef Conv s = forward_geometry(dim)
    cdef Py_ssize_t width = panel_width(<real> 0), out_c = dim[8], g, j
    cdef Py_ssize_t k = s.taps_d * s.taps_h * s.taps_w * s.channels
    cdef real* panel = work
    settle(&s, WINDOW, UNITS, True)
    for g in range(s.groups):
        j = 0
        while j < s.n:
            pack_columns(w + g * s.n + j, out_c, 1, k, least(s.n - j, width), panel)
            panel += k * width
            j += width
    convolve(&s, x, work, f, y, panel, dim[22], n_threads)


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


# --- input gradient ----------------------------------------------------------------


cdef real* pack_turned(
    const Phase* p, const Py_ssize_t* dim, const real* w, real* panel
) noexcept nogil:
    """Packs the phase's taps, last one first; returns the end of the panels."""
    cdef Py_ssize_t width = panel_width(<real> 0), g, j, z, y, x, tap
    for g in range(p.s.groups):
        j = 0
        while j < p.s.n:
            for z in range(p.s.taps_d - 1, -1, -1):
                for y in range(p.s.taps_h - 1, -1, -1):
                    for x in range(p.s.taps_w - 1, -1, -1):
                        tap = ((p.first_d + z * dim[12]) * dim[10]
                               + p.first_h + y * dim[13]) * dim[11]
                        tap += p.first_w + x * dim[14]
                        pack_columns(
                            w + (tap * p.s.n + j) * dim[8] + g * p.s.channels, 1,
                            dim[8], p.s.channels, least(p.s.n - j, width), panel)
                        panel += p.s.channels * width
            j += width
    return panel


cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Phase p
    cdef Finish f = nothing_more()
    cdef real* end
    cdef Py_ssize_t z, y, x
    cdef bint cleared = False
    for z in range(dim[12]):
        for y in range(dim[13]):
            for x in range(dim[14]):
                p = phase_of(dim, z, y, x)
                if is_empty(&p) and not cleared:
                    cleared = True
                    memset(buf[2], 0, dim[0] * p.s.to_image * sizeof(real))
    for z in range(dim[12]):
        for y in range(dim[13]):
            for x in range(dim[14]):
                p = phase_of(dim, z, y, x)
                if not is_empty(&p):
                    settle(&p.s, WINDOW, UNITS, True)
                    end = pack_turned(&p, dim, buf[1], buf[3])
                    convolve(&p.s, buf[0], buf[3], &f, buf[2] + p.offset, end, dim[22],
                             n_threads)
    return OK


# --- workspaces --------------------------------------------------------------------


cdef Py_ssize_t work_floats(const Conv* s, Py_ssize_t width, Py_ssize_t slots):
    return panel_floats(s, width) + slots * window_floats(s)


def workspace_bytes(dims, Py_ssize_t itemsize, bint backward):
    """Bytes of workspace, forward or for the input gradient."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t i, z, y, x, most = 0
    cdef Conv s
    cdef Phase p
    for i in range(len(dims)):
        dim[i] = dims[i]
    if not backward:
        s = forward_geometry(dim)
        settle(&s, WINDOW, UNITS, True)
        return itemsize * work_floats(&s, width, dim[22])
    for z in range(dim[12]):
        for y in range(dim[13]):
            for x in range(dim[14]):
                p = phase_of(dim, z, y, x)
                if not is_empty(&p):
                    settle(&p.s, WINDOW, UNITS, True)
                    most = max(most, work_floats(&p.s, width, dim[22]))
    return itemsize * most
