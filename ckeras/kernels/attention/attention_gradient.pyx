"""Attention, backward: weights are computed again, block by block.

For a block of queries and one of keys, all transposed as in the forward pass, with
w the weights and d the row of d_y · y for each query:

    d_v += w · d_y        d_w = v · d_yᵀ        d_s = w (d_w - d)
    d_k += d_s · scale q  d_qᵀ += scale kᵀ · d_s

One thread takes all blocks that add to the same keys, in order. Where there are few
heads, queries are split into parts that have sums of their own, added up afterwards:
as many as the sizes say. (Dao, "FlashAttention-2", 2023, algorithm 2.)
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.attention.attention_blocks cimport (
    BLOCK_KEYS, GRAIN, Sizes, add_product_over_keys, block_keys, copy_rows,
    end_of_keys, first_key, hidden, multiply, pack_keys, product_of_rows, scores,
    sizes_of, unpack_lines, whole, wide_rows,
)
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport (
    Epilogue, get, lanes, load, spread, store, tile_of, vec,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport exp

cdef enum:
    UNITS = 8      # pieces of work that there should be, for all threads


# Where the parts of the workspace lie, in numbers.
cdef struct Layout:
    Py_ssize_t parts         # of the queries of a head of keys
    Py_ssize_t key_step      # a copied row of keys
    Py_ssize_t panels        # the packed keys of one head
    Py_ssize_t values        # the packed values of one head
    Py_ssize_t rows          # the copied keys of one head
    Py_ssize_t head          # all three
    Py_ssize_t sums          # d_k and d_v of one part
    Py_ssize_t wide_q        # columns of the queries' panels
    Py_ssize_t wide_y
    Py_ssize_t slot          # what each thread has for itself


cdef Layout layout_of(const Sizes* s, Py_ssize_t width) noexcept nogil:
    cdef Layout l
    cdef Py_ssize_t heads = s.batch * s.kv_heads
    cdef Py_ssize_t blocks = s.heads // s.kv_heads * ceil_div(s.q_len, width)
    l.parts = 1 if heads >= UNITS or heads == 0 else least(
        ceil_div(UNITS, heads), blocks)
    l.key_step = whole(s.head_dim, wide_rows())
    l.panels = whole(s.kv_len, TILE_ROWS) * s.head_dim
    l.values = whole(s.kv_len, TILE_ROWS) * s.value_dim
    l.rows = s.kv_len * l.key_step
    l.head = l.panels + l.values + l.rows
    l.sums = 0 if l.parts == 1 else s.kv_len * (s.head_dim + s.value_dim)
    l.wide_q = whole(s.head_dim, width)
    l.wide_y = whole(s.value_dim, width)
    l.slot = width * (s.head_dim + s.value_dim + l.wide_q + l.wide_y + l.key_step
                      + 3 * BLOCK_KEYS + 4)
    return l


# One thread's own memory, and where it is in the problem.
cdef struct Task:
    Py_ssize_t query
    Py_ssize_t count
    const void* panels      # packed keys
    const void* values      # packed values
    const void* rows        # copied keys
    const unsigned char* mask
    const void* bias
    void* d_k
    void* d_v
    Py_ssize_t k_step
    Py_ssize_t v_step
    void* q                 # column panel of the queries, scaled
    void* d_y               # and of the gradient
    void* q_rows            # both as they lie, in column panels of their own columns
    void* d_y_rows
    void* d_q
    void* weights
    void* slopes
    void* spare
    void* stats             # top, 1 / sum, d_y·y, and 1 for who sees a key


cdef inline void weigh_again(
    vec* tag, real* weights, real* slopes, const real* stats, Py_ssize_t keys
) noexcept nogil:
    """Scores become weights w, and d_w becomes d_s."""
    cdef vec top, top2, inverse, inverse2, dot, dot2, seen, seen2, v, w, d
    cdef Py_ssize_t j
    cdef int n = lanes(tag)
    load(&top, stats)
    load(&top2, stats + n)
    load(&inverse, stats + 2 * n)
    load(&inverse2, stats + 3 * n)
    load(&dot, stats + 4 * n)
    load(&dot2, stats + 5 * n)
    load(&seen, stats + 6 * n)
    load(&seen2, stats + 7 * n)
    for j in range(keys):
        load(&v, weights + 2 * j * n)
        load(&w, weights + (2 * j + 1) * n)
        v = exp(v - top) * inverse
        w = exp(w - top2) * inverse2
        store(weights + 2 * j * n, &v)
        store(weights + (2 * j + 1) * n, &w)
        load(&d, slopes + 2 * j * n)
        d = (d - dot) * v * seen
        store(slopes + 2 * j * n, &d)
        load(&d, slopes + (2 * j + 1) * n)
        d = (d - dot2) * w * seen2
        store(slopes + (2 * j + 1) * n, &d)


cdef inline void add_product_over_queries(
    real* sums, Py_ssize_t step, Py_ssize_t dim, const real* block, Py_ssize_t keys,
    const real* rows, Py_ssize_t queries
) noexcept nogil:
    """sums (keys × dim) += block (keys × queries) · rows (queries × dim), in panels."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, j = 0
    cdef Epilogue plain
    plain.accumulate = True
    plain.last = False
    while j < dim:
        i = 0
        while i < keys:
            tile_of(sums + i * step + j, step, least(keys - i, TILE_ROWS),
                    least(dim - j, width), block + i * width, width, 1,
                    rows + j * width, width, queries, 0, &plain, TILE_ROWS, 2)
            i += TILE_ROWS
        j += width


cdef void meet(
    const Sizes* s, const Layout* l, Task* t, Py_ssize_t key, Py_ssize_t end,
    real* d_q
) noexcept nogil:
    """The part of a block of queries and keys `key` ... `end` - 1."""
    cdef Py_ssize_t some
    cdef real* weights = <real*> t.weights
    cdef real* slopes = <real*> t.slopes
    while key < end:
        some = least(end - key, block_keys(s.kv_len))
        scores(s, <const real*> t.panels, <const real*> t.q, t.mask,
               <const real*> t.bias, t.query, t.count, key, some, weights,
               <real*> t.spare)
        product_of_rows(<const real*> t.values + key * s.value_dim, some,
                        <const real*> t.d_y, s.value_dim, slopes)
        if real is float:
            weigh_again(<vf*> NULL, weights, slopes, <const real*> t.stats, some)
        else:
            weigh_again(<vd*> NULL, weights, slopes, <const real*> t.stats, some)
        add_product_over_queries(<real*> t.d_v + key * t.v_step, t.v_step, s.value_dim,
                                 weights, some, <const real*> t.d_y_rows, t.count)
        add_product_over_queries(<real*> t.d_k + key * t.k_step, t.k_step, s.head_dim,
                                 slopes, some, <const real*> t.q_rows, t.count)
        add_product_over_keys(d_q, <const real*> t.rows + key * l.key_step,
                              l.key_step, slopes, some)
        key += some


cdef inline real dot_of(
    vec* tag, const real* a, const real* b, Py_ssize_t n
) noexcept nogil:
    cdef vec v, w, sum
    cdef real[16] lane
    cdef real total = 0
    cdef Py_ssize_t i = 0
    spread(&sum, <real> 0)
    while i < n:
        get(&v, a + i, n - i)
        get(&w, b + i, n - i)
        sum = sum + v * w
        i += lanes(tag)
    store(lane, &sum)
    for i in range(lanes(tag)):
        total = total + lane[i]
    return total


cdef void gather_stats(
    const Sizes* s, Task* t, const real* stats, const real* y, const real* d_y
) noexcept nogil:
    """What a block needs of each query; for places behind the last one, zeros."""
    cdef Py_ssize_t width = panel_width(<real> 0), i
    cdef Py_ssize_t step = s.heads * s.value_dim
    cdef real* own = <real*> t.stats
    memset(own, 0, 4 * width * sizeof(real))
    for i in range(t.count):
        own[i] = stats[t.query + i]
        own[width + i] = <real> 1 / stats[s.q_len + t.query + i]
        if real is float:
            own[2 * width + i] = dot_of(<vf*> NULL, y + i * step, d_y + i * step,
                                        s.value_dim)
        else:
            own[2 * width + i] = dot_of(<vd*> NULL, y + i * step, d_y + i * step,
                                        s.value_dim)
        own[3 * width + i] = 0 if own[i] <= hidden(<real> 0) else 1


cdef void differentiate(
    const Sizes* s, const Layout* l, Task* t, const real* q, const real* y,
    const real* stats, const real* d_y, real* d_q, real scale
) noexcept nogil:
    """One block of queries of one head."""
    cdef Py_ssize_t width = panel_width(<real> 0), j, i
    cdef Py_ssize_t q_step = s.heads * s.head_dim, y_step = s.heads * s.value_dim
    cdef Py_ssize_t start = first_key(s, t.query)
    cdef Py_ssize_t end = end_of_keys(s, t.query, t.count)
    cdef bint blind = False
    q += t.query * q_step
    y += t.query * y_step
    d_y += t.query * y_step
    pack_columns(q, 1, q_step, s.head_dim, t.count, <real*> t.q)
    multiply(<real*> t.q, s.head_dim * width, scale)
    pack_columns(d_y, 1, y_step, s.value_dim, t.count, <real*> t.d_y)
    j = 0
    while j < s.head_dim:
        pack_columns(q + j, q_step, 1, t.count, least(s.head_dim - j, width),
                     <real*> t.q_rows + j * width)
        j += width
    multiply(<real*> t.q_rows, l.wide_q * width, scale)
    j = 0
    while j < s.value_dim:
        pack_columns(d_y + j, y_step, 1, t.count, least(s.value_dim - j, width),
                     <real*> t.d_y_rows + j * width)
        j += width
    memset(t.d_q, 0, l.key_step * width * sizeof(real))
    gather_stats(s, t, stats, y, d_y)
    for i in range(t.count):
        blind = blind or (<real*> t.stats)[3 * width + i] == 0
    if blind:
        start, end = 0, s.kv_len
    meet(s, l, t, start, end, <real*> t.d_q)
    multiply(<real*> t.d_q, l.key_step * width, scale)
    unpack_lines(<real*> t.d_q, t.count, s.head_dim, d_q + t.query * q_step, q_step)


cdef void one_part(
    const Sizes* s, const Layout* l, real** buf, Py_ssize_t unit, real scale,
    real* own, real* sums
) noexcept nogil:
    """A part of the queries of one head of keys: d_q, and what they add to d_k, d_v."""
    cdef Py_ssize_t width = panel_width(<real> 0), blocks = ceil_div(s.q_len, width)
    cdef Py_ssize_t head = unit // l.parts, part = unit % l.parts
    cdef Py_ssize_t b = head // s.kv_heads, kv = head % s.kv_heads
    cdef Py_ssize_t group = s.heads // s.kv_heads, i, h, row, r
    cdef Task t
    cdef real* packed = buf[11] + head * l.head
    t.panels = packed
    t.values = packed + l.panels
    t.rows = packed + l.panels + l.values
    t.q = own
    t.d_y = <real*> t.q + width * s.head_dim
    t.q_rows = <real*> t.d_y + width * s.value_dim
    t.d_y_rows = <real*> t.q_rows + width * l.wide_q
    t.d_q = <real*> t.d_y_rows + width * l.wide_y
    t.weights = <real*> t.d_q + width * l.key_step
    t.slopes = <real*> t.weights + width * BLOCK_KEYS
    t.spare = <real*> t.slopes + width * BLOCK_KEYS
    t.stats = <real*> t.spare + width * BLOCK_KEYS
    if l.parts == 1:
        t.k_step = s.kv_heads * s.head_dim
        t.v_step = s.kv_heads * s.value_dim
        t.d_k = buf[9] + (b * s.kv_len * s.kv_heads + kv) * s.head_dim
        t.d_v = buf[10] + (b * s.kv_len * s.kv_heads + kv) * s.value_dim
    else:
        t.k_step = s.head_dim
        t.v_step = s.value_dim
        t.d_k = sums + unit * l.sums
        t.d_v = <real*> t.d_k + s.kv_len * s.head_dim
    for r in range(s.kv_len):
        memset(<real*> t.d_k + r * t.k_step, 0, s.head_dim * sizeof(real))
        memset(<real*> t.d_v + r * t.v_step, 0, s.value_dim * sizeof(real))
    for i in range(group * blocks * part // l.parts,
                   group * blocks * (part + 1) // l.parts):
        h = kv * group + i // blocks
        row = b * s.q_len * s.heads + h
        t.query = i % blocks * width
        t.count = least(s.q_len - t.query, width)
        t.mask = NULL
        t.bias = NULL
        if buf[3] != NULL:
            t.mask = <const unsigned char*> buf[3] + b * s.mask[0] + h * s.mask[1]
        if buf[4] != NULL:
            t.bias = buf[4] + b * s.bias[0] + h * s.bias[1]
        differentiate(s, l, &t, buf[0] + row * s.head_dim, buf[5] + row * s.value_dim,
                      buf[6] + (b * s.heads + h) * 2 * s.q_len,
                      buf[7] + row * s.value_dim, buf[8] + row * s.head_dim, scale)


cdef void pack_block(
    const Sizes* s, const Layout* l, const real* k, const real* v, Py_ssize_t head,
    Py_ssize_t key, real* packed
) noexcept nogil:
    """A block of keys and values, of one head of one sample of the batch."""
    cdef Py_ssize_t kv = s.kv_heads
    cdef Py_ssize_t count = least(s.kv_len - key, block_keys(s.kv_len))
    cdef Py_ssize_t row = head // kv * s.kv_len * kv + key * kv + head % kv
    packed += head * l.head
    pack_keys(k + row * s.head_dim, kv * s.head_dim, count, s.head_dim,
              packed + key * s.head_dim)
    pack_keys(v + row * s.value_dim, kv * s.value_dim, count, s.value_dim,
              packed + l.panels + key * s.value_dim)
    copy_rows(k + row * s.head_dim, kv * s.head_dim, count, s.head_dim,
              packed + l.panels + l.values + key * l.key_step, l.key_step)


cdef void add_parts(
    const Sizes* s, const Layout* l, real** buf, Py_ssize_t head, Py_ssize_t key,
    const real* sums
) noexcept nogil:
    """Adds up what all parts have for one key, in their order."""
    cdef Py_ssize_t row = head // s.kv_heads * s.kv_len * s.kv_heads
    cdef Py_ssize_t p, j
    cdef real* d_k
    cdef real* d_v
    cdef const real* own
    row += key * s.kv_heads + head % s.kv_heads
    d_k = buf[9] + row * s.head_dim
    d_v = buf[10] + row * s.value_dim
    memset(d_k, 0, s.head_dim * sizeof(real))
    memset(d_v, 0, s.value_dim * sizeof(real))
    for p in range(l.parts):
        own = sums + (head * l.parts + p) * l.sums
        for j in range(s.head_dim):
            d_k[j] = d_k[j] + own[key * s.head_dim + j]
        own += s.kv_len * s.head_dim
        for j in range(s.value_dim):
            d_v[j] = d_v[j] + own[key * s.value_dim + j]


def workspace_bytes(tuple dims, Py_ssize_t itemsize):
    """Bytes of workspace for `dims`."""
    cdef Sizes s
    cdef Py_ssize_t i
    for i in range(len(dims)):
        (<Py_ssize_t*> &s)[i] = dims[i]
    cdef Layout layout = layout_of(&s, 2 * (LANES_F if itemsize == 4 else LANES_D))
    cdef Py_ssize_t heads = s.batch * s.kv_heads
    cdef Py_ssize_t kept = heads * (layout.head + layout.parts * layout.sums)
    return itemsize * (kept + s.slots * layout.slot)


cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef const Sizes* s = sizes_of(dim)
    cdef Py_ssize_t width = panel_width(<real> 0), workers, w, i
    cdef Layout layout = layout_of(s, width)
    cdef Py_ssize_t heads = s.batch * s.kv_heads, units = heads * layout.parts
    cdef Py_ssize_t blocks = ceil_div(s.kv_len, block_keys(s.kv_len))
    cdef real scale = <real> attr[0]
    cdef real* sums = buf[11] + heads * layout.head
    cdef real* slots = sums + units * layout.sums
    if s.batch * s.heads * s.q_len * s.kv_len * (s.head_dim + s.value_dim) <= GRAIN:
        n_threads = 1
    for i in prange(heads * blocks, schedule="static", num_threads=n_threads):
        pack_block(s, &layout, buf[1], buf[2], i // blocks,
                   i % blocks * block_keys(s.kv_len), buf[11])
    workers = least(least(n_threads, s.slots), units)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        for i in range((units - w + workers - 1) // workers):
            one_part(s, &layout, buf, w + i * workers, scale,
                     slots + w * layout.slot, sums)
    if layout.parts > 1:
        for i in prange(heads * s.kv_len, schedule="static", num_threads=n_threads):
            add_parts(s, &layout, buf, i // s.kv_len, i % s.kv_len, sums)
    return OK
