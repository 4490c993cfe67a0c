"""Reductions along one axis.

Runs are folded as fold.pxd says, columns row by row into a strip that stays in the
first-level cache.
"""

from cython.parallel cimport prange

from ckeras.kernels.vector.fold cimport (
    BLOCK, LEVELS, Largest, Product, Smallest, Sum, cell, collect, eight, fold_block,
    fold_run, fold_short, identity, joined, push, rule,
)
from ckeras.kernels.types cimport OK, number, real

cdef enum:
    BLOCK_ROWS = 128   # rows of a column that become one term of its sum
    STRIP = 512        # columns folded together
    NARROW = 16        # columns below which several rows are folded as one
    WIDE = 64          # and how many columns they then have
    GRAIN = 1 << 17    # elements below which a second thread does not pay


cdef inline void fold_rows(
    const cell* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, cell* acc,
    rule* how,
) noexcept nogil:
    """acc[i] = acc[i] + x[0, i] + x[1, i] + …"""
    cdef Py_ssize_t i, r, r_8 = rows - rows % 8
    for r in range(0, r_8, 8):
        for i in range(width):
            acc[i] = joined(acc[i], eight(x + r * step + i, step, how), how)
    for r in range(r_8, rows):
        for i in range(width):
            acc[i] = joined(acc[i], x[r * step + i], how)


cdef void fold_columns(
    const cell* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, cell* out,
    rule* how,
) noexcept nogil:
    """out[i] = x[0, i] + x[1, i] + … for at most STRIP columns."""
    cdef cell acc[STRIP]
    cdef cell none = identity(<cell> 0, how)
    cdef Py_ssize_t i, b, r, n
    for i in range(width):
        out[i] = none
    if rows <= BLOCK_ROWS:
        fold_rows(x, rows, step, width, out, how)
        return
    for b in range((rows + BLOCK_ROWS - 1) // BLOCK_ROWS):
        r = b * BLOCK_ROWS
        n = BLOCK_ROWS if rows - r > BLOCK_ROWS else rows - r
        for i in range(width):
            acc[i] = none
        fold_rows(x + r * step, n, step, width, acc, how)
        for i in range(width):
            out[i] = joined(out[i], acc[i], how)


cdef void fold_narrow(
    const cell* x, Py_ssize_t rows, Py_ssize_t width, cell* out, rule* how
) noexcept nogil:
    """The same for contiguous rows of few columns: several rows are taken as one."""
    cdef cell wide[WIDE]
    cdef Py_ssize_t group = WIDE // width
    cdef Py_ssize_t rest = rows % group
    fold_columns(x, rows // group, group * width, group * width, wide, how)
    fold_columns(wide, group, width, width, out, how)
    fold_rows(x + (rows - rest) * width, rest, width, width, out, how)


cdef void fold_task(
    const cell* x, cell* out, const Py_ssize_t* dim, Py_ssize_t task, rule* how
) noexcept nogil:
    """One chunk of the reduced axis for one strip of columns of one outer index."""
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t o = task // (chunks * strips)
    cdef Py_ssize_t chunk = task // strips % chunks
    cdef Py_ssize_t column = task % strips * STRIP
    cdef Py_ssize_t first = chunk * reduce // chunks
    cdef Py_ssize_t rows = (chunk + 1) * reduce // chunks - first
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    x += (o * reduce + first) * inner + column
    out += (o * chunks + chunk) * inner + column
    if inner == 1:
        out[0] = fold_run(x, rows, how)
    elif inner < NARROW and rows >= NARROW:
        fold_narrow(x, rows, inner, out, how)
    else:
        fold_columns(x, rows, inner, width, out, how)


cdef int fold(
    const cell* x, cell* out, cell* work, const Py_ssize_t* dim, rule* how,
    int n_threads,
) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t tasks = outer * chunks * ((inner + STRIP - 1) // STRIP)
    cdef cell* parts = out if chunks == 1 else work
    cdef Py_ssize_t join[4]
    cdef Py_ssize_t t
    if inner == 1 and chunks == 1 and reduce < BLOCK and outer * reduce < GRAIN:
        for t in range(outer):
            out[t] = fold_short(x + t * reduce, reduce, how)
    elif outer * reduce * inner < GRAIN:
        for t in range(tasks):
            fold_task(x, parts, dim, t, how)
    else:
        for t in prange(tasks, schedule="static", num_threads=n_threads):
            fold_task(x, parts, dim, t, how)
    if chunks > 1:
        join[0], join[1], join[2], join[3] = outer, chunks, inner, 1
        fold(work, out, NULL, join, how, n_threads)
    return OK


cdef int sum(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef number* work = buf[2] if dim[3] > 1 else NULL
    return fold(buf[0], buf[1], work, dim, <Sum*> NULL, n_threads)


cdef int prod(number** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    cdef number* work = buf[2] if dim[3] > 1 else NULL
    return fold(buf[0], buf[1], work, dim, <Product*> NULL, n_threads)


cdef int max(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef number* work = buf[2] if dim[3] > 1 else NULL
    return fold(buf[0], buf[1], work, dim, <Largest*> NULL, n_threads)


cdef int min(number** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef number* work = buf[2] if dim[3] > 1 else NULL
    return fold(buf[0], buf[1], work, dim, <Smallest*> NULL, n_threads)


cdef int mean(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    cdef real* out = buf[1]
    cdef real count = <real> dim[1]
    cdef Py_ssize_t i
    sum(buf, dim, attr, n_threads)
    for i in range(dim[0] * dim[2]):
        out[i] = out[i] / count
    return OK


cdef void fold_kept(
    const real* x, const unsigned char* mask, Py_ssize_t rows, Py_ssize_t step,
    Py_ssize_t width, real* out
) noexcept nogil:
    """out[i] = the sum of x[r, i] where mask[r], for at most STRIP columns.

    Runs of rows are folded within blocks, as `fold_columns` does without a mask.
    """
    cdef real acc[STRIP]
    cdef Py_ssize_t i, r = 0, first, end
    for i in range(width):
        out[i] = 0
    while r < rows:
        end = rows if rows - r < BLOCK_ROWS else r + BLOCK_ROWS
        for i in range(width):
            acc[i] = 0
        while r < end:
            first = r
            while r < end and mask[r]:
                r += 1
            fold_rows(x + first * step, r - first, step, width, acc, <Sum*> NULL)
            while r < end and not mask[r]:
                r += 1
        for i in range(width):
            out[i] += acc[i]


cdef int kept_sum(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil:
    cdef const unsigned char* mask = <const unsigned char*> <void*> buf[1]
    cdef Py_ssize_t reduce = dim[0], inner = dim[1], chunks = dim[2], t, first, column
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t join[4]
    cdef real* parts = buf[2] if chunks == 1 else buf[3]
    # Chunks differ in what counts of them: whoever is free takes one.
    for t in prange(chunks * strips, schedule="dynamic", num_threads=n_threads,
                    use_threads_if=reduce * inner >= GRAIN):
        first = t // strips * reduce // chunks
        column = t % strips * STRIP
        fold_kept(buf[0] + first * inner + column, mask + first,
                  (t // strips + 1) * reduce // chunks - first, inner,
                  STRIP if inner - column > STRIP else inner - column,
                  parts + t // strips * inner + column)
    if chunks > 1:
        join[0], join[1], join[2], join[3] = 1, chunks, inner, 1
        fold(buf[3], buf[2], <real*> NULL, join, <Sum*> NULL, n_threads)
    return OK


cdef real squares_of_run(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real squares[BLOCK]
    cdef real level[LEVELS]
    cdef Py_ssize_t b, i, blocks = n // BLOCK
    for b in range(blocks):
        for i in range(BLOCK):
            squares[i] = x[b * BLOCK + i] * x[b * BLOCK + i]
        push(level, b, fold_block(squares, <Sum*> NULL), <Sum*> NULL)
    n -= blocks * BLOCK
    for i in range(n):
        squares[i] = x[blocks * BLOCK + i] * x[blocks * BLOCK + i]
    return collect(level, blocks, fold_short(squares, n, <Sum*> NULL), <Sum*> NULL)


cdef int sum_of_squares(real** buf, const Py_ssize_t* dim, const double* attr,
                        int n_threads) noexcept nogil:
    cdef const real* x = buf[0]
    cdef Py_ssize_t n = dim[0], chunks = dim[1], c, first
    cdef real* work = buf[2] if chunks > 1 else NULL
    if chunks == 1:
        buf[1][0] = squares_of_run(x, n)
        return OK
    for c in prange(chunks, schedule="static", num_threads=n_threads):
        first = c * n // chunks
        work[c] = squares_of_run(x + first, (c + 1) * n // chunks - first)
    buf[1][0] = fold_run(work, chunks, <Sum*> NULL)
    return OK
