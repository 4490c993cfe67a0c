"""Attention, forward: a block of queries meets one block of keys after another.

A few blocks of queries share what has been loaded of a block of keys. Each thread
copies keys and values for itself. (Dao, "FlashAttention-2", 2023.)
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.attention.attention_blocks cimport (
    BLOCK_KEYS, GRAIN, Sizes, add_product_over_keys, block_keys, copy_rows,
    bias_of, end_of_keys, first_key, lowest, mask_of, scores, sizes_of, unpack_lines,
    whole, wide_rows,
)
from ckeras.kernels.attention.attention_rows cimport FEW, attend_rows, row_numbers
from ckeras.kernels.attention.attention_softmax cimport any_hidden, divide, weigh
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real


cdef enum:
    PANELS = 4     # blocks of queries that share what has been loaded of the keys


# Where the parts of a thread's workspace lie, in numbers.
cdef struct Layout:
    Py_ssize_t value_step     # a copied row of values
    Py_ssize_t keys           # the copied keys of one head, whole tiles
    Py_ssize_t values         # its copied values
    Py_ssize_t panel          # a block of queries
    Py_ssize_t slot           # all that a thread has for itself


cdef Layout layout_of(const Sizes* s, Py_ssize_t width) noexcept nogil:
    cdef Layout l
    l.value_step = whole(s.value_dim, wide_rows())
    l.keys = whole(s.kv_len, TILE_ROWS) * s.head_dim
    l.values = s.kv_len * l.value_step
    l.panel = (s.head_dim + l.value_step + 2) * width
    l.slot = whole(l.keys + l.values, 16) + PANELS * l.panel + 2 * BLOCK_KEYS * width
    return l


# --- blocks of queries ---------------------------------------------------------------


cdef struct Head:
    const void* keys
    const void* values
    const unsigned char* mask
    const void* bias


cdef void meet(
    const Sizes* s, const Layout* l, const Head* head, Py_ssize_t query,
    Py_ssize_t count, Py_ssize_t key, Py_ssize_t end, real* panel, real* block,
    bint first
) noexcept nogil:
    """Lets a block of queries attend to keys `key` ... `end` - 1, a block at most.

    panel: the packed queries, the weighted values, top and sum.
    """
    cdef Py_ssize_t width = panel_width(<real> 0)
    cdef real* output = panel + s.head_dim * width
    cdef real* top = output + l.value_step * width
    if key >= end:
        return
    scores(s, <const real*> head.keys + key * s.head_dim, s.head_dim, panel, head.mask,
           <const real*> head.bias, query, count, key, end - key, block, width,
           block + BLOCK_KEYS * width)
    if real is float:
        weigh(<vf*> NULL, block, end - key, top, top + width, output, l.value_step,
              first)
    else:
        weigh(<vd*> NULL, block, end - key, top, top + width, output, l.value_step,
              first)
    add_product_over_keys(output, <const real*> head.values + key * l.value_step,
                          l.value_step, block, width, end - key, not first)


cdef void begin(
    const Sizes* s, const Layout* l, const real* q, Py_ssize_t query, Py_ssize_t count,
    real* panel
) noexcept nogil:
    """Packs a block of queries. The first keys that it meets set its sums, if any."""
    cdef Py_ssize_t width = panel_width(<real> 0), i
    cdef real* output = panel + s.head_dim * width
    cdef real* top = output + l.value_step * width
    pack_columns(q, 1, s.heads * s.head_dim, s.head_dim, count, panel)
    if first_key(s, query) >= end_of_keys(s, query, count):
        memset(output, 0, (l.value_step + 2) * width * sizeof(real))
        for i in range(width):
            top[i] = lowest(<real> 0)


cdef void end_panel(
    const Sizes* s, const Layout* l, const Head* head, Py_ssize_t query,
    Py_ssize_t count, real* y, real* stats, real* panel, real* block
) noexcept nogil:
    """What is left to do once a block of queries has met the keys that it sees."""
    cdef Py_ssize_t width = panel_width(<real> 0), step = block_keys(s.kv_len)
    cdef Py_ssize_t start = first_key(s, query), end = end_of_keys(s, query, count)
    cdef Py_ssize_t key = 0, i
    cdef real* output = panel + s.head_dim * width
    cdef real* top = output + l.value_step * width
    if (start > 0 or end < s.kv_len) and any_hidden(top, count):
        while key < s.kv_len:
            meet(s, l, head, query, count, key, least(key + step, start), panel, block,
                 False)
            meet(s, l, head, query, count, max(key, end), least(key + step, s.kv_len),
                 panel, block, False)
            key += step
    if real is float:
        divide(<vf*> NULL, output, l.value_step, top + width)
    else:
        divide(<vd*> NULL, output, l.value_step, top + width)
    unpack_lines(output, count, s.value_dim, y, s.heads * s.value_dim, False)
    for i in range(count):
        stats[query + i] = top[i]
        stats[s.q_len + query + i] = top[width + i]


cdef void attend(
    const Sizes* s, const Layout* l, const Head* head, const real* q, real* y,
    real* stats, Py_ssize_t query, Py_ssize_t behind, real* panels, real* block
) noexcept nogil:
    """Queries `query` ... `behind` - 1 of one head, at most PANELS blocks."""
    cdef Py_ssize_t width = panel_width(<real> 0), step = block_keys(s.kv_len)
    cdef Py_ssize_t q_step = s.heads * s.head_dim, y_step = s.heads * s.value_dim
    cdef Py_ssize_t key, start, end, at, count
    cdef Py_ssize_t last = end_of_keys(s, query, behind - query)
    cdef real* panel = panels
    at = query
    while at < behind:
        begin(s, l, q + at * q_step, at, least(behind - at, width), panel)
        panel += l.panel
        at += width
    key = first_key(s, query) // step * step
    while key < last:
        at, panel = query, panels
        while at < behind:
            count = least(behind - at, width)
            start = first_key(s, at)
            end = end_of_keys(s, at, count)
            meet(s, l, head, at, count, max(key, start), least(key + step, end), panel,
                 block, key <= start)
            at += width
            panel += l.panel
        key += step
    at, panel = query, panels
    while at < behind:
        end_panel(s, l, head, at, least(behind - at, width), y + at * y_step, stats,
                  panel, block)
        at += width
        panel += l.panel


# How a call is cut into pieces of work.
cdef struct Units:
    Py_ssize_t queries      # in a piece
    Py_ssize_t parts        # of one head's queries
    Py_ssize_t count


cdef Units units_of(const Sizes* s, Py_ssize_t width) noexcept nogil:
    """Wide pieces, unless these are too few for the threads. No sum depends on it."""
    cdef Units u
    u.queries = PANELS * width
    while u.queries > width and (
        s.batch * s.heads * ceil_div(s.q_len, u.queries) < 8 * s.slots
    ):
        u.queries //= 2
    u.parts = ceil_div(s.q_len, u.queries)
    u.count = s.batch * s.heads * u.parts
    return u


cdef void some_units(
    const Sizes* s, const Layout* l, const Units* u, real** buf, Py_ssize_t unit,
    Py_ssize_t end, real scale, real* work
) noexcept nogil:
    """One thread's pieces of work, with keys and values that it copies for itself."""
    cdef Py_ssize_t b, h, kv, row, part, copied = -1
    cdef Head head
    cdef real* panels = work + whole(l.keys + l.values, 16)
    head.keys = work
    head.values = work + l.keys
    while unit < end:
        b, h = unit // u.parts // s.heads, unit // u.parts % s.heads
        kv = b * s.kv_heads + h // (s.heads // s.kv_heads)
        if copied != kv:
            copied = kv
            row = b * s.kv_len * s.kv_heads + kv % s.kv_heads
            copy_rows(buf[1] + row * s.head_dim, s.kv_heads * s.head_dim, s.kv_len,
                      s.head_dim, scale, work, s.head_dim)
            copy_rows(buf[2] + row * s.value_dim, s.kv_heads * s.value_dim, s.kv_len,
                      s.value_dim, <real> 1, work + l.keys, l.value_step)
        # From both ends: later queries of a causal attention see more keys.
        part = unit % u.parts
        part = u.parts - 1 - part // 2 if part % 2 else part // 2
        head.mask = mask_of(s, <const unsigned char*> buf[3], b, h)
        head.bias = bias_of(s, buf[4], b, h)
        row = b * s.q_len * s.heads + h
        attend(s, l, &head, buf[0] + row * s.head_dim, buf[5] + row * s.value_dim,
               buf[6] + (b * s.heads + h) * 2 * s.q_len, part * u.queries,
               least((part + 1) * u.queries, s.q_len), panels,
               panels + PANELS * l.panel)
        unit += 1


cdef void some_heads(
    const Sizes* s, real** buf, Py_ssize_t head, Py_ssize_t end, real scale, real* work
) noexcept nogil:
    """One thread's heads, where there are few queries."""
    cdef Py_ssize_t b, h, row, kv_row
    for head in range(head, end):
        b, h = head // s.heads, head % s.heads
        row = b * s.q_len * s.heads + h
        kv_row = b * s.kv_len * s.kv_heads + h // (s.heads // s.kv_heads)
        attend_rows(s, buf[0] + row * s.head_dim, buf[1] + kv_row * s.head_dim,
                    buf[2] + kv_row * s.value_dim,
                    mask_of(s, <const unsigned char*> buf[3], b, h),
                    <const real*> bias_of(s, buf[4], b, h), buf[5] + row * s.value_dim,
                    buf[6] + head * 2 * s.q_len, scale, work)


# --- entries -------------------------------------------------------------------------


def workspace_bytes(tuple dims, Py_ssize_t itemsize):
    """Bytes of workspace for `dims`."""
    cdef Sizes s
    cdef Py_ssize_t i
    for i in range(len(dims)):
        (<Py_ssize_t*> &s)[i] = dims[i]
    cdef Layout layout = layout_of(&s, 2 * (LANES_F if itemsize == 4 else LANES_D))
    if s.q_len <= FEW:
        return itemsize * s.slots * row_numbers(&s)
    return itemsize * s.slots * layout.slot


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef const Sizes* s = sizes_of(dim)
    cdef Py_ssize_t width = panel_width(<real> 0), workers, w, heads
    cdef Layout layout = layout_of(s, width)
    cdef Units u = units_of(s, width)
    cdef real scale = <real> attr[0]
    if s.batch * s.heads * s.q_len * s.kv_len * (s.head_dim + s.value_dim) <= GRAIN:
        n_threads = 1
    workers = least(n_threads, s.slots)
    if s.q_len <= FEW:
        heads = s.batch * s.heads
        workers = least(workers, heads)
        for w in prange(workers, schedule="static", num_threads=<int> workers):
            some_heads(s, buf, heads * w // workers, heads * (w + 1) // workers, scale,
                       buf[7] + w * row_numbers(s))
        return OK
    workers = least(workers, u.count)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_units(s, &layout, &u, buf, u.count * w // workers,
                   u.count * (w + 1) // workers, scale, buf[7] + w * layout.slot)
    return OK
