"""Matrix products: packed and blocked where they are large, direct where small.

Large products follow Goto and van de Geijn, "Anatomy of high-performance matrix
multiplication" (2008): panels of both operands are packed for one part of k at a
time, and register tiles run over them. Unlike there, all of a's panels are packed
at once, so that threads share them and every tile is independent work.
"""

from cython.parallel cimport prange
from libc.math cimport exp as exp_d, expf, tanh as tanh_d, tanhf

from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, pack_rows, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    LINEAR, RELU, TANH, Epilogue, tile,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    DEPTH = 1024          # the part of k that is packed at a time
    SMALL = 96 * 96 * 96     # m·n·k up to which nothing of a is packed
    STORE = 16           # multiply-adds that storing an element takes as long as
    ROW_CHUNK = 24       # rows in a block of work of a small product
    GRAIN = 1 << 20      # multiply-adds below which one thread is enough
    BLOCK_ROWS = 8       # row panels in a block of work, at most
    BLOCK_COLUMNS = 16   # column panels in a block of work, at most
    DIRECT = 24          # row panels up to which rows of b are read where they lie
    BLOCKS = 16          # blocks that there should be, to keep all threads busy


# --- activations that are applied to stored rows -----------------------------------


cdef void activate(real* c, Py_ssize_t step, Py_ssize_t m, Py_ssize_t n,
                   int activation) noexcept nogil:
    cdef Py_ssize_t i, j
    if activation <= RELU:
        return
    for i in range(m):
        for j in range(n):
            if real is float:
                if activation == TANH:
                    c[i * step + j] = tanhf(c[i * step + j])
                else:
                    c[i * step + j] = 1.0 / (1.0 + expf(-c[i * step + j]))
            else:
                if activation == TANH:
                    c[i * step + j] = tanh_d(c[i * step + j])
                else:
                    c[i * step + j] = 1.0 / (1.0 + exp_d(-c[i * step + j]))


# --- large products ------------------------------------------------------------------


cdef void whole_tile(
    real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n, const real* a,
    Py_ssize_t a_step, const real* b, Py_ssize_t b_step, Py_ssize_t k,
    Py_ssize_t column, const Epilogue* epilogue
) noexcept nogil:
    """A tile of all rows, of a panel of a or, if a_step is not 0, of rows of a."""
    cdef vf f
    cdef vd d
    if a_step:
        if real is float:
            tile(&f, c, c_step, m, n, a, a_step, 1, b, b_step, k, column, epilogue,
                 TILE_ROWS, 2)
        else:
            tile(&d, c, c_step, m, n, a, a_step, 1, b, b_step, k, column, epilogue,
                 TILE_ROWS, 2)
    elif real is float:
        tile(&f, c, c_step, m, n, a, 1, TILE_ROWS, b, b_step, k, column, epilogue,
             TILE_ROWS, 2)
    else:
        tile(&d, c, c_step, m, n, a, 1, TILE_ROWS, b, b_step, k, column, epilogue,
             TILE_ROWS, 2)


cdef void block(
    real* c, Py_ssize_t n, Py_ssize_t i_start, Py_ssize_t i_end, Py_ssize_t j_start,
    Py_ssize_t j_end, const real* rows, const real* columns, const real* direct_a,
    Py_ssize_t a_row, const real* direct, Py_ssize_t depth, Py_ssize_t width,
    const Epilogue* epilogue
) noexcept nogil:
    """The tiles of some row and column panels."""
    cdef Py_ssize_t i, j, m_left, n_left, b_step, a_step
    cdef const real* a
    cdef const real* b
    j = j_start
    while j < j_end:
        n_left = least(j_end - j, width)
        if direct != NULL and n_left == width:
            b = direct + j
            b_step = n
        else:
            b = columns + j * depth
            b_step = width
        i = i_start
        while i < i_end:
            m_left = least(i_end - i, TILE_ROWS)
            if direct_a != NULL and m_left == TILE_ROWS:
                a = direct_a + i * a_row
                a_step = a_row
            else:
                a = rows + i * depth
                a_step = 0
            whole_tile(c + i * n + j, n, m_left, n_left, a, a_step, b, b_step, depth,
                       j, epilogue)
            if epilogue.last:
                activate(c + i * n + j, n, m_left, n_left, epilogue.activation)
            i += TILE_ROWS
        j += width


cdef void large(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const real* bias, int activation, real* work, int n_threads
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0)
    cdef Py_ssize_t row_panels = ceil_div(m, TILE_ROWS)
    cdef Py_ssize_t column_panels = ceil_div(n, width)
    cdef Py_ssize_t blocks_down = ceil_div(row_panels, BLOCK_ROWS)
    cdef Py_ssize_t blocks_across = ceil_div(column_panels, BLOCK_COLUMNS)
    cdef Py_ssize_t block_rows, block_columns, blocks
    cdef Py_ssize_t start, depth, g, i, j
    cdef real* rows = work
    cdef real* columns = work + row_panels * TILE_ROWS * least(k, DEPTH)
    cdef Epilogue epilogue
    while blocks_down * blocks_across < BLOCKS and blocks_across * 2 < column_panels:
        blocks_across *= 2
    while blocks_down * blocks_across < BLOCKS and blocks_down * 2 < row_panels:
        blocks_down *= 2
    block_rows = ceil_div(row_panels, blocks_down) * TILE_ROWS
    block_columns = ceil_div(column_panels, blocks_across) * width
    blocks_down = ceil_div(m, block_rows)
    blocks = blocks_down * ceil_div(n, block_columns)
    epilogue.bias = bias
    epilogue.activation = activation
    start = 0
    while start < k:
        depth = least(k - start, DEPTH)
        epilogue.accumulate = start > 0
        epilogue.last = start + depth == k
        for g in prange(row_panels + column_panels, schedule="static",
                        num_threads=n_threads):
            if g < row_panels:
                if a_column == 1 and (g + 1) * TILE_ROWS <= m:
                    continue
                pack_rows(a + g * TILE_ROWS * a_row + start * a_column, a_row,
                          a_column, least(m - g * TILE_ROWS, TILE_ROWS), depth,
                          rows + g * TILE_ROWS * depth)
            else:
                j = (g - row_panels) * width
                if b_column == 1 and row_panels <= DIRECT and j + width <= n:
                    continue
                pack_columns(b + j * b_column + start * b_row, b_row, b_column, depth,
                             least(n - j, width), width, columns + j * depth)
        for g in prange(blocks, schedule="dynamic", num_threads=n_threads):
            i = g % blocks_down * block_rows
            j = g // blocks_down * block_columns
            block(c, n, i, least(i + block_rows, m), j, least(j + block_columns, n),
                  rows, columns, a + start if a_column == 1 else NULL, a_row,
                  b + start * b_row if b_column == 1 and row_panels <= DIRECT else NULL,
                  depth, width, &epilogue)
        start += depth


# --- small products ------------------------------------------------------------------


cdef void strip(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue
) noexcept nogil:
    """All rows of one column panel, whose rows of b can be read whole."""
    cdef vf f
    cdef vd d
    cdef Py_ssize_t i = 0, left
    cdef Py_ssize_t one
    if real is float:
        one = LANES_F
    else:
        one = LANES_D
    while i < m:
        left = m - i
        if real is float:
            if n <= one:
                if left >= 8:
                    tile(&f, c, c_step, 8, n, a, a_row, a_column, b, b_row, k,
                         column, epilogue, 8, 1)
                    left = 8
                elif left >= 4:
                    tile(&f, c, c_step, 4, n, a, a_row, a_column, b, b_row, k,
                         column, epilogue, 4, 1)
                    left = 4
                else:
                    tile(&f, c, c_step, 1, n, a, a_row, a_column, b, b_row, k,
                         column, epilogue, 1, 1)
                    left = 1
            elif left >= TILE_ROWS:
                tile(&f, c, c_step, TILE_ROWS, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, TILE_ROWS, 2)
                left = TILE_ROWS
            elif left >= 4:
                tile(&f, c, c_step, 4, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, 4, 2)
                left = 4
            else:
                tile(&f, c, c_step, 1, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, 1, 2)
                left = 1
        else:
            if left >= TILE_ROWS:
                tile(&d, c, c_step, TILE_ROWS, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, TILE_ROWS, 2)
                left = TILE_ROWS
            elif left >= 4:
                tile(&d, c, c_step, 4, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, 4, 2)
                left = 4
            else:
                tile(&d, c, c_step, 1, n, a, a_row, a_column, b, b_row, k,
                     column, epilogue, 1, 2)
                left = 1
        activate(c, c_step, left, n, epilogue.activation)
        i += left
        a += left * a_row
        c += left * c_step


cdef void small_block(
    Py_ssize_t g, Py_ssize_t chunks, const real* a, Py_ssize_t a_row,
    Py_ssize_t a_column, const real* b, Py_ssize_t b_row, Py_ssize_t b_column, real* c,
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const Epilogue* epilogue,
    const real* packed
) noexcept nogil:
    """Some rows of one column panel."""
    cdef Py_ssize_t width = panel_width(<real> 0), j = g // chunks * width
    cdef Py_ssize_t columns = least(n - j, width)
    cdef Py_ssize_t i = g % chunks * ROW_CHUNK, rows = m
    if chunks > 1:
        rows = least(m - i, ROW_CHUNK)
    if b_column != 1 or columns < width:
        b = packed + j * k
        b_row = width
    else:
        b += j
    strip(a + i * a_row, a_row, a_column, b, b_row, c + i * n + j, n, rows, columns, k,
          j, epilogue)


cdef void small(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const real* bias, int activation, real* work, int n_threads
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0), panels = ceil_div(n, width), g, j
    cdef Py_ssize_t chunks = 1
    cdef Epilogue epilogue
    epilogue.bias = bias
    epilogue.activation = activation
    epilogue.accumulate = False
    epilogue.last = True
    for g in range(panels):
        j = g * width
        if b_column != 1 or n - j < width:
            pack_columns(b + j * b_column, b_row, b_column, k, least(n - j, width),
                         width, work + j * k)
    if n_threads > 1 and m * n * (k + STORE) > GRAIN:
        chunks = ceil_div(m, ROW_CHUNK)
        for g in prange(panels * chunks, schedule="static", num_threads=n_threads):
            small_block(g, chunks, a, a_row, a_column, b, b_row, b_column, c, m, n, k,
                        &epilogue, work)
    else:
        for g in range(panels):
            small_block(g, chunks, a, a_row, a_column, b, b_row, b_column, c, m, n, k,
                        &epilogue, work)


cdef void product(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const real* bias, int activation, real* work, int n_threads
) noexcept nogil:
    if m == 0 or n == 0:
        return
    if k > 0 and m >= 8 and m * n * k > SMALL:
        large(a, a_row, a_column, b, b_row, b_column, c, m, n, k, bias, activation,
              work, n_threads)
    else:
        small(a, a_row, a_column, b, b_row, b_column, c, m, n, k, bias, activation,
              work, n_threads)


# --- entries -------------------------------------------------------------------------


def workspace_bytes(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t itemsize,
                    bint b_transposed):
    """Bytes of workspace of one product."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t depth = least(k, DEPTH)
    if m >= 8 and m * n * k > SMALL:
        return itemsize * depth * (
            ceil_div(m, TILE_ROWS) * TILE_ROWS + ceil_div(n, width) * width)
    if b_transposed or n % width:
        return itemsize * k * ceil_div(n, width) * width
    return 0


def vector_lanes():
    """Floats in a vector of this level."""
    return LANES_F


def tile_rows():
    """Rows of the register tile of this level."""
    return TILE_ROWS


cdef int matmul(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2], groups = dim[5], g
    cdef Py_ssize_t a_row = 1 if dim[3] else k, a_column = m if dim[3] else 1
    cdef Py_ssize_t b_row = 1 if dim[4] else n, b_column = k if dim[4] else 1
    cdef Py_ssize_t b_group = 0 if dim[6] else k * n
    for g in range(groups):
        product(buf[0] + g * m * k, a_row, a_column, buf[1] + g * b_group, b_row,
                b_column, buf[2] + g * m * n, m, n, k, <const real*> NULL, LINEAR,
                buf[3], n_threads)
    return OK


cdef int dense(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2]
    product(buf[0], k, 1, buf[1], n, 1, buf[3], m, n, k, buf[2], <int> dim[3], buf[4],
            n_threads)
    return OK


cdef int peak(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Epilogue epilogue
    cdef Py_ssize_t g, width = panel_width(<real> 0)
    epilogue.bias = NULL
    epilogue.activation = LINEAR
    epilogue.accumulate = False
    epilogue.last = True
    for g in prange(dim[1], schedule="static", num_threads=n_threads):
        whole_tile(buf[2] + g % 64 * TILE_ROWS * width, width, TILE_ROWS, width,
                   buf[0], 0, buf[1], width, dim[0], 0, &epilogue)
    return OK
