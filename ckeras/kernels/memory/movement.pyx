"""Copies between layouts: strided blocks, borders, joined arrays.

Slicing, transposing, broadcasting and reversing are all one strided copy: Python
merges what axes it can and puts the two that matter last. What is left here is a
block of rows × columns with three fast forms, and an odometer over the other axes.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.types cimport OK

ctypedef unsigned char u8
ctypedef unsigned short u16
ctypedef unsigned int u32
ctypedef unsigned long long u64

ctypedef fused cell:
    u8
    u16
    u32
    u64

cdef enum:
    MAX_AXES = 32
    TILE = 16            # elements: one cache line of 4-byte ones
    SHORT_RUN = 64       # bytes below which a loop beats a call of memcpy
    GRAIN = 1 << 18      # bytes below which a second thread does not pay
    CHUNK = 1 << 15      # bytes that one thread copies at a time


cdef inline void transpose_tile(
    const cell* src, cell* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_col, Py_ssize_t dst_row,
) noexcept nogil:
    """dst[r, c] = src[c, r] for at most TILE × TILE elements.

    Every cache line of either side is touched once, in one go: strides that are
    powers of two would evict it before a second time.
    """
    cdef cell tile[TILE * TILE]
    cdef Py_ssize_t r, c
    if rows == TILE and cols == TILE:
        for c in range(TILE):
            for r in range(TILE):
                tile[r * TILE + c] = src[c * src_col + r]
        for r in range(TILE):
            memcpy(dst + r * dst_row, tile + r * TILE, TILE * sizeof(cell))
        return
    for r in range(rows):
        for c in range(cols):
            dst[r * dst_row + c] = src[c * src_col + r]


cdef void transpose_block(
    const cell* src, cell* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_col, Py_ssize_t dst_row,
) noexcept nogil:
    """dst[r, c] = src[c, r], tile by tile."""
    cdef Py_ssize_t i, j, r, c, n_r, n_c
    for j in range((cols + TILE - 1) // TILE):
        c = j * TILE
        n_c = min(<Py_ssize_t> TILE, cols - c)
        for i in range((rows + TILE - 1) // TILE):
            r = i * TILE
            n_r = min(<Py_ssize_t> TILE, rows - r)
            transpose_tile(
                src + c * src_col + r, dst + r * dst_row + c, n_r, n_c,
                src_col, dst_row)


cdef void copy_runs(
    const cell* src, cell* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_row, Py_ssize_t dst_row,
) noexcept nogil:
    """Rows that are contiguous on both sides."""
    cdef Py_ssize_t r, c
    if cols * <Py_ssize_t> sizeof(cell) >= SHORT_RUN:
        for r in range(rows):
            memcpy(dst + r * dst_row, src + r * src_row, cols * sizeof(cell))
        return
    for r in range(rows):
        for c in range(cols):
            dst[r * dst_row + c] = src[r * src_row + c]


cdef void fill_rows(
    const cell* src, cell* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_row, Py_ssize_t dst_row,
) noexcept nogil:
    """Rows of one value each."""
    cdef Py_ssize_t r, c
    cdef cell value
    for r in range(rows):
        value = src[r * src_row]
        for c in range(cols):
            dst[r * dst_row + c] = value


cdef void copy_strided(
    const cell* src, cell* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_row, Py_ssize_t src_col, Py_ssize_t dst_row, Py_ssize_t dst_col,
) noexcept nogil:
    cdef Py_ssize_t r, c
    for r in range(rows):
        if src_col == -1 and dst_col == 1:
            for c in range(cols):
                dst[r * dst_row + c] = src[r * src_row - c]
        else:
            for c in range(cols):
                dst[r * dst_row + c * dst_col] = src[r * src_row + c * src_col]


cdef void copy_block(
    const char* src_bytes, char* dst_bytes, cell item, Py_ssize_t rows,
    Py_ssize_t cols, Py_ssize_t src_row, Py_ssize_t src_col, Py_ssize_t dst_row,
    Py_ssize_t dst_col,
) noexcept nogil:
    """One block in its fastest form; strides in bytes, `item` gives the size."""
    cdef Py_ssize_t size = sizeof(cell)
    cdef const cell* src = <const cell*> src_bytes
    cdef cell* dst = <cell*> dst_bytes
    src_row, src_col = src_row // size, src_col // size
    dst_row, dst_col = dst_row // size, dst_col // size
    if dst_col == 1 and src_col == 1:
        copy_runs(src, dst, rows, cols, src_row, dst_row)
    elif dst_col == 1 and src_col == 0:
        fill_rows(src, dst, rows, cols, src_row, dst_row)
    elif dst_col == 1 and src_row == 1 and src_col > 0:
        transpose_block(src, dst, rows, cols, src_col, dst_row)
    else:
        copy_strided(src, dst, rows, cols, src_row, src_col, dst_row, dst_col)


cdef void copy_any(
    Py_ssize_t item, const char* src, char* dst, Py_ssize_t rows, Py_ssize_t cols,
    Py_ssize_t src_row, Py_ssize_t src_col, Py_ssize_t dst_row, Py_ssize_t dst_col,
) noexcept nogil:
    if item == 4:
        copy_block(src, dst, <u32> 0, rows, cols, src_row, src_col, dst_row, dst_col)
    elif item == 8:
        copy_block(src, dst, <u64> 0, rows, cols, src_row, src_col, dst_row, dst_col)
    elif item == 1:
        copy_block(src, dst, <u8> 0, rows, cols, src_row, src_col, dst_row, dst_col)
    else:
        copy_block(src, dst, <u16> 0, rows, cols, src_row, src_col, dst_row, dst_col)


cdef void copy_units(
    const char* src, char* dst, const Py_ssize_t* dim, Py_ssize_t first,
    Py_ssize_t end,
) noexcept nogil:
    """Units first … end-1 of a strided copy, counted with the columns fastest."""
    cdef Py_ssize_t unit_rows = dim[3], unit_cols = dim[4], n = dim[5]
    cdef const Py_ssize_t* size = dim + 6
    cdef const Py_ssize_t* x = size + n
    cdef const Py_ssize_t* y = x + n
    cdef Py_ssize_t rows = size[n - 2], cols = size[n - 1]
    cdef Py_ssize_t row_units = (rows + unit_rows - 1) // unit_rows
    cdef Py_ssize_t col_units = (cols + unit_cols - 1) // unit_cols
    cdef Py_ssize_t at[MAX_AXES]
    cdef Py_ssize_t _unit, rest, a, r, c
    rest = first // (row_units * col_units)
    for a in range(n - 3, -1, -1):
        at[a] = rest % size[a]
        rest = rest // size[a]
        src += at[a] * x[a]
        dst += at[a] * y[a]
    rest = first % (row_units * col_units)
    r = rest // col_units * unit_rows
    c = rest % col_units * unit_cols
    for _unit in range(first, end):
        copy_any(
            dim[0], src + r * x[n - 2] + c * x[n - 1],
            dst + r * y[n - 2] + c * y[n - 1], min(unit_rows, rows - r),
            min(unit_cols, cols - c), x[n - 2], x[n - 1], y[n - 2], y[n - 1])
        c += unit_cols
        if c < cols:
            continue
        c = 0
        r += unit_rows
        if r < rows:
            continue
        r = 0
        for a in range(n - 3, -1, -1):
            src += x[a]
            dst += y[a]
            at[a] += 1
            if at[a] < size[a]:
                break
            src -= at[a] * x[a]
            dst -= at[a] * y[a]
            at[a] = 0


cdef void copy_parallel(
    const char* src, char* dst, const Py_ssize_t* dim, int n_threads,
) noexcept nogil:
    cdef Py_ssize_t n = dim[5], a, chunk, units, n_chunks, total = dim[0]
    cdef const Py_ssize_t* size = dim + 6
    for a in range(n):
        total *= size[a]
    if total == 0:
        return
    units = (size[n - 2] + dim[3] - 1) // dim[3]
    units *= (size[n - 1] + dim[4] - 1) // dim[4]
    for a in range(n - 2):
        units *= size[a]
    src += dim[1]
    dst += dim[2]
    if total < GRAIN or n_threads == 1:
        copy_units(src, dst, dim, 0, units)
        return
    n_chunks = min(units, total // CHUNK)
    for chunk in prange(n_chunks, schedule="static", num_threads=n_threads):
        copy_units(src, dst, dim, units * chunk // n_chunks,
                   units * (chunk + 1) // n_chunks)


cdef int copy(void** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    copy_parallel(<const char*> buf[0], <char*> buf[1], dim, n_threads)
    return OK


cdef int copy_into_zeros(void** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil:
    memset(buf[1], 0, dim[0])
    copy_parallel(<const char*> buf[0], <char*> buf[1], dim + 1, n_threads)
    return OK


cdef void fill(char* out, u64 bits, Py_ssize_t item, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    if bits == 0 or item == 1:
        memset(out, <int> (bits & 255), count * item)
    elif item == 2:
        for i in range(count):
            (<u16*> out)[i] = <u16> bits
    elif item == 4:
        for i in range(count):
            (<u32*> out)[i] = <u32> bits
    else:
        for i in range(count):
            (<u64*> out)[i] = bits


cdef struct Border:
    Py_ssize_t item       # bytes of an element
    u64 bits              # the border's value
    Py_ssize_t n_axes
    Py_ssize_t size[MAX_AXES]     # of x
    Py_ssize_t before[MAX_AXES]
    Py_ssize_t after[MAX_AXES]
    Py_ssize_t inner_x[MAX_AXES]      # elements of one place on the axis, in x
    Py_ssize_t inner_out[MAX_AXES]    # and in out


cdef void pad_axis(
    const Border* b, Py_ssize_t axis, const char* x, char* out
) noexcept nogil:
    """The axes from `axis` on: border before, what lies inside, border after."""
    cdef Py_ssize_t i
    cdef Py_ssize_t x_step = b.inner_x[axis] * b.item
    cdef Py_ssize_t out_step = b.inner_out[axis] * b.item
    fill(out, b.bits, b.item, b.before[axis] * b.inner_out[axis])
    out += b.before[axis] * out_step
    if axis == b.n_axes - 1:
        memcpy(out, x, b.size[axis] * b.item)
    else:
        for i in range(b.size[axis]):
            pad_axis(b, axis + 1, x + i * x_step, out + i * out_step)
    fill(out + b.size[axis] * out_step, b.bits, b.item,
         b.after[axis] * b.inner_out[axis])


cdef int pad(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef Border b
    cdef Py_ssize_t a, i, x_step, out_step, x_size = 1, out_size = 1
    cdef const char* x = <const char*> buf[0]
    cdef char* out = <char*> buf[1]
    b.item, b.bits, b.n_axes = dim[0], <u64> dim[1], dim[2]
    for a in range(b.n_axes - 1, -1, -1):
        b.size[a], b.before[a] = dim[3 + 3 * a], dim[4 + 3 * a]
        b.after[a] = dim[5 + 3 * a]
        b.inner_x[a], b.inner_out[a] = x_size, out_size
        x_size *= b.size[a]
        out_size *= b.before[a] + b.size[a] + b.after[a]
    if x_size == 0:
        fill(out, b.bits, b.item, out_size)
        return OK
    if b.n_axes == 1 or out_size * b.item < GRAIN or n_threads == 1:
        pad_axis(&b, 0, x, out)
        return OK
    x_step, out_step = b.inner_x[0] * b.item, b.inner_out[0] * b.item
    fill(out, b.bits, b.item, b.before[0] * b.inner_out[0])
    out += b.before[0] * out_step
    fill(out + b.size[0] * out_step, b.bits, b.item, b.after[0] * b.inner_out[0])
    for i in prange(b.size[0], schedule="static", num_threads=n_threads):
        pad_axis(&b, 1, x + i * x_step, out + i * out_step)
    return OK


cdef inline void join_rows(
    void** buf, const Py_ssize_t* row, Py_ssize_t n, char* out, Py_ssize_t step,
    Py_ssize_t first, Py_ssize_t end,
) noexcept nogil:
    """Rows first … end-1 of the joined arrays; `step` bytes apart in out."""
    cdef Py_ssize_t i, o
    cdef char* target
    for o in range(first, end):
        target = out + o * step
        for i in range(n):
            if row[i] == 4:
                memcpy(target, <char*> buf[i] + o * 4, 4)
            elif target != <char*> buf[i] + o * row[i] and row[i] > 0:
                memcpy(target, <char*> buf[i] + o * row[i], row[i])
            target += row[i]


cdef int concatenate(void** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil:
    cdef Py_ssize_t n = dim[0], outer = dim[1], step = 0, i, chunk, n_chunks
    cdef const Py_ssize_t* row = dim + 2
    cdef char* out = <char*> buf[n]
    for i in range(n):
        step += row[i]
    if outer * step < GRAIN or n_threads == 1:
        join_rows(buf, row, n, out, step, 0, outer)
        return OK
    if outer > 1:
        n_chunks = min(outer, outer * step // CHUNK)
        for chunk in prange(n_chunks, schedule="static", num_threads=n_threads):
            join_rows(buf, row, n, out, step, outer * chunk // n_chunks,
                      outer * (chunk + 1) // n_chunks)
        return OK
    for i in range(n):
        join_one(<const char*> buf[i], out, row[i], n_threads)
        out += row[i]
    return OK


cdef void join_one(
    const char* x, char* out, Py_ssize_t size, int n_threads
) noexcept nogil:
    """One array of a pack, in pieces if it is large."""
    cdef Py_ssize_t chunk, n_chunks = max(size // GRAIN, <Py_ssize_t> 1)
    if x == out or size == 0:
        return
    for chunk in prange(n_chunks, schedule="static", num_threads=n_threads,
                        use_threads_if=n_chunks > 1):
        memcpy(out + size * chunk // n_chunks, x + size * chunk // n_chunks,
               size * (chunk + 1) // n_chunks - size * chunk // n_chunks)
