"""Matrix times vector: as fast as the matrix can be read, so nothing is packed."""

from cython.parallel cimport prange

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, load, vec
from ckeras.kernels.simd cimport total_d, total_f, vd, vf
from ckeras.kernels.types cimport OK, real

cdef enum:
    ROWS = 4             # rows at a time: these share what is loaded of x
    PARTS = 2            # sums of a row, so that an addition need not wait for another
    GRAIN = 1 << 17      # multiply-adds below which one thread is enough


cdef inline void dots(
    vec* tag, const real* a, Py_ssize_t step, const real* x, Py_ssize_t k, real* y,
    const int rows
) noexcept nogil:
    """The products of a few rows, `step` apart, with x."""
    cdef vec acc[ROWS * PARTS]
    cdef vec av, xv
    cdef Py_ssize_t width = lanes(tag), p = 0
    cdef int i, part
    for i in range(rows * PARTS):
        get(&acc[i], x, 0)
    while p + PARTS * width <= k:
        for part in range(PARTS):
            load(&xv, x + p + part * width)
            for i in range(rows):
                load(&av, a + i * step + p + part * width)
                acc[i * PARTS + part] = acc[i * PARTS + part] + av * xv
        p += PARTS * width
    for part in range(PARTS):
        if p < k:
            get(&xv, x + p, k - p)
            for i in range(rows):
                get(&av, a + i * step + p, k - p)
                acc[i * PARTS + part] = acc[i * PARTS + part] + av * xv
        p += width
    for i in range(rows):
        if vec is vf:
            y[i] = total_f(acc[i * PARTS] + acc[i * PARTS + 1])
        else:
            y[i] = total_d(acc[i * PARTS] + acc[i * PARTS + 1])


cdef void some_rows(
    const real* a, const real* x, real* y, Py_ssize_t rows, Py_ssize_t k
) noexcept nogil:
    cdef Py_ssize_t i = 0
    while i + ROWS <= rows:
        if real is float:
            dots(<vf*> NULL, a + i * k, k, x, k, y + i, ROWS)
        else:
            dots(<vd*> NULL, a + i * k, k, x, k, y + i, ROWS)
        i += ROWS
    while i < rows:
        if real is float:
            dots(<vf*> NULL, a + i * k, k, x, k, y + i, 1)
        else:
            dots(<vd*> NULL, a + i * k, k, x, k, y + i, 1)
        i += 1


cdef int matvec(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t rows = dim[0], k = dim[1], chunk, n, c
    if n_threads == 1 or rows * k < GRAIN:
        some_rows(buf[0], buf[1], buf[2], rows, k)
        return OK
    n = n_threads
    chunk = (rows + n * ROWS - 1) // (n * ROWS) * ROWS
    for c in prange(n, schedule="static", num_threads=n_threads):
        if c * chunk < rows:
            some_rows(buf[0] + c * chunk * k, buf[1], buf[2] + c * chunk,
                      min(rows - c * chunk, chunk), k)
    return OK
