"""Whether any or all elements along an axis are true.

Both are one search: for an element that is true, or for one that is false.
"""

from cython.parallel cimport prange

from ckeras.kernels.types cimport OK

ctypedef unsigned char u8
ctypedef unsigned short u16
ctypedef unsigned int u32
ctypedef unsigned long long u64

ctypedef fused bits:
    u8
    u16
    u32
    u64

cdef enum:
    LOOK = 128         # neighbours looked at together, without a branch
    STRIP = 512        # columns looked at together
    GRAIN = 1 << 17    # elements below which a second thread does not pay


cdef inline bits sought(bits x, bits mask, bint wanted) noexcept nogil:
    """Not 0 if x is true, or false if that is wanted."""
    return x & mask if wanted else <bits> ((x & mask) == 0)


cdef inline bint holds(
    const bits* x, Py_ssize_t n, bits mask, bint wanted
) noexcept nogil:
    """Whether one of n neighbours is true (or false, if that is wanted)."""
    cdef Py_ssize_t start = 0, stop, i
    cdef bits found
    while start < n:
        stop = start + LOOK if n - start > LOOK else n
        found = 0
        for i in range(start, stop):
            found |= sought(x[i], mask, wanted)
        if found:
            return True
        start = stop
    return False


cdef inline void hold_columns(
    const bits* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, u8* out,
    bits mask, bint wanted
) noexcept nogil:
    """The same for each of at most STRIP columns."""
    cdef bits found[STRIP]
    cdef const bits* row
    cdef Py_ssize_t r, i, r_4 = rows - rows % 4
    for i in range(width):
        found[i] = 0
    for r in range(0, r_4, 4):
        row = x + r * step
        for i in range(width):
            found[i] |= (sought(row[i], mask, wanted)
                         | sought(row[step + i], mask, wanted)
                         | sought(row[2 * step + i], mask, wanted)
                         | sought(row[3 * step + i], mask, wanted))
    for r in range(r_4, rows):
        for i in range(width):
            found[i] |= sought(x[r * step + i], mask, wanted)
    for i in range(width):
        out[i] = found[i] != 0


cdef void search_task(
    const bits* x, u8* out, const Py_ssize_t* dim, Py_ssize_t task, bits mask,
    bint wanted
) noexcept nogil:
    """One chunk of the reduced axis for one strip of columns of one outer index."""
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], chunks = dim[3]
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t o = task // (chunks * strips)
    cdef Py_ssize_t chunk = task // strips % chunks
    cdef Py_ssize_t column = task % strips * STRIP
    cdef Py_ssize_t first = chunk * reduce // chunks
    cdef Py_ssize_t rows = (chunk + 1) * reduce // chunks - first
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    x += (o * reduce + first) * inner + column
    out += (o * chunks + chunk) * inner + column
    if inner == 1:
        out[0] = holds(x, rows, mask, wanted)
    else:
        hold_columns(x, rows, inner, width, out, mask, wanted)


cdef void search(
    const bits* x, u8* out, const Py_ssize_t* dim, bits mask, bint wanted,
    int n_threads
) noexcept nogil:
    cdef Py_ssize_t outer = dim[0], reduce = dim[1], inner = dim[2]
    cdef Py_ssize_t tasks = outer * dim[3] * ((inner + STRIP - 1) // STRIP), t
    if outer * reduce * inner < GRAIN:
        for t in range(tasks):
            search_task(x, out, dim, t, mask, wanted)
    else:
        for t in prange(tasks, schedule="static", num_threads=n_threads):
            search_task(x, out, dim, t, mask, wanted)


cdef int found(void** buf, const Py_ssize_t* dim, bint wanted, int n_threads
               ) noexcept nogil:
    """out: whether there is an element that is true, or false."""
    cdef Py_ssize_t chunks = dim[3], item = dim[4], mask = dim[5], i
    cdef u8* out = <u8*> buf[1]
    cdef u8* parts = out if chunks == 1 else <u8*> buf[2]
    cdef Py_ssize_t join[4]
    if item == 1:
        search(<const u8*> buf[0], parts, dim, <u8> mask, wanted, n_threads)
    elif item == 2:
        search(<const u16*> buf[0], parts, dim, <u16> mask, wanted, n_threads)
    elif item == 4:
        search(<const u32*> buf[0], parts, dim, <u32> mask, wanted, n_threads)
    else:
        search(<const u64*> buf[0], parts, dim, <u64> mask, wanted, n_threads)
    if chunks > 1:
        join[0], join[1], join[2], join[3] = dim[0], chunks, dim[2], 1
        search(<const u8*> parts, out, join, 1, True, n_threads)
    if not wanted:  # all are true if none is false
        for i in range(dim[0] * dim[2]):
            out[i] ^= 1
    return OK


cdef int any(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    return found(buf, dim, True, n_threads)


cdef int all(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    return found(buf, dim, False, n_threads)
