"""What attention's two directions share: sizes, packed operands, blocks of scores.

All products are computed transposed. A block of scores has up to BLOCK_KEYS rows, one
for each key, `step` numbers apart, whose columns are the queries: two vectors of them.
So softmax goes down the rows lane by lane, without a sum across a vector, and what it
leaves is the right-hand operand of the next product as it stands.

    scores (keys × queries) = keys (keys × head_dim) · queriesᵀ (head_dim × queries)
    outputᵀ (value_dim × queries)
        = valuesᵀ (value_dim × keys) · weights (keys × queries)

Keys and values are copied once for many queries, so that the rows of one head lie side
by side; the keys are multiplied by the scale.
"""

from libc.float cimport DBL_MAX, FLT_MAX
from libc.string cimport memcmp

from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width, transpose,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, get, lanes, load, put, spread, store, tile_of, vec,
)
from ckeras.kernels.simd cimport TILE_ROWS, vd, vf
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport if_less

cdef enum:
    BLOCK_KEYS = 144      # keys in a block of scores, at most: panels stay in cache
    GRAIN = 1 << 18       # multiply-adds below which one thread is enough


# The sizes and flags of a call, in the order of an entry's `dim`.
cdef struct Sizes:
    Py_ssize_t batch
    Py_ssize_t q_len
    Py_ssize_t kv_len
    Py_ssize_t heads
    Py_ssize_t kv_heads
    Py_ssize_t head_dim
    Py_ssize_t value_dim
    Py_ssize_t causal         # a query sees keys up to its own place only
    Py_ssize_t window         # and keys less than so many places away; 0 for all
    Py_ssize_t[4] mask        # steps over batch, heads, queries, keys; 0 repeats
    Py_ssize_t[4] bias
    Py_ssize_t slots          # threads that there is workspace for


cdef inline const Sizes* sizes_of(const Py_ssize_t* dim) noexcept nogil:
    return <const Sizes*> dim


cdef inline Py_ssize_t wide_rows() noexcept nogil:
    """Rows of a tile that reads a transposed operand where it lies."""
    return 8 if TILE_ROWS == 12 else 4


cdef inline Py_ssize_t whole(Py_ssize_t n, Py_ssize_t step) noexcept nogil:
    return ceil_div(n, step) * step


cdef inline real hidden(real tag) noexcept nogil:
    """The score of a pair that must not see each other, as Keras on JAX has it.

    Finite: a query that may see nothing attends to all keys evenly.
    """
    if real is float:
        return <float> (-0.7 * FLT_MAX)
    else:
        return -0.7 * DBL_MAX


cdef inline real lowest(real tag) noexcept nogil:
    if real is float:
        return -FLT_MAX
    else:
        return -DBL_MAX


cdef inline const unsigned char* mask_of(
    const Sizes* s, const unsigned char* mask, Py_ssize_t b, Py_ssize_t h
) noexcept nogil:
    """The mask of one head of one sample of the batch, if there is one."""
    if mask != NULL:
        mask += b * s.mask[0] + h * s.mask[1]
    return mask


cdef inline const void* bias_of(
    const Sizes* s, const real* bias, Py_ssize_t b, Py_ssize_t h
) noexcept nogil:
    if bias != NULL:
        bias += b * s.bias[0] + h * s.bias[1]
    return bias


# --- which keys a block of queries sees ----------------------------------------------


cdef inline Py_ssize_t block_keys(Py_ssize_t kv_len) noexcept nogil:
    """Keys in a block, all of which are about as long; whole tiles."""
    return whole(ceil_div(kv_len, ceil_div(kv_len, BLOCK_KEYS)), TILE_ROWS)


cdef inline Py_ssize_t first_key(const Sizes* s, Py_ssize_t query) noexcept nogil:
    """The first key that a block of queries sees, at the beginning of a tile."""
    if s.window == 0 or query < s.window:
        return 0
    return least((query - s.window + 1) // TILE_ROWS * TILE_ROWS, s.kv_len)


cdef inline Py_ssize_t end_of_keys(
    const Sizes* s, Py_ssize_t query, Py_ssize_t count
) noexcept nogil:
    """Behind the last key that any of `count` queries sees, at the end of a tile."""
    cdef Py_ssize_t end = s.kv_len
    if s.causal:
        end = query + count
    elif s.window:
        end = query + count + s.window - 1
    return least(s.kv_len, whole(end, TILE_ROWS))


# --- copying -------------------------------------------------------------------------


cdef inline void copy_rows_of(
    vec* tag, const real* rows, Py_ssize_t step, Py_ssize_t count, Py_ssize_t dim,
    real factor, real* copy, Py_ssize_t copy_step
) noexcept nogil:
    cdef vec v, f
    cdef Py_ssize_t i, j
    spread(&f, factor)
    for i in range(count):
        j = 0
        while j < copy_step:
            get(&v, rows + i * step + j, max(dim - j, 0))
            v = v * f
            put(copy + i * copy_step + j, &v, copy_step - j)
            j += lanes(tag)


cdef inline void copy_rows(
    const real* rows, Py_ssize_t step, Py_ssize_t count, Py_ssize_t dim, real factor,
    real* copy, Py_ssize_t copy_step
) noexcept nogil:
    """copy[i] = factor · rows[i], filled up with zeros to copy_step ≥ dim numbers."""
    if real is float:
        copy_rows_of(<vf*> NULL, rows, step, count, dim, factor, copy, copy_step)
    else:
        copy_rows_of(<vd*> NULL, rows, step, count, dim, factor, copy, copy_step)


cdef inline void unpack_lines_of(
    vec* tag, const real* panel, Py_ssize_t width, Py_ssize_t count, Py_ssize_t dim,
    real* lines, Py_ssize_t step, bint accumulate
) noexcept nogil:
    cdef vec v[16]
    cdef vec old
    cdef Py_ssize_t first = 0, p, i, n
    cdef int size = lanes(tag)
    while first < count:
        p = 0
        while p < dim:
            n = least(dim - p, size)
            for i in range(size):
                load(&v[i], panel + least(p + i, dim - 1) * width + first)
            transpose(v)
            for i in range(size):
                if first + i >= count:
                    break
                if accumulate:
                    get(&old, lines + (first + i) * step + p, n)
                    v[i] = v[i] + old
                put(lines + (first + i) * step + p, &v[i], n)
            p += size
        first += size


cdef inline void unpack_lines(
    const real* panel, Py_ssize_t count, Py_ssize_t dim, real* lines, Py_ssize_t step,
    bint accumulate
) noexcept nogil:
    """lines[i, p] = or += panel[p, i] for `count` columns of a column panel."""
    cdef Py_ssize_t width = panel_width(<real> 0)
    if real is float:
        unpack_lines_of(<vf*> NULL, panel, width, count, dim, lines, step, accumulate)
    else:
        unpack_lines_of(<vd*> NULL, panel, width, count, dim, lines, step, accumulate)


# --- products ------------------------------------------------------------------------


cdef inline void product_of_rows(
    const real* rows, Py_ssize_t row_step, Py_ssize_t keys, const real* queries,
    Py_ssize_t dim, real* block, Py_ssize_t step
) noexcept nogil:
    """block (keys × queries) = rows (keys × dim) · a column panel.

    There are whole tiles of rows and of the block, whatever is behind the last key.
    """
    cdef Py_ssize_t width = panel_width(<real> 0), i = 0
    cdef Epilogue plain
    plain.accumulate = plain.last = False
    while i < keys:
        tile_of(block + i * step, step, TILE_ROWS, width, rows + i * row_step, row_step,
                1, queries, width, dim, 0, &plain, TILE_ROWS, 2)
        i += TILE_ROWS


cdef inline void add_product_over_keys(
    real* sums, const real* rows, Py_ssize_t row_step, const real* block,
    Py_ssize_t step, Py_ssize_t keys, bint accumulate
) noexcept nogil:
    """sums (row_step × queries) += rowsᵀ (row_step × keys) · block (keys × queries).

    Rows have row_step numbers, a multiple of `wide_rows()`.
    """
    cdef Py_ssize_t width = panel_width(<real> 0), i = 0
    cdef Epilogue plain
    plain.accumulate = accumulate
    plain.last = False
    while i < row_step:
        if TILE_ROWS == 12:
            tile_of(sums + i * width, width, 8, width, rows + i, 1, row_step, block,
                    step, keys, 0, &plain, 8, 2)
            i += 8
        else:
            tile_of(sums + i * width, width, 4, width, rows + i, 1, row_step, block,
                    step, keys, 0, &plain, 4, 2)
            i += 4


# --- what is added to scores, and hidden ---------------------------------------------


cdef inline void add_bias_of(
    vec* tag, real* block, Py_ssize_t step, const real* packed, Py_ssize_t keys
) noexcept nogil:
    cdef vec v, w
    cdef Py_ssize_t j
    cdef int i, n = lanes(tag)
    for j in range(keys):
        for i in range(2):
            load(&v, block + j * step + i * n)
            load(&w, packed + (2 * j + i) * n)
            v = v + w
            store(block + j * step + i * n, &v)


cdef inline void add_bias(
    const Sizes* s, real* block, Py_ssize_t step, const real* bias, Py_ssize_t query,
    Py_ssize_t count, Py_ssize_t key, Py_ssize_t keys, real* work
) noexcept nogil:
    """block[j, i] += bias[query + i, key + j]; `work` has room for a block."""
    cdef Py_ssize_t i, j
    cdef real x
    bias += query * s.bias[2] + key * s.bias[3]
    if s.bias[2] == 0 or s.bias[3] == 0:
        for j in range(keys):
            for i in range(count):
                x = bias[i * s.bias[2] + j * s.bias[3]]
                block[j * step + i] = block[j * step + i] + x
        return
    pack_columns(bias, 1, s.bias[2], keys, count, work)
    if real is float:
        add_bias_of(<vf*> NULL, block, step, work, keys)
    else:
        add_bias_of(<vd*> NULL, block, step, work, keys)


cdef inline void hide_masked(
    const Sizes* s, real* block, Py_ssize_t step, const unsigned char* mask,
    Py_ssize_t query, Py_ssize_t count, Py_ssize_t key, Py_ssize_t keys
) noexcept nogil:
    """Hides what the mask says, a query's row of it after the other."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j
    cdef const unsigned char* row
    cdef real nothing = hidden(<real> 0)
    mask += query * s.mask[2] + key * s.mask[3]
    if s.mask[2] == 0:
        for j in range(keys):
            if not mask[j * s.mask[3]]:
                for i in range(width):
                    block[j * step + i] = nothing
        return
    for i in range(count):
        row = mask + i * s.mask[2]
        j = 0
        while j < keys:
            if s.mask[3] == 1 and j + 8 <= keys and memcmp(
                row + j, b"\1\1\1\1\1\1\1\1", 8
            ) == 0:
                j += 8
                continue
            if not row[j * s.mask[3]]:
                block[j * step + i] = nothing
            j += 1


cdef inline void hide_far_of(
    const Sizes* s, vec* lane, real* block, Py_ssize_t step, Py_ssize_t query,
    Py_ssize_t key, Py_ssize_t keys
) noexcept nogil:
    cdef vec v, at, nothing, near
    cdef Py_ssize_t j, half, place
    spread(&nothing, hidden(<real> 0))
    for j in range(keys):
        for half in range(2):
            place = j * step + half * lanes(lane)
            load(&v, block + place)
            # This key's place, counted from the first query of the vector.
            at = lane[0]
            spread(&near, <real> (key + j - query - half * lanes(lane)))
            if s.causal:
                v = if_less(at, near, nothing, v)
            if s.window:
                at = at - near
                spread(&near, <real> s.window - <real> 0.5)
                v = if_less(near, at, nothing, v)
                v = if_less(at, -near, nothing, v)
            store(block + place, &v)


cdef inline void number_lanes(vec* v, real tag) noexcept nogil:
    """0, 1, 2, ... in the lanes."""
    cdef real number[16]
    cdef int i
    for i in range(lanes(v)):
        number[i] = <real> i
    load(v, number)


cdef inline void hide_far(
    const Sizes* s, real* block, Py_ssize_t step, Py_ssize_t query, Py_ssize_t key,
    Py_ssize_t keys
) noexcept nogil:
    """Hides keys behind a query, and those outside its window."""
    cdef vf f
    cdef vd d
    if real is float:
        number_lanes(&f, <float> 0)
        hide_far_of(s, &f, block, step, query, key, keys)
    else:
        number_lanes(&d, <double> 0)
        hide_far_of(s, &d, block, step, query, key, keys)


cdef inline void scores(
    const Sizes* s, const real* rows, Py_ssize_t row_step, const real* queries,
    const unsigned char* mask, const real* bias, Py_ssize_t query, Py_ssize_t count,
    Py_ssize_t key, Py_ssize_t keys, real* block, Py_ssize_t step, real* work
) noexcept nogil:
    """A block of scores: keys key ... key + keys - 1 of some queries.

    Args:
        rows: these keys, multiplied by the scale.
        queries: the queries' column panel.
        mask, bias: of this head, or NULL.
        step: from a row of the block to the next.
        work: as large as a block without gaps, for the bias.
    """
    cdef Py_ssize_t ahead
    product_of_rows(rows, row_step, keys, queries, s.head_dim, block, step)
    if bias != NULL:
        add_bias(s, block, step, bias, query, count, key, keys, work)
    if mask != NULL:
        hide_masked(s, block, step, mask, query, count, key, keys)
    if s.window:
        hide_far(s, block, step, query, key, keys)
    elif s.causal and key + keys > query + 1:
        ahead = max(query + 1 - key, 0)  # keys that all of these queries see
        hide_far(s, block + ahead * step, step, query, key + ahead, keys - ahead)
