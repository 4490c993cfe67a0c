"""Attention, backward: weights are computed again, block by block.

For a block of queries and one of keys, all transposed as in the forward pass, with
w the weights and d the row of d_y · y for each query:

    d_v += w · d_y        d_w = v · d_yᵀ        d_s = w (d_w - d)
    d_k += d_s · q        d_qᵀ += scale kᵀ · d_s        and at the end, d_k *= scale

Keys are taken range by range: a range and its sums stay in the second-level cache while
all queries pass by. Ranges of one head add to the same d_q, in order. Where there are
few heads, ranges form groups, each with a d_q of its own, which are added up afterwards
in order. Ranges and groups are what the sizes say. (Dao, "FlashAttention-2", 2023,
algorithm 2.)
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.attention.attention_blocks cimport (
    BLOCK_KEYS, GRAIN, Sizes, add_product_over_keys, bias_of, block_keys, copy_rows,
    end_of_keys, first_key, hidden, mask_of, product_of_rows, scores, sizes_of,
    unpack_lines, whole, wide_rows,
)
from ckeras.kernels.attention.gradient_blocks cimport (
    PANELS, add_product_over_queries, clear, dot_of, pack_rows_of, unpack_rows,
    weigh_again,
)
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    UNITS = 8        # pieces of work that there should be, for all threads
    CACHE = 4096     # vectors, in pairs, that a range and its sums may have


# How keys are cut, and where the parts of the workspace lie, in numbers.
cdef struct Layout:
    Py_ssize_t block         # keys in a block
    Py_ssize_t range         # keys in a range, whole blocks
    Py_ssize_t ranges        # of one head of keys
    Py_ssize_t groups        # of ranges
    Py_ssize_t key_step      # a copied row of keys
    Py_ssize_t wide_q        # columns of the queries' panels
    Py_ssize_t wide_y
    Py_ssize_t sums          # d_q of a group, of all queries that share its keys
    Py_ssize_t slot          # what each thread has for itself


cdef Layout layout_of(const Sizes* s, Py_ssize_t width) noexcept nogil:
    cdef Layout l
    cdef Py_ssize_t heads = max(s.batch * s.kv_heads, 1), blocks, most
    cdef Py_ssize_t wanted = 1 if heads >= UNITS else ceil_div(UNITS, heads)
    l.key_step = whole(s.head_dim, wide_rows())
    l.wide_q = whole(s.head_dim, width)
    l.wide_y = whole(s.value_dim, width)
    l.block = block_keys(s.kv_len)
    if wanted > 1:
        l.block = least(l.block, max(
            2 * TILE_ROWS, whole(ceil_div(s.kv_len, 2 * wanted), TILE_ROWS)))
    blocks = ceil_div(s.kv_len, l.block)
    most = least(blocks, CACHE * width // (2 * (s.head_dim + s.value_dim) * l.block))
    if wanted > 1:
        most = least(most, blocks // (2 * wanted))
    l.range = max(most, 1) * l.block
    l.ranges = ceil_div(s.kv_len, l.range)
    l.groups = least(wanted, l.ranges)
    l.sums = s.heads // s.kv_heads * s.q_len * s.head_dim
    l.slot = l.range * (s.value_dim + l.key_step + l.wide_q + l.wide_y)
    l.slot += PANELS * width * (s.head_dim + s.value_dim + l.key_step + l.wide_q
                                + l.wide_y + 2 * BLOCK_KEYS + 4) + width * BLOCK_KEYS
    return l


# One thread's own memory, and where it is in the problem.
cdef struct Task:
    # A range of keys.
    Py_ssize_t start
    Py_ssize_t end
    void* keys              # scaled
    void* values
    void* d_k               # column panels
    void* d_v
    # A few blocks of queries: panel after panel.
    Py_ssize_t query
    Py_ssize_t count
    const unsigned char* mask
    const void* bias
    void* q                 # column panels of the queries
    void* d_y               # and of the gradient
    void* d_q
    void* stats             # top, 1 / sum, d_y·y, and 1 for who sees a key
    void* q_rows            # both as they lie, in column panels of their own columns
    void* d_y_rows
    Py_ssize_t[PANELS] first      # keys that a block of queries sees
    Py_ssize_t[PANELS] behind
    bint[PANELS] blind            # whether one of its queries sees none
    # A block of keys.
    void* weights
    void* slopes
    void* spare


cdef void place(
    const Sizes* s, const Layout* l, Task* t, real* own
) noexcept nogil:
    """Gives each part its place in a thread's slot."""
    cdef Py_ssize_t wide = PANELS * panel_width(<real> 0)
    # What is stored whole vectors at a time comes first.
    t.d_k = own
    t.d_v = <real*> t.d_k + l.range * l.wide_q
    t.weights = <real*> t.d_v + l.range * l.wide_y
    t.slopes = <real*> t.weights + wide * BLOCK_KEYS
    t.q = <real*> t.slopes + wide * BLOCK_KEYS
    t.d_y = <real*> t.q + wide * s.head_dim
    t.d_q = <real*> t.d_y + wide * s.value_dim
    t.stats = <real*> t.d_q + wide * l.key_step
    t.q_rows = <real*> t.stats + wide * 4
    t.d_y_rows = <real*> t.q_rows + wide * l.wide_q
    t.spare = <real*> t.d_y_rows + wide * l.wide_y
    t.keys = <real*> t.spare + panel_width(<real> 0) * BLOCK_KEYS
    t.values = <real*> t.keys + l.range * l.key_step


# --- one block of keys ---------------------------------------------------------------


cdef void meet(
    const Sizes* s, const Layout* l, Task* t, Py_ssize_t key, Py_ssize_t end,
    real* weights
) noexcept nogil:
    """What a few blocks of queries and keys `key` ... `end` - 1 have to do together."""
    cdef Py_ssize_t width = panel_width(<real> 0), step = PANELS * width
    cdef Py_ssize_t at = key - t.start, low, high, i, skip, some
    cdef real* slopes
    for i in range(ceil_div(t.count, width)):
        weights = <real*> t.weights + i * width
        slopes = <real*> t.slopes + i * width
        low = least(max(key, t.first[i]), end)
        high = max(least(end, t.behind[i]), low)
        skip, some = low - key, high - low
        clear(weights, step, skip)
        clear(slopes, step, skip)
        clear(weights + (high - key) * step, step, end - high)
        clear(slopes + (high - key) * step, step, end - high)
        if some == 0:
            continue
        scores(s, <const real*> t.keys + (at + skip) * l.key_step, l.key_step,
               <const real*> t.q + i * s.head_dim * width, t.mask,
               <const real*> t.bias, t.query + i * width,
               least(t.count - i * width, width), low, some, weights + skip * step,
               step, <real*> t.spare)
        product_of_rows(<const real*> t.values + (at + skip) * s.value_dim, s.value_dim,
                        some, <const real*> t.d_y + i * s.value_dim * width,
                        s.value_dim, slopes + skip * step, step)
        if real is float:
            weigh_again(<vf*> NULL, weights + skip * step, slopes + skip * step, step,
                        <const real*> t.stats + i * 4 * width, some, t.blind[i])
        else:
            weigh_again(<vd*> NULL, weights + skip * step, slopes + skip * step, step,
                        <const real*> t.stats + i * 4 * width, some, t.blind[i])
        add_product_over_keys(<real*> t.d_q + i * l.key_step * width,
                              <const real*> t.keys + (at + skip) * l.key_step,
                              l.key_step, slopes + skip * step, step, some, True)
    add_product_over_queries(<real*> t.d_v + at * width, l.range * width, s.value_dim,
                             <const real*> t.weights, step, end - key,
                             <const real*> t.d_y_rows, t.count)
    add_product_over_queries(<real*> t.d_k + at * width, l.range * width, s.head_dim,
                             <const real*> t.slopes, step, end - key,
                             <const real*> t.q_rows, t.count)


# --- a few blocks of queries ---------------------------------------------------------


cdef void gather_stats(
    const Sizes* s, Task* t, Py_ssize_t panel, Py_ssize_t count, const real* stats,
    const real* y, const real* d_y
) noexcept nogil:
    """What a block needs of each query; for places behind the last one, zeros."""
    cdef Py_ssize_t width = panel_width(<real> 0), i
    cdef Py_ssize_t query = t.query + panel * width, step = s.heads * s.value_dim
    cdef real* own = <real*> t.stats + panel * 4 * width
    memset(own, 0, 4 * width * sizeof(real))
    for i in range(count):
        own[i] = stats[query + i]
        own[width + i] = <real> 1 / stats[s.q_len + query + i]
        if real is float:
            own[2 * width + i] = dot_of(<vf*> NULL, y + i * step, d_y + i * step,
                                        s.value_dim)
        else:
            own[2 * width + i] = dot_of(<vd*> NULL, y + i * step, d_y + i * step,
                                        s.value_dim)
        own[3 * width + i] = 0 if own[i] <= hidden(<real> 0) else 1


cdef void pack_queries(
    const Sizes* s, const Layout* l, Task* t, const real* q, const real* y,
    const real* stats, const real* d_y
) noexcept nogil:
    """Panels of queries, whose d_q begins with 0."""
    cdef Py_ssize_t width = panel_width(<real> 0), i, count
    cdef Py_ssize_t q_step = s.heads * s.head_dim, y_step = s.heads * s.value_dim
    for i in range(ceil_div(t.count, width)):
        count = least(t.count - i * width, width)
        pack_columns(q + i * width * q_step, 1, q_step, s.head_dim, count,
                     <real*> t.q + i * s.head_dim * width)
        pack_columns(d_y + i * width * y_step, 1, y_step, s.value_dim, count,
                     <real*> t.d_y + i * s.value_dim * width)
        gather_stats(s, t, i, count, stats, y + i * width * y_step,
                     d_y + i * width * y_step)
    pack_rows_of(q, q_step, s.head_dim, t.count, <real*> t.q_rows)
    pack_rows_of(d_y, y_step, s.value_dim, t.count, <real*> t.d_y_rows)
    memset(t.d_q, 0, PANELS * l.key_step * width * sizeof(real))


cdef (Py_ssize_t, Py_ssize_t) look(
    const Sizes* s, Task* t, const real* stats
) noexcept nogil:
    """Finds the keys that each block of queries sees: the first, behind the last."""
    cdef Py_ssize_t width = panel_width(<real> 0), low = s.kv_len, high = 0
    cdef Py_ssize_t i, j, query, count
    for i in range(ceil_div(t.count, width)):
        query, count = t.query + i * width, least(t.count - i * width, width)
        t.blind[i] = False
        for j in range(query, query + count):
            if stats[j] <= hidden(<real> 0):
                t.blind[i] = True
        t.first[i] = 0 if t.blind[i] else first_key(s, query)
        t.behind[i] = s.kv_len if t.blind[i] else end_of_keys(s, query, count)
        low, high = least(low, t.first[i]), max(high, t.behind[i])
    return low, high


cdef void differentiate(
    const Sizes* s, const Layout* l, Task* t, const real* q, const real* y,
    const real* stats, const real* d_y, real* d_q, Py_ssize_t d_q_step, bint accumulate
) noexcept nogil:
    """A few blocks of queries of one head, and a range of keys."""
    cdef Py_ssize_t width = panel_width(<real> 0), key, i, low, high
    q += t.query * s.heads * s.head_dim
    y += t.query * s.heads * s.value_dim
    d_y += t.query * s.heads * s.value_dim
    d_q += t.query * d_q_step
    low, high = look(s, t, stats)
    high = least(high, t.end)
    if accumulate and (low >= t.end or high <= t.start):
        return
    pack_queries(s, l, t, q, y, stats, d_y)
    key = t.start
    while key < high:
        if key + l.block > low:
            meet(s, l, t, key, least(key + l.block, high), <real*> t.weights)
        key += l.block
    for i in range(ceil_div(t.count, width)):
        unpack_lines(<real*> t.d_q + i * l.key_step * width,
                     least(t.count - i * width, width), s.head_dim,
                     d_q + i * width * d_q_step, d_q_step, accumulate)


# --- a range of keys -----------------------------------------------------------------


cdef void one_range(
    const Sizes* s, const Layout* l, Task* t, real** buf, Py_ssize_t head, real scale,
    real* d_q, Py_ssize_t d_q_step, Py_ssize_t d_q_head, bint accumulate
) noexcept nogil:
    """A range of keys of one head, and all queries: d_k, d_v, and what d_q gets."""
    cdef Py_ssize_t wide = PANELS * panel_width(<real> 0)
    cdef Py_ssize_t b = head // s.kv_heads, kv = head % s.kv_heads
    cdef Py_ssize_t group = s.heads // s.kv_heads, keys = t.end - t.start, g, h, row
    cdef Py_ssize_t k_step = s.kv_heads * s.head_dim, v_step = s.kv_heads * s.value_dim
    row = (b * s.kv_len + t.start) * s.kv_heads + kv
    copy_rows(buf[1] + row * s.head_dim, k_step, keys, s.head_dim, scale,
              <real*> t.keys, l.key_step)
    copy_rows(buf[2] + row * s.value_dim, v_step, keys, s.value_dim, <real> 1,
              <real*> t.values, s.value_dim)
    memset(t.d_k, 0, l.range * (l.wide_q + l.wide_y) * sizeof(real))
    for g in range(group):
        h = kv * group + g
        t.mask = mask_of(s, <const unsigned char*> buf[3], b, h)
        t.bias = bias_of(s, buf[4], b, h)
        t.query = 0
        while t.query < s.q_len:
            t.count = least(s.q_len - t.query, wide)
            differentiate(s, l, t, buf[0] + (b * s.q_len * s.heads + h) * s.head_dim,
                          buf[5] + (b * s.q_len * s.heads + h) * s.value_dim,
                          buf[6] + (b * s.heads + h) * 2 * s.q_len,
                          buf[7] + (b * s.q_len * s.heads + h) * s.value_dim,
                          d_q + g * d_q_head, d_q_step, accumulate)
            t.query += wide
    unpack_rows(<const real*> t.d_k, l.range, keys, s.head_dim, scale,
                buf[9] + row * s.head_dim, k_step)
    unpack_rows(<const real*> t.d_v, l.range, keys, s.value_dim, <real> 1,
                buf[10] + row * s.value_dim, v_step)


cdef void one_group(
    const Sizes* s, const Layout* l, real** buf, Py_ssize_t unit, real scale, real* own,
    real* sums
) noexcept nogil:
    """A group of ranges of one head of keys."""
    cdef Py_ssize_t head = unit // l.groups, group = unit % l.groups, i, r
    cdef Py_ssize_t heads = s.heads // s.kv_heads, step, head_step
    cdef Task t
    cdef real* d_q
    place(s, l, &t, own)
    if l.groups > 1:
        d_q = sums + unit * l.sums
        step, head_step = s.head_dim, s.q_len * s.head_dim
    else:
        d_q = buf[8] + (head // s.kv_heads * s.q_len * s.heads
                        + head % s.kv_heads * heads) * s.head_dim
        step, head_step = s.heads * s.head_dim, s.head_dim
    for i in range(ceil_div(l.ranges, l.groups)):
        # There and back again: earlier keys of a causal attention have more queries.
        r = i * l.groups + (l.groups - 1 - group if i % 2 else group)
        if r < l.ranges:
            t.start = r * l.range
            t.end = least(t.start + l.range, s.kv_len)
            one_range(s, l, &t, buf, head, scale, d_q, step, head_step, i > 0)


cdef void add_groups(
    const Sizes* s, const Layout* l, real* d_q, const real* sums, Py_ssize_t row
) noexcept nogil:
    """One row of d_q of one head: what all groups have for it, in their order."""
    cdef Py_ssize_t query = row // s.heads % s.q_len, h = row % s.heads
    cdef Py_ssize_t heads = s.heads // s.kv_heads
    cdef Py_ssize_t head = row // s.heads // s.q_len * s.kv_heads + h // heads, g, j
    cdef const real* own
    d_q += row * s.head_dim
    own = sums + head * l.groups * l.sums
    own += (h % heads * s.q_len + query) * s.head_dim
    for j in range(s.head_dim):
        d_q[j] = own[j]
    for g in range(1, l.groups):
        for j in range(s.head_dim):
            d_q[j] = d_q[j] + own[g * l.sums + j]


# --- entries -------------------------------------------------------------------------


def workspace_bytes(tuple dims, Py_ssize_t itemsize):
    """Bytes of workspace for `dims`."""
    cdef Sizes s
    cdef Py_ssize_t i
    for i in range(len(dims)):
        (<Py_ssize_t*> &s)[i] = dims[i]
    cdef Layout cut = layout_of(&s, 2 * (LANES_F if itemsize == 4 else LANES_D))
    cdef Py_ssize_t units = s.batch * s.kv_heads * cut.groups
    cdef Py_ssize_t kept = units * cut.sums if cut.groups > 1 else 0
    return itemsize * (least(s.slots, units) * cut.slot + kept)


cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef const Sizes* s = sizes_of(dim)
    cdef Layout cut = layout_of(s, panel_width(<real> 0))
    cdef Py_ssize_t units = s.batch * s.kv_heads * cut.groups, workers, w, i
    cdef Py_ssize_t rows = s.batch * s.q_len * s.heads
    cdef real scale = <real> attr[0]
    cdef real* sums = buf[11] + least(s.slots, units) * cut.slot
    if s.batch * s.heads * s.q_len * s.kv_len * (s.head_dim + s.value_dim) <= GRAIN:
        n_threads = 1
    workers = least(least(n_threads, s.slots), units)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        for i in range(units * w // workers, units * (w + 1) // workers):
            one_group(s, &cut, buf, i, scale, buf[11] + w * cut.slot, sums)
    if cut.groups > 1:
        for i in prange(rows, schedule="static", num_threads=n_threads):
            add_groups(s, &cut, buf[8], sums, i)
    return OK
