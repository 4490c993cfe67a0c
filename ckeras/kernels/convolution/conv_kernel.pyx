"""Convolution: the gradient that reaches the kernel.

A tile is a few taps and channels of the source times two vectors of result channels.
Its sums run over the results of a few rows, both operands read where they lie: the
source's channels are the tile's rows, neighbouring pixels its steps.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.convolution.conv_window cimport (
    Conv, settle, window, window_floats,
)
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, finish, lanes, load_n, multiply_add, spread, store_n, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    WINDOW = 1 << 15       # numbers of a window
    PARTIALS = 1 << 21     # numbers that the chunks' sums may have together
    UNITS = 16             # pieces of work that there should be, for all threads
    BLOCK = 1 << 12        # elements of the sum that one thread takes at a time
    DIMS = 24


cdef struct Plan:
    Py_ssize_t size        # numbers of the kernel
    Py_ssize_t chunks      # of images, each with a sum of its own
    Py_ssize_t pieces      # of the kernel: taps of a row and a panel of columns
    Py_ssize_t parts       # into which the pieces are divided
    Py_ssize_t images      # that are summed together: several where they are small
    Py_ssize_t window      # numbers of one image's window, if it is copied
    Py_ssize_t columns     # numbers of a packed panel of d_y, or 0


cdef Conv geometry(const Py_ssize_t* dim) noexcept nogil:
    cdef Conv s
    cdef Py_ssize_t left
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
    settle(&s, WINDOW, 1, True)
    # A tile may read more rows than there are, so what it reads must have an end.
    left = s.run % TILE_ROWS
    if not s.copied and left != 0 and left != 4 and left != 8:
        settle(&s, WINDOW, 1, False)
    return s


cdef Plan plan_of(const Conv* s, Py_ssize_t width) noexcept nogil:
    cdef Plan p
    cdef Py_ssize_t panels = ceil_div(s.n, width), most
    p.size = (s.taps_d * s.taps_h * s.taps_w * s.channels) * s.groups * s.n
    most = least(least(PARTIALS // max(p.size, 1), UNITS), s.batch)
    p.chunks = 1
    while 2 * p.chunks <= most:
        p.chunks *= 2
    p.pieces = s.groups * panels * s.taps_d * s.taps_h
    p.parts = least(ceil_div(UNITS, 2 * p.chunks), p.pieces)
    p.images = 1
    if s.rows == s.dst_h and s.dst_d == 1:
        most = s.taps_d * s.window_h * s.window_w * s.src_c
        p.images = max(1, least(ceil_div(s.batch, p.chunks), WINDOW // max(most, 1)))
    p.window = window_floats(s)
    p.columns = 0
    if s.n % width:
        p.columns = p.images * s.rows * s.dst_w * width
    return p


# --- tiles -------------------------------------------------------------------------


cdef struct Results:          # that are summed at once
    Py_ssize_t images
    Py_ssize_t rows
    Py_ssize_t source_step    # from one image's window to the next


cdef inline void window_tile(
    vec* tag, const Conv* s, real* c, Py_ssize_t m, Py_ssize_t n, const real* a,
    const real* b, Py_ssize_t b_step, const Results* r, const Epilogue* epilogue,
    const int rows, const int vectors
) noexcept nogil:
    """m taps and channels of the source, n channels of results."""
    cdef vec acc[24]
    cdef Py_ssize_t y, image
    cdef int i
    for i in range(rows * vectors):
        spread(&acc[i], <real> 0)
    for image in range(r.images):
        for y in range(r.rows):
            multiply_add(acc, a + image * r.source_step + y * s.step_h * s.pitch, 1,
                         s.step_w * s.src_c, b + y * s.dst_w * b_step, b_step,
                         s.dst_w, rows, vectors)
        b += r.rows * s.dst_w * b_step
    finish(acc, c, s.to_pixel, m, n, 0, epilogue, rows, vectors)


cdef inline void tile_by_type(
    const Conv* s, real* c, Py_ssize_t m, Py_ssize_t n, const real* a, const real* b,
    Py_ssize_t b_step, const Results* r, const Epilogue* epilogue, const int rows,
    const int vectors
) noexcept nogil:
    if real is float:
        window_tile(<vf*> NULL, s, c, m, n, a, b, b_step, r, epilogue, rows,
                    vectors)
    else:
        window_tile(<vd*> NULL, s, c, m, n, a, b, b_step, r, epilogue, rows,
                    vectors)


cdef void some_rows(
    const Conv* s, real* c, Py_ssize_t m, Py_ssize_t n, const real* a, const real* b,
    Py_ssize_t b_step, const Results* r, const Epilogue* epilogue
) noexcept nogil:
    cdef bint narrow = n <= panel_width(<real> 0) // 2
    if m > 8 or (TILE_ROWS == 6 and m > 4):
        if narrow:
            tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, TILE_ROWS, 1)
        else:
            tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, TILE_ROWS, 2)
    elif TILE_ROWS == 12 and m > 4:
        if narrow:
            tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, 8, 1)
        else:
            tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, 8, 2)
    elif narrow:
        tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, 4, 1)
    else:
        tile_by_type(s, c, m, n, a, b, b_step, r, epilogue, 4, 2)


cdef void piece(
    const Conv* s, Py_ssize_t z, Py_ssize_t y, Py_ssize_t g, Py_ssize_t j, real* d_w,
    const real* part, const real* b, Py_ssize_t b_step, const Results* r,
    const Epilogue* epilogue
) noexcept nogil:
    """One row of taps and one panel of columns."""
    cdef Py_ssize_t width = panel_width(<real> 0), x, i
    cdef Py_ssize_t row = (z * s.taps_h + y) * s.taps_w * s.channels
    cdef const real* a = part + z * s.plane + y * s.gap_h * s.pitch + g * s.channels
    for x in range(s.runs):
        i = 0
        while i < s.run:
            some_rows(s, d_w + (row + x * s.run + i) * s.to_pixel + g * s.n + j,
                      least(s.run - i, TILE_ROWS), least(s.n - j, width),
                      a + x * s.run_step + i, b, b_step, r, epilogue)
            i += TILE_ROWS


# --- units of work -----------------------------------------------------------------


cdef void add_results(
    const Conv* s, Py_ssize_t first, Py_ssize_t end, const real* part, const real* d_y,
    const Results* r, real* d_w, real* columns
) noexcept nogil:
    """Adds what some results give some pieces of the kernel."""
    cdef Py_ssize_t width = panel_width(<real> 0), panels = ceil_div(s.n, width)
    cdef Py_ssize_t taps = s.taps_d * s.taps_h, at, tap, g, j
    cdef Epilogue epilogue
    cdef const real* b
    epilogue.accumulate = True
    epilogue.last = False
    for at in range(first, end):
        tap = at % taps
        j = at // taps % panels * width
        g = at // taps // panels
        b = d_y + g * s.n + j
        if s.n - j >= width:
            piece(s, tap // s.taps_h, tap % s.taps_h, g, j, d_w, part, b, s.to_pixel,
                  r, &epilogue)
            continue
        if tap == 0 or at == first:
            pack_columns(b, s.to_pixel, 1, r.images * r.rows * s.dst_w, s.n - j,
                         columns)
        piece(s, tap // s.taps_h, tap % s.taps_h, g, j, d_w, part, columns, width, r,
              &epilogue)


cdef void unit(
    const Conv* s, const Plan* p, Py_ssize_t at, const real* x, const real* d_y,
    real* sums, real* work
) noexcept nogil:
    """Some pieces of the kernel, summed over one chunk of images."""
    cdef Py_ssize_t chunk = at // p.parts, part = at % p.parts, image, end, z, y, i
    cdef Py_ssize_t first_piece = p.pieces * part // p.parts
    cdef Py_ssize_t end_piece = p.pieces * (part + 1) // p.parts
    cdef const real* source
    cdef Results r
    image = s.batch * chunk // p.chunks
    end = s.batch * (chunk + 1) // p.chunks
    r.source_step = p.window if s.copied else s.src_d * s.src_h * s.pitch
    while image < end:
        r.images = least(p.images, end - image)
        for z in range(s.dst_d):
            y = 0
            while y < s.dst_h:
                r.rows = least(s.rows, s.dst_h - y)
                source = window(s, x, image, z, y, r.rows, work + p.columns)
                for i in range(1, r.images if s.copied else 0):
                    window(s, x, image + i, z, y, r.rows,
                           work + p.columns + i * p.window)
                add_results(
                    s, first_piece, end_piece, source,
                    d_y + image * s.to_image + z * s.to_plane + y * s.to_row, &r,
                    sums + chunk * p.size, work)
                y += r.rows
        image += r.images


cdef inline void add_chunks_of(
    vec* tag, const real* sums, real* d_w, Py_ssize_t size, Py_ssize_t chunks,
    Py_ssize_t i, Py_ssize_t end
) noexcept nogil:
    cdef vec total, more
    cdef Py_ssize_t c, n
    while i < end:
        n = least(end - i, lanes(tag))
        load_n(&total, sums + i, n)
        for c in range(1, chunks):
            load_n(&more, sums + c * size + i, n)
            total = total + more
        store_n(d_w + i, &total, n)
        i += n


cdef void add_chunks(
    const real* sums, real* d_w, Py_ssize_t size, Py_ssize_t chunks, Py_ssize_t i
) noexcept nogil:
    """One block of the sum of all chunks, in their order."""
    cdef Py_ssize_t end = least(i + BLOCK, size)
    if real is float:
        add_chunks_of(<vf*> NULL, sums, d_w, size, chunks, i, end)
    else:
        add_chunks_of(<vd*> NULL, sums, d_w, size, chunks, i, end)


cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Conv s = geometry(dim)
    cdef Plan p = plan_of(&s, panel_width(<real> 0))
    cdef real* sums = buf[2] if p.chunks == 1 else buf[3]
    cdef real* work = buf[3] + (0 if p.chunks == 1 else p.chunks * p.size)
    cdef Py_ssize_t units = p.chunks * p.parts, floats = p.images * p.window + p.columns
    cdef Py_ssize_t workers = least(least(n_threads, dim[22]), units), w, at
    memset(sums, 0, p.chunks * p.size * sizeof(real))
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        for at in range(units * w // workers, units * (w + 1) // workers):
            unit(&s, &p, at, buf[0], buf[1], sums, work + w * floats)
    if p.chunks > 1:
        for w in prange(ceil_div(p.size, BLOCK), schedule="static",
                        num_threads=<int> workers):
            add_chunks(sums, buf[2], p.size, p.chunks, w * BLOCK)
    return OK


def workspace_bytes(dims, Py_ssize_t itemsize):
    """Bytes of workspace."""
    cdef Py_ssize_t dim[DIMS]
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D), i, size
    cdef Conv s
    cdef Plan p
    for i in range(len(dims)):
        dim[i] = dims[i]
    s = geometry(dim)
    p = plan_of(&s, width)
    size = dim[22] * (p.images * p.window + p.columns)
    return itemsize * (size if p.chunks == 1 else size + p.chunks * p.size)
