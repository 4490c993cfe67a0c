"""The sum of the gradients that chunks of images give a kernel, in their order."""

from cython.parallel cimport prange

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least
from ckeras.kernels.matrix.gemm_tile cimport lanes, load_n, store_n, vec
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.types cimport real

cdef enum:
    BLOCK = 1 << 12        # elements of the sum that one thread takes at a time


cdef inline void add_chunks_of(
    vec* tag, const real* sums, real* d_w, Py_ssize_t size, Py_ssize_t chunks,
    Py_ssize_t i, Py_ssize_t end
) noexcept nogil:
    cdef vec total, more
    cdef Py_ssize_t c, n
    while i < end:
        n = least(end - i, lanes(tag))
        load_n(&total, sums + i, n)
        for c in range(1, chunks):
            load_n(&more, sums + c * size + i, n)
            total = total + more
        store_n(d_w + i, &total, n)
        i += n


cdef inline void add_block(
    const real* sums, real* d_w, Py_ssize_t size, Py_ssize_t chunks, Py_ssize_t i
) noexcept nogil:
    cdef Py_ssize_t end = least(i + BLOCK, size)
    if real is float:
        add_chunks_of(<vf*> NULL, sums, d_w, size, chunks, i, end)
    else:
        add_chunks_of(<vd*> NULL, sums, d_w, size, chunks, i, end)


cdef inline void add_chunks(
    const real* sums, real* d_w, Py_ssize_t size, Py_ssize_t chunks, int n_threads
) noexcept nogil:
    """d_w[i] = the sum over chunks of sums[chunk, i], for `size` numbers."""
    cdef Py_ssize_t b
    for b in prange(ceil_div(size, BLOCK), schedule="static", num_threads=n_threads):
        add_block(sums, d_w, size, chunks, b * BLOCK)
