"""Matrix products: packed and blocked where they are large, direct where small.

Large products follow Goto and van de Geijn, "Anatomy of high-performance matrix
multiplication" (2008): for one part of k at a time, a block of a's rows is packed into
panels that stay in the second-level cache, and one column panel of b after another
into the first. Each thread packs for itself: that costs less than to wait for another
thread, and to read what lies in another core's cache.
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.matrix.activate cimport activate
from ckeras.kernels.matrix.gemm_blocks cimport (
    DEPTH, PART, Blocks, add_parts, blocks_of, depth_for, is_small, packed_from,
    part_numbers, parts_of, small_numbers,
)
from ckeras.kernels.matrix.gemm_kept cimport (
    find_kept, follow_each_other, gather, named_from, scatter,
)
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, Finish, biased, finish_of, nothing_more, panel_tile_of, tile_of,
)
from ckeras.kernels.matrix.gemm_units cimport some_units
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS
from ckeras.kernels.types cimport OK, real

cdef enum:
    STORE = 16           # multiply-adds that storing an element takes as long as
    ROW_CHUNK = 24       # rows in a block of work of a small product
    WIDE = 4             # column panels at a time of a single row
    GRAIN = 1 << 20      # multiply-adds below which one thread is enough


# --- large products ------------------------------------------------------------------


cdef void large(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const Py_ssize_t* at, const Finish* f, real* work,
    Py_ssize_t slots, int n_threads
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0), workers, w
    cdef Blocks s = blocks_of(m, n, k, width, slots)
    workers = least(least(n_threads, slots), s.units)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(&s, s.units * w // workers, s.units * (w + 1) // workers, a, a_row,
                   a_column, b, b_row, b_column, c, m, n, k, at, f, work + w * s.packed)


# --- few sums of many terms ----------------------------------------------------------


cdef void long_sums(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const Py_ssize_t* at, const Finish* f, real* work, Py_ssize_t slots,
    int n_threads
) noexcept nogil:
    """Each part of k, or of the rows that `at` names, is a product; these are added."""
    cdef Py_ssize_t parts = parts_of(m, n, k), workers, w, p, start, size = m * n, lies
    cdef Blocks s = blocks_of(m, n, ceil_div(k, parts), panel_width(<real> 0), 1)
    cdef real* sums = work + least(slots, parts) * s.packed
    cdef Finish sums_alone = nothing_more()
    workers = least(least(n_threads, slots), parts)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        for p in range(parts * w // workers, parts * (w + 1) // workers):
            start = k * p // parts
            lies = start if at == NULL else 0
            some_units(&s, 0, s.units, a + lies * a_column, a_row, a_column,
                       b + lies * b_row, b_row, b_column, sums + p * size, m, n,
                       k * (p + 1) // parts - start, named_from(at, start),
                       &sums_alone, work + w * s.packed)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        add_parts(c, m * w // workers, m * (w + 1) // workers, n, sums, size, parts, f)


# --- small products ------------------------------------------------------------------


cdef Py_ssize_t strip_rows(
    real* c, Py_ssize_t c_step, Py_ssize_t left, Py_ssize_t n, const real* a,
    Py_ssize_t a_row, Py_ssize_t a_column, const real* b, Py_ssize_t b_row,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue
) noexcept nogil:
    """The next rows of a strip; returns how many they are."""
    cdef Py_ssize_t width = panel_width(<real> 0)
    if n > width:
        tile_of(c, c_step, 1, n, a, a_row, a_column, b, b_row, k, column, epilogue, 1,
                WIDE * 2)
        return 1
    if n <= width // 2:
        if left >= 8:
            tile_of(c, c_step, 8, n, a, a_row, a_column, b, b_row, k, column, epilogue,
                    8, 1)
            return 8
        if left >= 4:
            tile_of(c, c_step, 4, n, a, a_row, a_column, b, b_row, k, column, epilogue,
                    4, 1)
            return 4
        tile_of(c, c_step, 1, n, a, a_row, a_column, b, b_row, k, column, epilogue,
                1, 1)
        return 1
    if left >= TILE_ROWS:
        tile_of(c, c_step, TILE_ROWS, n, a, a_row, a_column, b, b_row, k, column,
                epilogue, TILE_ROWS, 2)
        return TILE_ROWS
    if left >= 4:
        tile_of(c, c_step, 4, n, a, a_row, a_column, b, b_row, k, column, epilogue,
                4, 2)
        return 4
    tile_of(c, c_step, 1, n, a, a_row, a_column, b, b_row, k, column, epilogue, 1, 2)
    return 1


cdef void strip(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, real* c, Py_ssize_t c_step, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, Py_ssize_t column, const Epilogue* epilogue
) noexcept nogil:
    """All rows of n columns: at most a panel, or as many panels as WIDE says."""
    cdef Py_ssize_t i = 0, done
    while i < m:
        done = strip_rows(c, c_step, m - i, n, a, a_row, a_column, b, b_row, k, column,
                          epilogue)
        activate(c, c_step, done, n, epilogue.finish.activation)
        i += done
        a += done * a_row
        c += done * c_step


cdef void small_block(
    Py_ssize_t j, Py_ssize_t columns, const real* a, Py_ssize_t a_row,
    Py_ssize_t a_column, const real* b, Py_ssize_t b_row, Py_ssize_t b_column, real* c,
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const Epilogue* epilogue,
    const real* packed
) noexcept nogil:
    """Some rows of some columns, which begin at j."""
    cdef Py_ssize_t width = panel_width(<real> 0), some = columns
    cdef Py_ssize_t first = packed_from(n, width, b_column != 1)
    while columns > 0:
        if b_column != 1 or columns < width:
            some = least(columns, width)
            strip(a, a_row, a_column, packed + (j - first) * k, width, c + j, n, m,
                  some, k, j, epilogue)
        else:
            if columns < WIDE * width:
                some = width
            strip(a, a_row, a_column, b + j, b_row, c + j, n, m, some, k, j, epilogue)
        j += some
        columns -= some


cdef void small(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const Finish* f, real* work, int n_threads
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0), panels = ceil_div(n, width), g, j
    cdef Py_ssize_t chunks, rows, i, first = packed_from(n, width, b_column != 1)
    cdef Epilogue epilogue
    epilogue.finish = f[0]
    epilogue.accumulate = False
    epilogue.last = True
    j = first
    while j < n:
        pack_columns(b + j * b_column, b_row, b_column, k, least(n - j, width),
                     work + (j - first) * k)
        j += width
    width *= WIDE if m < 4 else 1
    panels = ceil_div(n, width)
    # A few rows take as long as it takes to read b.
    if n_threads == 1 or max(m, 4) * n * (k + STORE) <= GRAIN:
        for g in range(panels):
            small_block(g * width, least(n - g * width, width), a, a_row, a_column, b,
                        b_row, b_column, c, m, n, k, &epilogue, work)
        return
    chunks = ceil_div(m, ROW_CHUNK)
    rows = ceil_div(m, chunks * TILE_ROWS) * TILE_ROWS
    for g in prange(panels * chunks, schedule="static", num_threads=n_threads):
        i = g % chunks * rows
        j = g // chunks * width
        small_block(j, least(n - j, width), a + i * a_row, a_row, a_column, b, b_row,
                    b_column, c + i * n, least(m - i, rows), n, k, &epilogue, work)


cdef void whole_sums(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const Finish* f, real* work, Py_ssize_t slots, int n_threads
) noexcept nogil:
    """A product whose sums are not cut into parts."""
    if is_small(m, n, k, panel_width(<real> 0), b_column != 1):
        small(a, a_row, a_column, b, b_row, b_column, c, m, n, k, f, work, n_threads)
    else:
        large(a, a_row, a_column, b, b_row, b_column, c, m, n, k, NULL, f, work,
              slots, n_threads)


cdef void product(
    const real* a, Py_ssize_t a_row, Py_ssize_t a_column, const real* b,
    Py_ssize_t b_row, Py_ssize_t b_column, real* c, Py_ssize_t m, Py_ssize_t n,
    Py_ssize_t k, const Finish* f, real* work, Py_ssize_t slots, int n_threads
) noexcept nogil:
    cdef bint little = is_small(m, n, k, panel_width(<real> 0), b_column != 1)
    if m == 0 or n == 0:
        return
    if not little and parts_of(m, n, k) > 1:
        long_sums(a, a_row, a_column, b, b_row, b_column, c, m, n, k, NULL, f, work,
                  slots, n_threads)
    else:
        whole_sums(a, a_row, a_column, b, b_row, b_column, c, m, n, k, f, work, slots,
                   n_threads)


# --- products in which some rows count -----------------------------------------------


cdef void some_parts(
    Py_ssize_t part, Py_ssize_t step, const Py_ssize_t* at, Py_ssize_t count,
    const real* a, const real* b, Py_ssize_t b_row, Py_ssize_t b_column,
    const real* bias, bint fills, real* c, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
    real* work
) noexcept nogil:
    """One thread's parts of a·b + bias, every `step`-th, with its own copies."""
    cdef real* copied = work + PART * k
    cdef real* target
    cdef const real* source
    cdef Py_ssize_t rows, first, end
    cdef Finish finish = biased(bias)
    while part * PART < count:
        rows = least(count - part * PART, PART)
        first = 0 if part == 0 else at[part * PART - 1] + 1
        end = m if part * PART + rows == count else at[part * PART + rows - 1] + 1
        target = copied
        if follow_each_other(at + part * PART, rows):
            target = c + at[part * PART] * n
        source = gather(at + part * PART, rows, a, k, work)
        whole_sums(source, k, 1, b, b_row, b_column, target, rows, n, k, &finish,
                   copied + PART * n, 1, 1)
        scatter(at + part * PART, rows, first, end, target, n, fills, c)
        part += step


# --- entries -------------------------------------------------------------------------


def workspace_bytes(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t itemsize,
                    bint b_transposed, Py_ssize_t slots):
    """Bytes of workspace of one product on at most `slots` threads.

    Small products of a group, which threads share out among them, need it once for
    each thread (`shares_products`).
    """
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D), parts, size
    cdef Blocks s
    if not is_small(m, n, k, width, b_transposed):
        s = blocks_of(m, n, k, width, slots)
        size = least(slots, s.units) * s.packed
        parts = parts_of(m, n, k)
        if parts > 1:
            s = blocks_of(m, n, ceil_div(k, parts), width, 1)
            size = max(size, least(slots, parts) * s.packed + parts * m * n)
        return itemsize * size
    return itemsize * small_numbers(n, k, width, b_transposed)


def shares_products(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t itemsize,
                    bint b_transposed):
    """Whether the products of a group are computed by one thread each."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    return is_small(m, n, k, width, b_transposed)


def stores_once(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, Py_ssize_t itemsize):
    """Whether sums are whole when they are first stored."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    return is_small(m, n, k, width, False) or k <= DEPTH or parts_of(m, n, k) > 1


def kept_workspace_bytes(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                         Py_ssize_t itemsize, Py_ssize_t slots, bint outer):
    """Bytes of workspace of `kept_outer`, or of `kept_rows` if not `outer`."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t numbers, parts
    cdef Blocks s
    if outer:
        s = blocks_of(m, n, k, width, slots)
        # Fewer rows may be cut into fewer parts, which then are deeper.
        numbers = least(slots, s.units) * s.packed // s.depth * depth_for(k, 1)
        parts = parts_of(m, n, k)
        if parts > 1:
            s = blocks_of(m, n, ceil_div(k, parts), width, 1)
            numbers = max(numbers, least(slots, parts) * s.packed // s.depth
                          * depth_for(k, 1) + parts * m * n)
    else:
        numbers = least(slots, ceil_div(m, PART)) * part_numbers(n, k, width)
    return (k if outer else m) * sizeof(Py_ssize_t) + itemsize * numbers


def tile():
    """Floats in a vector of this level, and rows of its register tile."""
    return LANES_F, TILE_ROWS


cdef int matmul(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2], groups = dim[5], g, p, parts
    cdef Py_ssize_t a_row = 1 if dim[3] else k, a_column = m if dim[3] else 1
    cdef Py_ssize_t b_row = 1 if dim[4] else n, b_column = k if dim[4] else 1
    cdef Py_ssize_t b_group = 0 if dim[6] else k * n
    cdef Py_ssize_t width = panel_width(<real> 0)
    cdef Py_ssize_t work = small_numbers(n, k, width, dim[4])
    cdef bint little = is_small(m, n, k, width, dim[4])
    cdef Finish sums_alone = nothing_more()
    if little and groups > 1 and groups * m * n * (k + STORE) > GRAIN:
        # Each thread computes some of the products, in a workspace of its own.
        parts = least(least(groups, n_threads), dim[7])
        for p in prange(parts, schedule="static", num_threads=parts):
            for g in range(p * groups // parts, (p + 1) * groups // parts):
                product(buf[0] + g * m * k, a_row, a_column, buf[1] + g * b_group,
                        b_row, b_column, buf[2] + g * m * n, m, n, k,
                        &sums_alone, NULL if buf[3] == NULL else buf[3] + p * work,
                        dim[7], 1)
        return OK
    for g in range(groups):
        product(buf[0] + g * m * k, a_row, a_column, buf[1] + g * b_group, b_row,
                b_column, buf[2] + g * m * n, m, n, k, &sums_alone, buf[3], dim[7],
                n_threads)
    return OK


cdef int dense(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2]
    cdef Finish f = finish_of(buf + 2, <int> dim[3])
    product(buf[0], k, 1, buf[1], n, 1, buf[5], m, n, k, &f, buf[6], dim[4], n_threads)
    return OK


cdef int kept_rows(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2], workers, w
    cdef Py_ssize_t b_row = 1 if dim[3] else n, b_column = k if dim[3] else 1
    cdef Py_ssize_t fills = dim[4], size = part_numbers(n, k, panel_width(<real> 0))
    cdef Py_ssize_t* at = <Py_ssize_t*> <void*> buf[5]
    cdef real* work = <real*> <void*> (at + m)
    cdef Py_ssize_t count = find_kept(<const unsigned char*> <void*> buf[2], m, at)
    if count == 0 or n == 0:
        memset(buf[4], 0, m * n * sizeof(real) if fills else 0)
        return OK
    workers = least(least(n_threads, dim[5]), ceil_div(count, PART))
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_parts(w, workers, at, count, buf[0], buf[1], b_row, b_column, buf[3],
                   fills, buf[4], m, n, k, work + w * size)
    return OK


cdef int kept_outer(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1]
    cdef Py_ssize_t* at = <Py_ssize_t*> <void*> buf[4]
    cdef real* work = <real*> <void*> (at + dim[2])
    cdef Py_ssize_t count = find_kept(<const unsigned char*> <void*> buf[2], dim[2], at)
    cdef Finish sums_alone = nothing_more()
    if count == 0 or m * n == 0:
        memset(buf[3], 0, m * n * sizeof(real))
        return OK
    if parts_of(m, n, count) > 1:
        long_sums(buf[0], 1, m, buf[1], n, 1, buf[3], m, n, count, at, &sums_alone,
                  work, dim[3], n_threads)
    else:
        large(buf[0], 1, m, buf[1], n, 1, buf[3], m, n, count, at, &sums_alone, work,
              dim[3], n_threads)
    return OK


cdef int peak(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Epilogue epilogue
    cdef Py_ssize_t g, width = panel_width(<real> 0)
    epilogue.finish = nothing_more()
    epilogue.accumulate = False
    epilogue.last = True
    for g in prange(dim[1], schedule="static", num_threads=n_threads):
        panel_tile_of(buf[2] + g % 64 * TILE_ROWS * width, width, TILE_ROWS, width,
                      buf[0], 1, TILE_ROWS, buf[1], width, dim[0], 0, &epilogue,
                      TILE_ROWS, 2)
    return OK
