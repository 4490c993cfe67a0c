"""Attention, forward: a block of queries meets one block of keys after another.

Scores of a block become weights at once. The largest score so far, the sum of the
weights and the weighted values are kept; where a later block has a larger score, what
has been summed is scaled down. (Milakov and Gimelshein, "Online normalizer calculation
for softmax", 2018; Dao, "FlashAttention-2", 2023.)
"""

from cython.parallel cimport prange
from libc.string cimport memset

from ckeras.kernels.attention.attention_blocks cimport (
    BLOCK_KEYS, GRAIN, Sizes, add_product_over_keys, block_keys, copy_rows,
    end_of_keys, first_key, hidden, lowest, multiply, pack_keys, scores, sizes_of,
    unpack_lines, whole, wide_rows,
)
from ckeras.kernels.matrix.gemm_pack cimport (
    ceil_div, least, pack_columns, panel_width,
)
from ckeras.kernels.matrix.gemm_tile cimport lanes, load, spread, store, vec
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport div, exp, greater


# Where the parts of the workspace lie, in numbers.
cdef struct Layout:
    Py_ssize_t value_step     # a copied row of values
    Py_ssize_t keys           # the packed keys of one head
    Py_ssize_t values         # the copied values of one head
    Py_ssize_t slot           # what each thread has for itself


cdef Layout layout_of(const Sizes* s, Py_ssize_t width) noexcept nogil:
    cdef Layout l
    l.value_step = whole(s.value_dim, wide_rows())
    l.keys = whole(s.kv_len, TILE_ROWS) * s.head_dim
    l.values = s.kv_len * l.value_step
    l.slot = (s.head_dim + l.value_step + 2 * BLOCK_KEYS + 2) * width
    return l


# --- softmax, block by block ---------------------------------------------------------


cdef inline void weigh(
    vec* tag, real* block, Py_ssize_t keys, real* top, real* sum, real* output,
    Py_ssize_t rows, bint first
) noexcept nogil:
    """Turns scores into weights, and scales what has been summed by an older top.

    top and sum have a number for each query; output (rows × queries) is rescaled.
    """
    cdef vec high, high2, old, old2, v, w, total, total2, shrink, shrink2
    cdef Py_ssize_t j
    cdef int n = lanes(tag)
    load(&old, top)
    load(&old2, top + n)
    high, high2 = old, old2
    for j in range(keys):
        load(&v, block + 2 * j * n)
        load(&w, block + (2 * j + 1) * n)
        # NaN is passed over here, and comes back in the weights.
        high = greater(v, high)
        high2 = greater(w, high2)
    spread(&total, <real> 0)
    total2 = total
    for j in range(keys):
        load(&v, block + 2 * j * n)
        load(&w, block + (2 * j + 1) * n)
        v = exp(v - high)
        w = exp(w - high2)
        store(block + 2 * j * n, &v)
        store(block + (2 * j + 1) * n, &w)
        total = total + v
        total2 = total2 + w
    if not first:
        shrink = exp(old - high)
        shrink2 = exp(old2 - high2)
        load(&v, sum)
        load(&w, sum + n)
        total = total + v * shrink
        total2 = total2 + w * shrink2
        for j in range(rows):
            load(&v, output + 2 * j * n)
            load(&w, output + (2 * j + 1) * n)
            v = v * shrink
            w = w * shrink2
            store(output + 2 * j * n, &v)
            store(output + (2 * j + 1) * n, &w)
    store(top, &high)
    store(top + n, &high2)
    store(sum, &total)
    store(sum + n, &total2)


cdef inline void divide(
    vec* tag, real* output, Py_ssize_t rows, const real* sum
) noexcept nogil:
    """output[j] /= sum, for each query's column."""
    cdef vec one, v, w, inverse, inverse2
    cdef Py_ssize_t j
    cdef int n = lanes(tag)
    spread(&one, <real> 1)
    load(&v, sum)
    load(&w, sum + n)
    inverse = div(one, v)
    inverse2 = div(one, w)
    for j in range(rows):
        load(&v, output + 2 * j * n)
        load(&w, output + (2 * j + 1) * n)
        v = v * inverse
        w = w * inverse2
        store(output + 2 * j * n, &v)
        store(output + (2 * j + 1) * n, &w)


cdef inline bint any_hidden(const real* top, Py_ssize_t count) noexcept nogil:
    """Whether a query has seen no key yet."""
    cdef Py_ssize_t i
    for i in range(count):
        if top[i] <= hidden(<real> 0):
            return True
    return False


# --- a block of queries --------------------------------------------------------------


cdef struct Head:
    const void* keys                  # packed
    const void* values                # copied
    const unsigned char* mask
    const void* bias


cdef void meet(
    const Sizes* s, const Layout* l, const Head* head, Py_ssize_t query,
    Py_ssize_t count, Py_ssize_t key, Py_ssize_t end, real* work, bint first
) noexcept nogil:
    """Lets a block of queries attend to keys `key` ... `end` - 1.

    work: the packed queries, the weighted values, two blocks, top and sum.
    """
    cdef Py_ssize_t width = panel_width(<real> 0), some
    cdef real* output = work + s.head_dim * width
    cdef real* block = output + l.value_step * width
    cdef real* top = block + 2 * BLOCK_KEYS * width
    while key < end:
        some = least(end - key, block_keys(s.kv_len))
        scores(s, <const real*> head.keys, work, head.mask, <const real*> head.bias,
               query, count, key, some, block, block + BLOCK_KEYS * width)
        if real is float:
            weigh(<vf*> NULL, block, some, top, top + width, output, l.value_step,
                  first)
        else:
            weigh(<vd*> NULL, block, some, top, top + width, output, l.value_step,
                  first)
        add_product_over_keys(output, <const real*> head.values + key * l.value_step,
                              l.value_step, block, some)
        first = False
        key += some


cdef void attend(
    const Sizes* s, const Layout* l, const Head* head, const real* q, real* y,
    real* stats, Py_ssize_t query, real scale, real* work
) noexcept nogil:
    """One block of queries of one head."""
    cdef Py_ssize_t width = panel_width(<real> 0), i
    cdef Py_ssize_t count = least(s.q_len - query, width)
    cdef Py_ssize_t start = first_key(s, query), end = end_of_keys(s, query, count)
    cdef Py_ssize_t q_step = s.heads * s.head_dim, y_step = s.heads * s.value_dim
    cdef real* output = work + s.head_dim * width
    cdef real* top = output + (l.value_step + 2 * BLOCK_KEYS) * width
    pack_columns(q + query * q_step, 1, q_step, s.head_dim, count, work)
    multiply(work, s.head_dim * width, scale)
    memset(output, 0, l.value_step * width * sizeof(real))
    for i in range(width):
        top[i] = lowest(<real> 0)
        top[width + i] = 0
    meet(s, l, head, query, count, start, end, work, True)
    if (start > 0 or end < s.kv_len) and any_hidden(top, count):
        meet(s, l, head, query, count, 0, start, work, False)
        meet(s, l, head, query, count, end, s.kv_len, work, False)
    if real is float:
        divide(<vf*> NULL, output, l.value_step, top + width)
    else:
        divide(<vd*> NULL, output, l.value_step, top + width)
    unpack_lines(output, count, s.value_dim, y + query * y_step, y_step)
    for i in range(count):
        stats[query + i] = top[i]
        stats[s.q_len + query + i] = top[width + i]


cdef void pack_block(
    const Sizes* s, const Layout* l, const real* k, const real* v, Py_ssize_t head,
    Py_ssize_t key, real* packed
) noexcept nogil:
    """A block of keys and values, of one head of one sample of the batch."""
    cdef Py_ssize_t kv = s.kv_heads
    cdef Py_ssize_t count = least(s.kv_len - key, block_keys(s.kv_len))
    cdef Py_ssize_t row = head // kv * s.kv_len * kv + key * kv + head % kv
    packed += head * (l.keys + l.values)
    pack_keys(k + row * s.head_dim, kv * s.head_dim, count, s.head_dim,
              packed + key * s.head_dim)
    copy_rows(v + row * s.value_dim, kv * s.value_dim, count, s.value_dim,
              packed + l.keys + key * l.value_step, l.value_step)


cdef void one_unit(
    const Sizes* s, const Layout* l, real** buf, Py_ssize_t unit, real scale,
    real* work
) noexcept nogil:
    """The unit-th block of queries, counted over batch, heads and queries."""
    cdef Py_ssize_t width = panel_width(<real> 0), blocks = ceil_div(s.q_len, width)
    cdef Py_ssize_t b = unit // blocks // s.heads, h = unit // blocks % s.heads
    cdef Py_ssize_t kv = b * s.kv_heads + h // (s.heads // s.kv_heads)
    cdef Py_ssize_t row = b * s.q_len * s.heads + h
    cdef Head head
    cdef real* packed = buf[7] + kv * (l.keys + l.values)
    head.keys = packed
    head.values = packed + l.keys
    head.mask = NULL
    head.bias = NULL
    if buf[3] != NULL:
        head.mask = <const unsigned char*> buf[3] + b * s.mask[0] + h * s.mask[1]
    if buf[4] != NULL:
        head.bias = buf[4] + b * s.bias[0] + h * s.bias[1]
    attend(s, l, &head, buf[0] + row * s.head_dim, buf[5] + row * s.value_dim,
           buf[6] + (b * s.heads + h) * 2 * s.q_len, unit % blocks * width, scale,
           work)


# --- entries -------------------------------------------------------------------------


def workspace_bytes(tuple dims, Py_ssize_t itemsize):
    """Bytes of workspace for `dims`."""
    cdef Sizes s
    cdef Py_ssize_t i
    for i in range(len(dims)):
        (<Py_ssize_t*> &s)[i] = dims[i]
    cdef Layout layout = layout_of(&s, 2 * (LANES_F if itemsize == 4 else LANES_D))
    cdef Py_ssize_t packed = s.batch * s.kv_heads * (layout.keys + layout.values)
    return itemsize * (packed + s.slots * layout.slot)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef const Sizes* s = sizes_of(dim)
    cdef Py_ssize_t width = panel_width(<real> 0), workers, w, i
    cdef Layout layout = layout_of(s, width)
    cdef Py_ssize_t heads = s.batch * s.kv_heads
    cdef Py_ssize_t blocks = ceil_div(s.kv_len, block_keys(s.kv_len))
    cdef Py_ssize_t units = s.batch * s.heads * ceil_div(s.q_len, width)
    cdef real scale = <real> attr[0]
    cdef real* slots = buf[7] + heads * (layout.keys + layout.values)
    if s.batch * s.heads * s.q_len * s.kv_len * (s.head_dim + s.value_dim) <= GRAIN:
        n_threads = 1
    for i in prange(heads * blocks, schedule="static", num_threads=n_threads):
        pack_block(s, &layout, buf[1], buf[2], i // blocks,
                   i % blocks * block_keys(s.kv_len), buf[7])
    workers = least(least(n_threads, s.slots), units)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        # Every workers-th: later queries of a causal attention see more keys.
        for i in range((units - w + workers - 1) // workers):
            one_unit(s, &layout, buf, w + i * workers, scale, slots + w * layout.slot)
    return OK
