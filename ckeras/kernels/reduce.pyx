"""Reductions along one axis.

A run of contiguous elements is folded as if it were eight rows, then eight rows again:
1024 → 128 → 16 lanes → 1. So every loop is over neighbours and vectorizes, and the
additions form a balanced tree. Columns are folded row by row into a strip that stays in
the first-level cache. The rule (sum, product, ...) is a type that only selects code.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY

from ckeras.kernels.types cimport OK, number, real

ctypedef unsigned char u8

ctypedef fused cell:
    float
    double
    int
    long long
    u8

# The rules: pointers to these are passed for their type, and are always NULL.
cdef struct Sum:
    u8 tag
cdef struct Product:
    u8 tag
cdef struct Largest:
    u8 tag
cdef struct Smallest:
    u8 tag

ctypedef fused rule:
    Sum
    Product
    Largest
    Smallest

ctypedef fused extreme:
    Largest
    Smallest

cdef enum:
    LANES = 16
    EIGHTH = 128
    BLOCK = 1024       # elements of a run that become one term of the pairwise sum
    BLOCK_ROWS = 128   # rows of a column that do
    STRIP = 512        # columns folded together
    NARROW = 16        # columns below which several rows are folded as one
    WIDE = 64          # and how many columns they then have
    LEVELS = 48        # of the tree above the blocks
    GRAIN = 1 << 17    # elements below which a second thread does not pay


cdef inline bint is_nan(cell x) noexcept nogil:
    if cell is float or cell is double:
        return x != x
    else:
        return False


cdef inline cell identity(cell like, rule* how) noexcept nogil:
    if rule is Sum:
        return 0
    elif rule is Product:
        return 1
    elif cell is float or cell is double:
        return <cell> (-INFINITY if rule is Largest else INFINITY)
    elif cell is u8:
        return 0 if rule is Largest else 1
    elif cell is int:
        return ~<cell> 0x7fffffff if rule is Largest else 0x7fffffff
    else:
        return ~<cell> 0x7fffffffffffffff if rule is Largest else 0x7fffffffffffffff


cdef inline cell joined(cell a, cell b, rule* how) noexcept nogil:
    """a combined with b; the extremes keep NaN."""
    if rule is Sum:
        return <cell> (a + b)
    elif rule is Product:
        return <cell> (a * b)
    elif rule is Largest:
        b = a if a > b else b
        return a if is_nan(a) else b
    else:
        b = a if a < b else b
        return a if is_nan(a) else b


cdef inline cell four(const cell* x, Py_ssize_t step, rule* how) noexcept nogil:
    """x[0], x[step], x[2 step] and x[3 step] as a balanced tree."""
    return joined(
        joined(x[0], x[step], how), joined(x[2 * step], x[3 * step], how), how)


cdef inline cell eight(const cell* x, Py_ssize_t step, rule* how) noexcept nogil:
    return joined(four(x, step, how), four(x + 4 * step, step, how), how)


cdef inline void push(
    cell* level, Py_ssize_t count, cell value, rule* how
) noexcept nogil:
    """Adds a term to a binary counter of partial results that holds `count` terms."""
    cdef Py_ssize_t d = 0
    while count & 1:
        value = joined(level[d], value, how)
        count >>= 1
        d += 1
    level[d] = value


cdef inline cell collect(
    const cell* level, Py_ssize_t count, cell value, rule* how
) noexcept nogil:
    """All terms of the binary counter and one more value."""
    cdef Py_ssize_t d = 0
    while count:
        if count & 1:
            value = joined(level[d], value, how)
        count >>= 1
        d += 1
    return value


cdef inline cell fold_lanes(cell* lane, rule* how) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(4):
        lane[i] = four(lane + i, 4, how)
    return joined(joined(lane[0], lane[2], how), joined(lane[1], lane[3], how), how)


cdef inline cell fold_block(const cell* x, rule* how) noexcept nogil:
    """BLOCK neighbours."""
    cdef cell partial[EIGHTH]
    cdef cell lane[LANES]
    cdef Py_ssize_t i
    for i in range(EIGHTH):
        partial[i] = eight(x + i, EIGHTH, how)
    for i in range(LANES):
        lane[i] = eight(partial + i, LANES, how)
    return fold_lanes(lane, how)


cdef cell fold_short(const cell* x, Py_ssize_t n, rule* how) noexcept nogil:
    """Fewer than BLOCK neighbours."""
    cdef cell lane[LANES]
    cdef cell total = identity(<cell> 0, how)
    cdef Py_ssize_t i, first = LANES
    if n < LANES:
        for i in range(n):
            total = joined(total, x[i], how)
        return total
    for i in range(LANES):
        lane[i] = x[i]
    while first + 8 * LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], eight(x + first + i, LANES, how), how)
        first += 8 * LANES
    if first + 4 * LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], four(x + first + i, LANES, how), how)
        first += 4 * LANES
    while first + LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], x[first + i], how)
        first += LANES
    for i in range(first, n):
        total = joined(total, x[i], how)
    return joined(fold_lanes(lane, how), total, how)


cdef cell fold_run(const cell* x, Py_ssize_t n, rule* how) noexcept nogil:
    """n neighbours."""
    cdef cell level[LEVELS]
    cdef Py_ssize_t b, blocks
    if n < BLOCK:
        return fold_short(x, n, how)
    blocks = n // BLOCK
    for b in range(blocks):
        push(level, b, fold_block(x + b * BLOCK, how), how)
    b = blocks * BLOCK
    return collect(level, blocks, fold_short(x + b, n - b, how), how)


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


cdef int any(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef u8* work = <u8*> buf[2] if dim[3] > 1 else NULL
    return fold(<u8*> buf[0], <u8*> buf[1], work, dim, <Largest*> NULL, n_threads)


cdef int all(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef u8* work = <u8*> buf[2] if dim[3] > 1 else NULL
    return fold(<u8*> buf[0], <u8*> buf[1], work, dim, <Smallest*> NULL, n_threads)


cdef int mean(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    cdef real* out = buf[1]
    cdef real count = <real> dim[1]
    cdef Py_ssize_t i
    sum(buf, dim, attr, n_threads)
    for i in range(dim[0] * dim[2]):
        out[i] = out[i] / count
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
    cdef real* work = buf[2]
    cdef Py_ssize_t n = dim[0], chunks = dim[1], c, first
    for c in prange(chunks, schedule="static", num_threads=n_threads,
                    use_threads_if=chunks > 1):
        first = c * n // chunks
        work[c] = squares_of_run(x + first, (c + 1) * n // chunks - first)
    buf[1][0] = fold_run(work, chunks, <Sum*> NULL)
    return OK


cdef inline int place_in_run(
    const number* x, Py_ssize_t n, extreme* how
) noexcept nogil:
    """The first index of the extreme of n neighbours, found in two fast passes."""
    cdef number best = fold_run(x, n, how)
    cdef Py_ssize_t r
    if is_nan(best):
        for r in range(n):
            if is_nan(x[r]):
                return <int> r
    for r in range(n):
        if x[r] == best:
            return <int> r
    return 0


cdef void places_in_columns(
    const number* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, int* place,
    extreme* how,
) noexcept nogil:
    """The first row of the extreme of each of at most STRIP columns."""
    cdef number best[STRIP]
    cdef number value
    cdef Py_ssize_t r, i
    cdef bint better
    for i in range(width):
        best[i] = x[i]
        place[i] = 0
    for r in range(1, rows):
        for i in range(width):
            value = x[r * step + i]
            better = value > best[i] if extreme is Largest else value < best[i]
            better = (better or is_nan(value)) and not is_nan(best[i])
            best[i] = value if better else best[i]
            place[i] = <int> r if better else place[i]


cdef int places(
    const number* x, int* out, const Py_ssize_t* dim, extreme* how, int n_threads
) noexcept nogil:
    cdef Py_ssize_t reduce = dim[1], inner = dim[2]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t t, o, column, width
    for t in prange(
        dim[0] * strips, schedule="static", num_threads=n_threads,
        use_threads_if=dim[0] * reduce * inner > GRAIN,
    ):
        o = t // strips
        column = t % strips * STRIP
        width = STRIP if inner - column > STRIP else inner - column
        if inner == 1:
            out[o] = place_in_run(x + o * reduce, reduce, how)
        else:
            places_in_columns(
                x + o * reduce * inner + column, reduce, inner, width,
                out + o * inner + column, how)
    return OK


cdef int argmax(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    return places(buf[0], <int*> <void*> buf[1], dim, <Largest*> NULL, n_threads)


cdef int argmin(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    return places(buf[0], <int*> <void*> buf[1], dim, <Smallest*> NULL, n_threads)


cdef void run_sums(
    const number* x, number* out, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t inner
) noexcept nogil:
    """Running sums down columns whose rows are `step` apart; inner columns."""
    cdef Py_ssize_t r, i
    cdef number total = 0
    if inner == 1:
        for r in range(rows):
            total = total + x[r * step]
            out[r * step] = total
        return
    for i in range(inner):
        out[i] = x[i]
    for r in range(1, rows):
        x += step
        out += step
        for i in range(inner):
            out[i] = out[i - step] + x[i]


cdef int cumsum(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    cdef const number* x = buf[0]
    cdef number* out = buf[1]
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], o
    cdef Py_ssize_t step = -inner if dim[3] else inner
    cdef Py_ssize_t last = (reduce - 1) * inner if dim[3] else 0
    cdef Py_ssize_t size = reduce * inner
    if size == 0:
        return OK
    for o in prange(dim[0], schedule="static", num_threads=n_threads,
                    use_threads_if=dim[0] * size > GRAIN):
        run_sums(x + o * size + last, out + o * size + last, reduce, step, inner)
    return OK
