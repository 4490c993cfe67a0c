"""Softmax block by block: weights, their sums, and what has been summed with them.

The scores of a block become weights at once, by the largest score so far. Where a later
block has a larger one, what has been summed is scaled down. (Milakov and Gimelshein,
"Online normalizer calculation for softmax", 2018.)
"""

from ckeras.kernels.attention.attention_blocks cimport hidden, lowest
from ckeras.kernels.matrix.gemm_tile cimport lanes, load, spread, store, vec
from ckeras.kernels.simd cimport peak_d, peak_f, vf
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport div, greater, quick_exp

cdef enum:
    LAG = 8     # how far a score may exceed the number that scores are compared to


cdef inline void largest(
    vec* high, const real* block, Py_ssize_t keys
) noexcept nogil:
    """high[0] and high[1]: each query's largest score. NaN is passed over.

    Four rows at a time: a comparison need not wait for the one before.
    """
    cdef vec many[8]
    cdef vec v
    cdef Py_ssize_t j = 0
    cdef int i, n = lanes(high)
    for i in range(8):
        spread(&many[i], lowest(<real> 0))
    while j + 4 <= keys:
        for i in range(8):
            load(&v, block + (2 * j + i) * n)
            many[i] = greater(v, many[i])
        j += 4
    while j < keys:
        for i in range(2):
            load(&v, block + (2 * j + i) * n)
            many[i] = greater(v, many[i])
        j += 1
    for i in range(2):
        high[i] = greater(greater(many[i], many[i + 2]),
                          greater(many[i + 4], many[i + 6]))


cdef inline real peak_of(vec* v, real tag) noexcept nogil:
    if vec is vf:
        return peak_f(v[0])
    else:
        return peak_d(v[0])


cdef inline void shrink(
    vec* factor, real* sum, real* output, Py_ssize_t rows
) noexcept nogil:
    """Multiplies each query's sums by its factor."""
    cdef vec v
    cdef Py_ssize_t j
    cdef int i, n = lanes(factor)
    for i in range(2):
        load(&v, sum + i * n)
        v = v * factor[i]
        store(sum + i * n, &v)
    for j in range(rows):
        for i in range(2):
            load(&v, output + (2 * j + i) * n)
            v = v * factor[i]
            store(output + (2 * j + i) * n, &v)


cdef inline void weigh(
    vec* tag, real* block, Py_ssize_t keys, real* top, real* sum, real* output,
    Py_ssize_t rows, bint first
) noexcept nogil:
    """Turns scores into weights exp(score - top), and adds these up in sum.

    top and sum have a number for each query; output (rows × queries) has its sums.
    Only where a score exceeds top by more than LAG is top raised and what has been
    summed scaled down: with weights up to exp(LAG), no digit is lost.
    """
    cdef vec high[2]
    cdef vec old[2]
    cdef vec total[2]
    cdef vec v, w
    cdef Py_ssize_t j
    cdef int i, n = lanes(tag)
    largest(high, block, keys)
    if first:
        for i in range(2):
            store(top + i * n, &high[i])
            spread(&total[i], <real> 0)
    else:
        for i in range(2):
            load(&old[i], top + i * n)
            high[i] = greater(high[i], old[i])
        v = greater(high[0] - old[0], high[1] - old[1])
        if peak_of(&v, <real> 0) > LAG:
            for i in range(2):
                store(top + i * n, &high[i])
                old[i] = quick_exp(old[i] - high[i])
            shrink(old, sum, output, rows)
        else:
            for i in range(2):
                high[i] = old[i]
        for i in range(2):
            load(&total[i], sum + i * n)
    for j in range(keys):
        load(&v, block + 2 * j * n)
        load(&w, block + (2 * j + 1) * n)
        v = quick_exp(v - high[0])
        w = quick_exp(w - high[1])
        store(block + 2 * j * n, &v)
        store(block + (2 * j + 1) * n, &w)
        total[0] = total[0] + v
        total[1] = total[1] + w
    for i in range(2):
        store(sum + i * n, &total[i])


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
