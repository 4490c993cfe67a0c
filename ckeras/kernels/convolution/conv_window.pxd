"""The geometry of a convolution, and windows: the part of its source that a few rows
of results read, with the padding filled in.

Everything has three dimensions d, h, w (planes, rows, pixels); those that a
convolution has not are of size 1. Images are channels-last.
"""

from libc.string cimport memcpy, memset

from ckeras.kernels.types cimport real


cdef struct Conv:
    Py_ssize_t batch, groups
    Py_ssize_t src_d, src_h, src_w, src_c    # source; all channels
    Py_ssize_t channels                      # source channels of a group
    Py_ssize_t dst_d, dst_h, dst_w           # results
    Py_ssize_t n                             # result channels of a group
    Py_ssize_t to_image, to_plane, to_row, to_pixel    # steps between results
    Py_ssize_t taps_d, taps_h, taps_w
    Py_ssize_t step_d, step_h, step_w        # source steps from result to result
    Py_ssize_t gap_d, gap_h, gap_w           # source steps from tap to tap
    Py_ssize_t pad_d, pad_h, pad_w           # of the first result's first tap
    bint pooled                              # see conv_pooled.pxd
    # What follows from these:
    Py_ssize_t rows                          # rows of results in a unit of work
    Py_ssize_t window_h, window_w            # rows and pixels that a unit reads
    Py_ssize_t runs, run, run_step           # contiguous stretches of taps in a row
    Py_ssize_t pitch, plane                  # steps of rows and planes of a window
    bint copied                              # whether windows are copies


cdef enum:
    DIMS = 25    # integers of a kernel, see conv.pxd
    SLACK = 4    # pixels after a window that tiles may read and never use


cdef inline Conv geometry_of(const Py_ssize_t* dim) noexcept nogil:
    """The geometry that a kernel's integers describe; `settle` does the rest."""
    cdef Conv s
    s.batch, s.groups = dim[0], dim[21]
    s.src_d, s.src_h, s.src_w, s.src_c = dim[1], dim[2], dim[3], dim[4]
    s.channels, s.n = dim[4] // dim[21], dim[8] // dim[21]
    s.dst_d, s.dst_h, s.dst_w = dim[5], dim[6], dim[7]
    s.to_pixel = dim[8]
    s.to_row = s.to_pixel * s.dst_w
    s.to_plane = s.to_row * s.dst_h
    s.to_image = s.to_plane * s.dst_d
    s.taps_d, s.taps_h, s.taps_w = dim[9], dim[10], dim[11]
    s.step_d, s.step_h, s.step_w = dim[12], dim[13], dim[14]
    s.gap_d, s.gap_h, s.gap_w = dim[15], dim[16], dim[17]
    s.pad_d, s.pad_h, s.pad_w = dim[18], dim[19], dim[20]
    s.pooled = False
    return s


cdef inline Py_ssize_t window_floats(const Conv* s) noexcept nogil:
    """Numbers that a thread needs for its window, a multiple of 16."""
    cdef Py_ssize_t size = s.taps_d * s.window_h * s.window_w + SLACK * s.step_w
    return (size * s.src_c + 2 * 16) // 16 * 16 if s.copied else 0


cdef inline void settle(
    Conv* s, Py_ssize_t window_limit, Py_ssize_t units, bint in_place
) noexcept nogil:
    """Fills in what follows.

    A window should have at most `window_limit` numbers, and there should be some
    `units` of work at least. Windows are read where they lie if the caller allows
    it and there is no padding.
    """
    cdef Py_ssize_t blocks, row
    s.window_w = (s.dst_w - 1) * s.step_w + (s.taps_w - 1) * s.gap_w + 1
    row = s.taps_d * s.window_w * s.src_c * s.step_h
    s.rows = max(1, min(s.dst_h, window_limit // max(row, 1)))
    blocks = units // max(s.batch * s.dst_d, 1)
    if blocks > 1:
        s.rows = max(1, min(s.rows, (s.dst_h + blocks - 1) // blocks))
    if s.pooled:
        s.rows = max(2, s.rows // 2 * 2)
    s.window_h = (s.rows - 1) * s.step_h + (s.taps_h - 1) * s.gap_h + 1
    s.copied = (
        not in_place or s.pad_d != 0 or s.pad_h != 0 or s.pad_w != 0
        or s.window_w > s.src_w
        or (s.dst_h - 1) * s.step_h + (s.taps_h - 1) * s.gap_h >= s.src_h
        or (s.dst_d - 1) * s.step_d + (s.taps_d - 1) * s.gap_d >= s.src_d
    )
    if s.groups == 1 and s.gap_w == 1:
        s.runs, s.run, s.run_step = 1, s.taps_w * s.channels, 0
    else:
        s.runs, s.run, s.run_step = s.taps_w, s.channels, s.gap_w * s.src_c
    if s.copied:
        s.pitch = s.window_w * s.src_c
        s.plane = s.window_h * s.pitch
    else:
        s.pitch = s.src_w * s.src_c
        s.plane = s.gap_d * s.src_h * s.pitch


cdef inline void copy_row(
    const Conv* s, const real* row, real* target
) noexcept nogil:
    """One row of a window: source pixels from -pad_w on, zeros outside."""
    cdef Py_ssize_t first = max(s.pad_w, 0), last = min(s.src_w + s.pad_w, s.window_w)
    if last <= first:
        memset(target, 0, s.pitch * sizeof(real))
        return
    memset(target, 0, first * s.src_c * sizeof(real))
    memcpy(target + first * s.src_c, row + (first - s.pad_w) * s.src_c,
           (last - first) * s.src_c * sizeof(real))
    memset(target + last * s.src_c, 0, (s.window_w - last) * s.src_c * sizeof(real))


cdef inline const real* window(
    const Conv* s, const real* x, Py_ssize_t image, Py_ssize_t z, Py_ssize_t y,
    Py_ssize_t rows, real* work
) noexcept nogil:
    """The window of `rows` rows of results from row y of plane z on."""
    cdef Py_ssize_t tap, i, from_z, from_y, height
    cdef const real* picture = x + image * s.src_d * s.src_h * s.src_w * s.src_c
    from_z = z * s.step_d - s.pad_d
    from_y = y * s.step_h - s.pad_h
    if not s.copied:
        return picture + (from_z * s.src_h + from_y) * s.pitch
    height = (rows - 1) * s.step_h + (s.taps_h - 1) * s.gap_h + 1
    for tap in range(s.taps_d):
        z = from_z + tap * s.gap_d
        for i in range(height):
            y = from_y + i
            if 0 <= z < s.src_d and 0 <= y < s.src_h:
                copy_row(s, picture + (z * s.src_h + y) * s.src_w * s.src_c,
                         work + tap * s.plane + i * s.pitch)
            else:
                memset(work + tap * s.plane + i * s.pitch, 0, s.pitch * sizeof(real))
    return work
