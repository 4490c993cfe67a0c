"""Distinct tokens and their products with the weights of a recurrent layer."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport Epilogue, biased, panel_tile_of
from ckeras.kernels.recurrent.panels cimport GRAIN, pack_panels, panel_numbers
from ckeras.kernels.simd cimport LANES_D, LANES_F, TILE_ROWS
from ckeras.kernels.types cimport INDEX_OUT_OF_RANGE, OK, real

cdef enum:
    BLOCK = 2            # tiles one above the other


ctypedef fused token_t:
    int
    long long


def workspace_bytes(
    Py_ssize_t features, Py_ssize_t width, Py_ssize_t threads, Py_ssize_t itemsize
):
    """Bytes of workspace of `project`."""
    cdef Py_ssize_t panel = 2 * (LANES_F if itemsize == 4 else LANES_D)
    return itemsize * (panel_numbers(width, features, panel)
                       + threads * BLOCK * TILE_ROWS * features)


cdef int distinct_by(
    const token_t* tokens, int* places, long long* rows, long long* count,
    unsigned int* place_of, Py_ssize_t n, Py_ssize_t size
) noexcept nogil:
    """What `place_of` says of a row is believed only if that place has this row, so
    that the rows need not be visited to begin with (Briggs and Torczon, 1993)."""
    cdef Py_ssize_t i, row, found = 0
    cdef unsigned int place
    for i in range(n):
        row = tokens[i]
        if row < -size or row >= size:
            return INDEX_OUT_OF_RANGE
        if row < 0:
            row += size
        place = place_of[row]
        if place >= <unsigned int> found or rows[place] != row:
            place = <unsigned int> found
            place_of[row] = place
            rows[found] = row
            found += 1
        places[i] = <int> place
    count[0] = found
    return OK


cdef int distinct(void** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil:
    cdef int* places = <int*> buf[1]
    cdef long long* rows = <long long*> buf[2]
    cdef long long* count = <long long*> buf[3]
    cdef unsigned int* place_of = <unsigned int*> buf[4]
    if dim[2] == 4:
        return distinct_by(<const int*> buf[0], places, rows, count, place_of, dim[0],
                           dim[1])
    return distinct_by(<const long long*> buf[0], places, rows, count, place_of, dim[0],
                       dim[1])


cdef void project_rows(
    const real* table, const long long* rows, Py_ssize_t first, Py_ssize_t end,
    const real* panels, const real* bias, real* products, real* block,
    Py_ssize_t features, Py_ssize_t width
) noexcept nogil:
    """One thread's rows, a block of them at a time: a panel then serves two tiles."""
    cdef Py_ssize_t some, i, j, columns = panel_width(<real> 0)
    cdef Epilogue epilogue
    epilogue.accumulate = False
    epilogue.last = bias != NULL
    epilogue.finish = biased(bias)
    # Tiles read rows beyond the last one, too.
    memset(block, 0, BLOCK * TILE_ROWS * features * sizeof(real))
    while first < end:
        some = least(end - first, BLOCK * TILE_ROWS)
        for i in range(some):
            memcpy(block + i * features, table + rows[first + i] * features,
                   features * sizeof(real))
        j = 0
        while j < width:
            i = 0
            while i < some:
                panel_tile_of(products + (first + i) * width + j, width,
                              least(some - i, TILE_ROWS), least(width - j, columns),
                              block + i * features, features, 1, panels + j * features,
                              columns, features, j, &epilogue, TILE_ROWS, 2)
                i += TILE_ROWS
            j += columns
        first += some


cdef int project(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef const long long* rows = <const long long*> <const void*> buf[1]
    cdef Py_ssize_t count = (<const long long*> <const void*> buf[2])[0]
    cdef Py_ssize_t features = dim[0], width = dim[1], w, blocks, workers
    cdef Py_ssize_t height = BLOCK * TILE_ROWS
    cdef real* panels = buf[6]
    cdef real* scratch = panels + panel_numbers(width, features,
                                                panel_width(<real> 0))
    blocks = ceil_div(count, height)
    workers = least(least(n_threads, dim[2]), blocks)
    if count * features * width <= GRAIN:
        workers = least(workers, 1)
    pack_panels(buf[3], width, 1, features, width, panels, features, n_threads)
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        project_rows(buf[0], rows, blocks * w // workers * height,
                     least(blocks * (w + 1) // workers * height, count), panels,
                     buf[4], buf[5], scratch + w * height * features, features, width)
    return OK
