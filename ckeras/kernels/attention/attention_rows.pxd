"""Attention of a few queries: keys and values are read once, where they lie.

One query after the other, as in step-by-step generation, with keys in a vector's lanes:
here the blocks of queries that attention.pyx computes would be almost empty. A row of
scores is kept, so the memory is that of kv_len numbers.
"""

from ckeras.kernels.attention.attention_blocks cimport Sizes, hidden, lowest, whole
from ckeras.kernels.matrix.gemm_pack cimport least, transpose
from ckeras.kernels.matrix.gemm_tile cimport get, lanes, load, put, spread, store, vec
from ckeras.kernels.simd cimport LANES_F, peak_d, peak_f, total_d, total_f, vd, vf
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport greater, quick_exp

cdef enum:
    FEW = 4       # queries, up to which this is faster
    TOGETHER = 4  # keys whose values are added up before the sums are stored


cdef inline Py_ssize_t row_numbers(const Sizes* s) noexcept nogil:
    """Workspace of one thread: a row of scores, whole vectors."""
    return whole(s.kv_len, 4 * LANES_F)


cdef inline void score_keys(
    vec* tag, const real* q, const real* k, Py_ssize_t k_step, Py_ssize_t keys,
    Py_ssize_t dim, real* row
) noexcept nogil:
    """row[j] = q·k[j] for as many keys as a vector has lanes, or fewer.

    Lane by lane at first; the transposed sums are added up.
    """
    cdef vec sums[16]
    cdef vec v, w
    cdef Py_ssize_t p
    cdef int i, half, n = lanes(tag)
    for i in range(n):
        spread(&sums[i], <real> 0)
    p = 0
    while p < dim:
        get(&v, q + p, dim - p)
        for i in range(n):
            if i < keys:
                get(&w, k + i * k_step + p, dim - p)
                sums[i] = sums[i] + v * w
        p += n
    transpose(sums)
    half = n // 2
    while half > 0:
        for i in range(half):
            sums[i] = sums[i] + sums[i + half]
        half //= 2
    store(row, &sums[0])


cdef inline void adjust(
    const Sizes* s, real* row, const unsigned char* mask, const real* bias,
    Py_ssize_t query
) noexcept nogil:
    """Adds the bias, and hides what the query must not see."""
    cdef Py_ssize_t j
    cdef bint far
    if bias != NULL:
        bias += query * s.bias[2]
        for j in range(s.kv_len):
            row[j] = row[j] + bias[j * s.bias[3]]
    if mask != NULL:
        mask += query * s.mask[2]
        for j in range(s.kv_len):
            if not mask[j * s.mask[3]]:
                row[j] = hidden(<real> 0)
    if s.causal or s.window:
        for j in range(s.kv_len):
            far = s.causal and j > query
            if s.window and (j - query >= s.window or query - j >= s.window):
                far = True
            if far:
                row[j] = hidden(<real> 0)


cdef inline void softmax_row(
    vec* tag, real* row, Py_ssize_t keys, real* stats, Py_ssize_t step
) noexcept nogil:
    """Scores become weights, which add up to 1; stats are those of attention.pxd."""
    cdef vec high, total, v
    cdef Py_ssize_t j
    cdef real top, sum
    cdef int n = lanes(tag)
    # Behind the last key are scores that no weight comes of.
    spread(&v, lowest(<real> 0))
    high = v
    j = keys
    while j < whole(keys, n):
        row[j] = lowest(<real> 0)
        j += 1
    for j in range(whole(keys, n) // n):
        load(&v, row + j * n)
        high = greater(v, high)
    if vec is vf:
        top = peak_f(high)
    else:
        top = peak_d(high)
    spread(&high, top)
    spread(&total, <real> 0)
    for j in range(whole(keys, n) // n):
        load(&v, row + j * n)
        v = quick_exp(v - high)
        if (j + 1) * n > keys:
            store(row + j * n, &v)
            get(&v, row + j * n, keys - j * n)
        store(row + j * n, &v)
        total = total + v
    if vec is vf:
        sum = total_f(total)
    else:
        sum = total_d(total)
    stats[0] = top
    stats[step] = sum
    spread(&total, <real> 1 / sum)
    for j in range(whole(keys, n) // n):
        load(&v, row + j * n)
        v = v * total
        store(row + j * n, &v)


cdef inline void weigh_values(
    vec* tag, const real* row, const real* v, Py_ssize_t step, Py_ssize_t keys,
    Py_ssize_t dim, real* y
) noexcept nogil:
    """y = sum over j of row[j]·v[j], TOGETHER vectors of it at a time."""
    cdef vec sums[2 * TOGETHER]
    cdef vec w, x
    cdef Py_ssize_t j, p = 0
    cdef int i, n = lanes(tag)
    while p < dim:
        for i in range(2 * TOGETHER):
            spread(&sums[i], <real> 0)
        j = 0
        while j + 2 <= keys:
            spread(&w, row[j])
            for i in range(TOGETHER):
                get(&x, v + j * step + p + i * n, max(dim - p - i * n, 0))
                sums[i] = sums[i] + w * x
            spread(&w, row[j + 1])
            for i in range(TOGETHER):
                get(&x, v + (j + 1) * step + p + i * n, max(dim - p - i * n, 0))
                sums[TOGETHER + i] = sums[TOGETHER + i] + w * x
            j += 2
        if j < keys:
            spread(&w, row[j])
            for i in range(TOGETHER):
                get(&x, v + j * step + p + i * n, max(dim - p - i * n, 0))
                sums[i] = sums[i] + w * x
        for i in range(TOGETHER):
            x = sums[i] + sums[TOGETHER + i]
            if p + i * n < dim:
                put(y + p + i * n, &x, dim - p - i * n)
        p += TOGETHER * n


cdef inline void attend_rows_of(
    vec* tag, const Sizes* s, const real* q, const real* k, const real* v,
    const unsigned char* mask, const real* bias, real* y, real* stats, real scale,
    real* row
) noexcept nogil:
    cdef Py_ssize_t k_step = s.kv_heads * s.head_dim, v_step = s.kv_heads * s.value_dim
    cdef Py_ssize_t query, j
    cdef vec x, factor
    cdef int n = lanes(tag)
    spread(&factor, scale)
    for query in range(s.q_len):
        j = 0
        while j < s.kv_len:
            score_keys(tag, q, k + j * k_step, k_step, least(s.kv_len - j, n),
                       s.head_dim, row + j)
            load(&x, row + j)
            x = x * factor
            store(row + j, &x)
            j += n
        adjust(s, row, mask, bias, query)
        softmax_row(tag, row, s.kv_len, stats + query, s.q_len)
        weigh_values(tag, row, v, v_step, s.kv_len, s.value_dim, y)
        q += s.heads * s.head_dim
        y += s.heads * s.value_dim


cdef inline void attend_rows(
    const Sizes* s, const real* q, const real* k, const real* v,
    const unsigned char* mask, const real* bias, real* y, real* stats, real scale,
    real* row
) noexcept nogil:
    """All queries of one head, from the operands' first row for it."""
    if real is float:
        attend_rows_of(<vf*> NULL, s, q, k, v, mask, bias, y, stats, scale, row)
    else:
        attend_rows_of(<vd*> NULL, s, q, k, v, mask, bias, y, stats, scale, row)
