"""Rows picked and rows added to, at indices that are known only at run time.

Adding needs no atomics: threads divide the columns (or the blocks before them, or
ranges of rows where there are few columns), so each sum has one owner, who adds in
the order of the indices whatever the number of threads.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.types cimport INDEX_OUT_OF_RANGE, OK, number

ctypedef fused index_t:
    int
    long long

ctypedef fused cell:
    unsigned char
    unsigned short
    unsigned int
    unsigned long long

cdef enum:
    GRAIN = 1 << 18      # bytes below which a second thread does not pay
    CHUNK = 1 << 15      # bytes that one thread moves at a time
    COLUMNS = 32         # columns that one thread adds
    ROW_RANGES = 8       # parts of the rows where there are few columns


cdef bint outside(const index_t* index, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    """Whether one of m indices is not in -n … n-1."""
    cdef Py_ssize_t i
    cdef bint bad = False
    for i in range(m):
        bad |= (index[i] < -n) | (index[i] >= n)
    return bad


cdef inline Py_ssize_t wrapped(Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    return i + n if i < 0 else i


cdef void gather_cells(
    const cell* table, const index_t* index, cell* out, Py_ssize_t n, Py_ssize_t m,
) noexcept nogil:
    """Rows of one element."""
    cdef Py_ssize_t i
    for i in range(m):
        out[i] = table[wrapped(index[i], n)]


cdef void gather_block(
    const char* table, const index_t* index, char* out, Py_ssize_t n, Py_ssize_t row,
    Py_ssize_t m,
) noexcept nogil:
    """m rows from one block of n rows."""
    cdef Py_ssize_t i
    if row == 4:
        gather_cells(<const unsigned int*> table, index, <unsigned int*> out, n, m)
    elif row == 8:
        gather_cells(<const unsigned long long*> table, index,
                     <unsigned long long*> out, n, m)
    else:
        for i in range(m):
            memcpy(out + i * row, table + wrapped(index[i], n) * row, row)


cdef void gather_range(
    const char* table, const index_t* index, char* out, Py_ssize_t n, Py_ssize_t row,
    Py_ssize_t m, Py_ssize_t first, Py_ssize_t end,
) noexcept nogil:
    """Rows first … end-1 of out, of which each block before the axis has m."""
    cdef Py_ssize_t i = first, k, count
    while i < end:
        k = i % m
        count = min(m - k, end - i)
        gather_block(table + i // m * n * row, index + k, out + i * row, n, row, count)
        i += count


cdef void gather_parallel(
    const char* table, const index_t* index, char* out, Py_ssize_t outer,
    Py_ssize_t n, Py_ssize_t row, Py_ssize_t m, int n_threads,
) noexcept nogil:
    cdef Py_ssize_t chunk, rows = outer * m, n_chunks
    if rows == 0 or row == 0:
        return
    if rows * row < GRAIN or n_threads == 1:
        gather_range(table, index, out, n, row, m, 0, rows)
        return
    n_chunks = min(rows, rows * row // CHUNK)
    for chunk in prange(n_chunks, schedule="static", num_threads=n_threads):
        gather_range(table, index, out, n, row, m, rows * chunk // n_chunks,
                     rows * (chunk + 1) // n_chunks)


cdef int gather_rows(void** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil:
    cdef const long long* rows = <const long long*> buf[1]
    cdef Py_ssize_t i
    cdef bint bad = False
    for i in range(dim[0]):
        bad |= (rows[i] < 0) | (rows[i] >= dim[2])
    if bad:
        return INDEX_OUT_OF_RANGE
    gather_parallel(<const char*> buf[0], rows, <char*> buf[2], 1, dim[2], dim[1],
                    dim[0], n_threads)
    return OK


cdef int gather_by(
    const char* table, const index_t* index, char* out, const Py_ssize_t* dim,
    int n_threads,
) noexcept nogil:
    if outside(index, dim[3], dim[1]):
        return INDEX_OUT_OF_RANGE
    gather_parallel(table, index, out, dim[0], dim[1], dim[2], dim[3], n_threads)
    return OK


cdef int gather(void** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    cdef const char* table = <const char*> buf[0]
    cdef char* out = <char*> buf[2]
    if dim[4] == 4:
        return gather_by(table, <const int*> buf[1], out, dim, n_threads)
    return gather_by(table, <const long long*> buf[1], out, dim, n_threads)


# --- scatter_add ---------------------------------------------------------------------


cdef void add_rows(
    const index_t* index, const number* updates, number* out, Py_ssize_t rows,
    Py_ssize_t width, Py_ssize_t m, Py_ssize_t low, Py_ssize_t high,
    Py_ssize_t left, Py_ssize_t right,
) noexcept nogil:
    """Adds to the rows low … high-1 of out, in its columns left … right-1."""
    cdef Py_ssize_t i, k, r
    cdef number* target
    cdef const number* update
    for i in range(m):
        r = wrapped(index[i], rows)
        if r < low or r >= high:
            continue
        target = out + r * width
        update = updates + i * width
        for k in range(left, right):
            target[k] += update[k]


cdef void zero(char* out, Py_ssize_t size, int n_threads) noexcept nogil:
    cdef Py_ssize_t chunk, n_chunks = max(size // GRAIN, <Py_ssize_t> 1)
    for chunk in prange(n_chunks, schedule="static", num_threads=n_threads,
                        use_threads_if=n_chunks > 1):
        memset(out + size * chunk // n_chunks, 0,
               size * (chunk + 1) // n_chunks - size * chunk // n_chunks)


cdef int scatter_add_by(
    const index_t* index, const number* updates, number* out,
    const Py_ssize_t* dim, int n_threads,
) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], rows = dim[1], width = dim[2], m = dim[3]
    cdef Py_ssize_t col_parts = 1, row_parts = 1, task, tasks, o, part
    if outside(index, m, rows):
        return INDEX_OUT_OF_RANGE
    zero(<char*> out, outer * rows * width * sizeof(number), n_threads)
    if outer * m * width * <Py_ssize_t> sizeof(number) >= GRAIN and n_threads > 1:
        if width >= 2 * COLUMNS:
            col_parts = (width + COLUMNS - 1) // COLUMNS
        elif outer < ROW_RANGES:
            row_parts = min(<Py_ssize_t> ROW_RANGES, rows)
    tasks = outer * col_parts * row_parts
    for task in prange(tasks, schedule="static", num_threads=n_threads,
                       use_threads_if=tasks > 1):
        o = task // (col_parts * row_parts)
        part = task % (col_parts * row_parts)
        add_rows(
            index, updates + o * m * width, out + o * rows * width, rows, width, m,
            rows * (part % row_parts) // row_parts,
            rows * (part % row_parts + 1) // row_parts,
            width * (part // row_parts) // col_parts,
            width * (part // row_parts + 1) // col_parts)
    return OK


cdef int scatter_add(number** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil:
    cdef void* index = <void*> buf[0]
    if dim[4] == 4:
        return scatter_add_by(<const int*> index, buf[1], buf[2], dim, n_threads)
    return scatter_add_by(<const long long*> index, buf[1], buf[2], dim, n_threads)


# --- scatter_update ------------------------------------------------------------------


cdef void update_rows(
    const index_t* index, const char* updates, char* out, Py_ssize_t rows,
    Py_ssize_t size, Py_ssize_t m,
) noexcept nogil:
    cdef Py_ssize_t i, r
    for i in range(m):
        r = wrapped(index[i], rows)
        if 0 <= r < rows:
            memcpy(out + r * size, updates + i * size, size)


cdef int scatter_update(void** buf, const Py_ssize_t* dim, const double* attr,
                        int n_threads) noexcept nogil:
    cdef Py_ssize_t rows = dim[0], size = dim[1], m = dim[2]
    cdef const char* updates = <const char*> buf[2]
    cdef char* out = <char*> buf[3]
    if buf[0] != buf[3] and rows * size > 0:
        memcpy(out, buf[0], rows * size)
    if dim[3] == 4:
        update_rows(<const int*> buf[1], updates, out, rows, size, m)
    else:
        update_rows(<const long long*> buf[1], updates, out, rows, size, m)
    return OK


# --- along an axis -------------------------------------------------------------------


cdef void take_block(
    const cell* x, const index_t* index, cell* out, Py_ssize_t n, Py_ssize_t width,
    Py_ssize_t m,
) noexcept nogil:
    """One block before the axis: m × width elements."""
    cdef Py_ssize_t i, k
    for i in range(m):
        for k in range(width):
            out[i * width + k] = x[wrapped(index[i * width + k], n) * width + k]


cdef int take_by(
    const char* x_bytes, const index_t* index, char* out_bytes, cell item,
    const Py_ssize_t* dim, int n_threads,
) noexcept nogil:
    cdef const cell* x = <const cell*> x_bytes
    cdef cell* out = <cell*> out_bytes
    cdef Py_ssize_t outer = dim[0], n = dim[1], width = dim[2], m = dim[3], o
    cdef Py_ssize_t size = outer * m * width
    if outside(index, size, n):
        return INDEX_OUT_OF_RANGE
    for o in prange(outer, schedule="static", num_threads=n_threads,
                    use_threads_if=size * <Py_ssize_t> sizeof(cell) >= GRAIN):
        take_block(x + o * n * width, index + o * m * width, out + o * m * width,
                   n, width, m)
    return OK


cdef int take_sized(
    const char* x, const index_t* index, char* out, const Py_ssize_t* dim,
    int n_threads,
) noexcept nogil:
    if dim[5] == 4:
        return take_by(x, index, out, <unsigned int> 0, dim, n_threads)
    if dim[5] == 8:
        return take_by(x, index, out, <unsigned long long> 0, dim, n_threads)
    if dim[5] == 1:
        return take_by(x, index, out, <unsigned char> 0, dim, n_threads)
    return take_by(x, index, out, <unsigned short> 0, dim, n_threads)


cdef int take_along(void** buf, const Py_ssize_t* dim, const double* attr,
                    int n_threads) noexcept nogil:
    cdef const char* x = <const char*> buf[0]
    cdef char* out = <char*> buf[2]
    if dim[4] == 4:
        return take_sized(x, <const int*> buf[1], out, dim, n_threads)
    return take_sized(x, <const long long*> buf[1], out, dim, n_threads)


cdef void add_block(
    const index_t* index, const number* updates, number* out, Py_ssize_t n,
    Py_ssize_t width, Py_ssize_t m,
) noexcept nogil:
    """One block before the axis: m × width updates."""
    cdef Py_ssize_t i, k
    memset(out, 0, n * width * sizeof(number))
    for i in range(m):
        for k in range(width):
            out[wrapped(index[i * width + k], n) * width + k] += updates[i * width + k]


cdef int add_along_by(
    const index_t* index, const number* updates, number* out,
    const Py_ssize_t* dim, int n_threads,
) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], n = dim[1], width = dim[2], m = dim[3], o
    cdef Py_ssize_t size = outer * max(m, n) * width * <Py_ssize_t> sizeof(number)
    if outside(index, outer * m * width, n):
        return INDEX_OUT_OF_RANGE
    for o in prange(outer, schedule="static", num_threads=n_threads,
                    use_threads_if=size >= GRAIN):
        add_block(index + o * m * width, updates + o * m * width, out + o * n * width,
                  n, width, m)
    return OK


cdef int add_along(number** buf, const Py_ssize_t* dim, const double* attr,
                   int n_threads) noexcept nogil:
    cdef void* index = <void*> buf[0]
    if dim[4] == 4:
        return add_along_by(<const int*> index, buf[1], buf[2], dim, n_threads)
    return add_along_by(<const long long*> index, buf[1], buf[2], dim, n_threads)


# --- one_hot -------------------------------------------------------------------------


cdef void set_ones(
    const index_t* index, char* out, Py_ssize_t m, Py_ssize_t depth, Py_ssize_t item,
    const char* one,
) noexcept nogil:
    cdef Py_ssize_t i
    memset(out, 0, m * depth * item)
    for i in range(m):
        if 0 <= index[i] < depth:
            memcpy(out + (i * depth + index[i]) * item, one, item)


cdef int one_hot(void** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    # The bits of 1 lie in the first bytes: memory is little-endian on all targets.
    cdef const char* one = <const char*> &dim[4]
    cdef Py_ssize_t m = dim[0], depth = dim[1], item = dim[3]
    cdef Py_ssize_t part, parts = max(m * depth * item // GRAIN, <Py_ssize_t> 1), at
    for part in prange(parts, schedule="static", num_threads=n_threads,
                       use_threads_if=parts > 1):
        at = m * part // parts
        if dim[2] == 4:
            set_ones((<const int*> buf[0]) + at, (<char*> buf[1]) + at * depth * item,
                     m * (part + 1) // parts - at, depth, item, one)
        else:
            set_ones((<const long long*> buf[0]) + at,
                     (<char*> buf[1]) + at * depth * item,
                     m * (part + 1) // parts - at, depth, item, one)
    return OK
