"""One thread's share of a large product: blocks of rows against panels of columns."""

from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_blocks cimport DEPTH, GROUP, Blocks, pack_group
from ckeras.kernels.matrix.gemm_kept cimport follow_each_other, pack_kept
from ckeras.kernels.matrix.gemm_pack cimport least, pack_rows, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, Finish, panel_tile_of, tile_of,
)
from ckeras.kernels.simd cimport TILE_ROWS
from ckeras.kernels.types cimport real

cdef enum:
    DIRECT = 2           # row panels up to which rows of b are read where they lie


cdef inline void rows_of_tiles(
    real* c, Py_ssize_t n, Py_ssize_t m, Py_ssize_t columns, const real* rows,
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* panel,
    Py_ssize_t b_step, Py_ssize_t depth, Py_ssize_t column, const Epilogue* epilogue
) noexcept nogil:
    """The tiles of m rows and one column panel; the last rows by a lower tile."""
    cdef Py_ssize_t i = 0, left
    while i < m:
        left = m - i
        if left <= 4:
            tile_of(c + i * n, n, left, columns, rows + i * depth, 1, TILE_ROWS, panel,
                    b_step, depth, column, epilogue, 4, 2)
        elif left <= 8 and TILE_ROWS > 8:
            tile_of(c + i * n, n, left, columns, rows + i * depth, 1, TILE_ROWS, panel,
                    b_step, depth, column, epilogue, 8, 2)
        elif left >= TILE_ROWS and a != NULL and a_row == 1:
            panel_tile_of(c + i * n, n, TILE_ROWS, columns, a + i, 1, a_column, panel,
                          b_step, depth, column, epilogue, TILE_ROWS, 2)
        elif left >= TILE_ROWS and a != NULL:
            panel_tile_of(c + i * n, n, TILE_ROWS, columns, a + i * a_row, a_row, 1,
                          panel, b_step, depth, column, epilogue, TILE_ROWS, 2)
        else:
            panel_tile_of(c + i * n, n, least(left, TILE_ROWS), columns,
                          rows + i * depth, 1, TILE_ROWS, panel, b_step, depth, column,
                          epilogue, TILE_ROWS, 2)
        i += TILE_ROWS


cdef inline void block(
    real* c, Py_ssize_t n, Py_ssize_t m, Py_ssize_t columns, const real* rows,
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* panels,
    Py_ssize_t panel_step, Py_ssize_t b_step, Py_ssize_t depth, Py_ssize_t column,
    const Epilogue* epilogue
) noexcept nogil:
    """The tiles of m rows and some column panels, which begin at `column`.

    rows are packed; or a says where they lie, as far as they fill whole tiles.
    """
    cdef Py_ssize_t width = panel_width(<real> 0), j = 0
    while j < columns:
        rows_of_tiles(c + j, n, m, least(columns - j, width), rows, a, a_row, a_column,
                      panels + j * panel_step, b_step, depth, column + j, epilogue)
        j += width
    if epilogue.last:
        activate(c, n, m, columns, epilogue.finish.activation)


cdef inline void some_units(
    const Blocks* s, Py_ssize_t unit, Py_ssize_t end, const real* a, Py_ssize_t a_row,
    Py_ssize_t a_column, const real* b, Py_ssize_t b_row, Py_ssize_t b_column, real* c,
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const Py_ssize_t* at, const Finish* f,
    real* work
) noexcept nogil:
    """One thread's units, with its own panels: a block's rows, and a few columns.

    What is not used often enough for packing to pay is read where it lies: lines of a
    that are short and meet few columns, rows of b that are short or meet few rows.
    Where `at` is given, k counts those rows of aᵀ and b that it names.
    """
    cdef Py_ssize_t width = panel_width(<real> 0), top, height, block_end, start, depth
    cdef Py_ssize_t i, j, u, columns, first
    cdef bint in_place = s.across <= GROUP and max(a_row, a_column) <= DEPTH, scattered
    cdef real* panels = work + s.rows * s.depth
    cdef const real* part
    cdef const real* rows = NULL
    cdef Epilogue epilogue
    epilogue.finish = f[0]
    while unit < end:
        top = unit // s.across * s.rows
        height = least(m - top, s.rows)
        block_end = least(end, (unit // s.across + 1) * s.across)
        start = 0
        while start < k:
            depth = least(k - start, s.depth)
            epilogue.accumulate = start > 0
            epilogue.last = start + depth == k
            first = start if at == NULL else at[start]
            scattered = at != NULL and not follow_each_other(at + start, depth)
            rows = NULL
            i = 0
            if scattered:
                pack_kept(at + start, depth, a + top, a_column, height, work,
                          TILE_ROWS)
                i = height
            elif in_place:
                rows = a + top * a_row + first * a_column
                i = height // TILE_ROWS * TILE_ROWS
            while i < height:
                pack_rows(a + (top + i) * a_row + first * a_column, a_row, a_column,
                          least(height - i, TILE_ROWS), depth, work + i * depth)
                i += TILE_ROWS
            u = unit
            while u < block_end:
                j = u % s.across * width
                columns = least(n - j, least(block_end - u, s.group) * width)
                part = b + first * b_row + j * b_column
                if not scattered and b_column == 1 and columns % width == 0 and (
                    height <= DIRECT * TILE_ROWS or s.across <= GROUP
                ):
                    block(c + top * n + j, n, height, columns, work, rows, a_row,
                          a_column, part, 1, b_row, depth, j, &epilogue)
                else:
                    if scattered:
                        pack_kept(at + start, depth, b + j, b_row, columns, panels,
                                  width)
                    else:
                        pack_group(part, b_row, b_column, depth, columns, panels)
                    block(c + top * n + j, n, height, columns, work, rows, a_row,
                          a_column, panels, depth, width, depth, j, &epilogue)
                u += s.group
            start += depth
        unit = block_end
