"""What the recurrent kernels share: slices of the batch, packed weights, the order of
timesteps.

A few rows of the batch go through all timesteps together, so threads never wait for
each other, and the bits do not depend on how many there are. Where there is a mask,
rows of about as many timesteps form a slice: once all of them have ended, nothing is
left to do. Weights are packed once into the panels that the register tile reads.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, pack_columns, panel_width
from ckeras.kernels.matrix.gemm_tile cimport Epilogue, biased, load_n, tile_of, vec
from ckeras.kernels.simd cimport TILE_ROWS, prefetch, vf
from ckeras.kernels.types cimport real

cdef enum:
    GRAIN = 1 << 19      # multiply-adds below which one thread is enough
    LINE = 64            # bytes that come from memory together


cdef struct Sequence:
    Py_ssize_t batch
    Py_ssize_t steps
    Py_ssize_t units
    Py_ssize_t features  # of x, or 0 if its projection is given
    bint sequences       # whether outputs are those of all timesteps
    bint keep            # whether what the gradient needs is kept
    bint backwards       # whether the last timestep is read first
    const unsigned char* mask
    int* places          # of projections, where they are not all timesteps', or NULL
    Py_ssize_t* order    # the batch's rows as slices take them: see `arrange`


cdef inline Py_ssize_t slice_rows() noexcept nogil:
    """Rows of the batch that go through time together: those of one tile."""
    return 8 if TILE_ROWS == 12 else 4


cdef inline Py_ssize_t panel_numbers(
    Py_ssize_t n, Py_ssize_t depth, Py_ssize_t width
) noexcept nogil:
    """Numbers in the panels of a matrix (depth, n)."""
    return ceil_div(n, width) * width * depth


cdef inline Py_ssize_t order_bytes(Py_ssize_t batch) noexcept nogil:
    """Bytes of workspace that `arrange` takes."""
    return 2 * batch * sizeof(Py_ssize_t)


cdef inline void arrange(Sequence* s, void* memory) noexcept nogil:
    """Settles the order of the rows: those with the most timesteps first.

    Results do not depend on it, since each row is computed for itself.
    """
    cdef Py_ssize_t* counted = <Py_ssize_t*> memory + s.batch
    cdef Py_ssize_t row, t, n = 0, length = s.steps
    s.order = <Py_ssize_t*> memory
    for row in range(s.batch):
        s.order[row] = row
        counted[row] = 0
        for t in range(s.steps if s.mask != NULL else 0):
            counted[row] += s.mask[row * s.steps + t] != 0
    while s.mask != NULL and n < s.batch:
        for row in range(s.batch):
            if counted[row] == length:
                s.order[n] = row
                n += 1
        length -= 1


cdef inline Py_ssize_t position(
    const Sequence* s, Py_ssize_t i, Py_ssize_t k
) noexcept nogil:
    """Where the i-th row's k-th timestep to be read lies among all timesteps."""
    return s.order[i] * s.steps + (s.steps - 1 - k if s.backwards else k)


cdef inline void gather_states(
    const Sequence* s, const real* states, Py_ssize_t first, Py_ssize_t rows,
    real* target, Py_ssize_t step
) noexcept nogil:
    """A slice's rows of (batch, units), `step` apart."""
    cdef Py_ssize_t r
    for r in range(rows):
        memcpy(target + r * step, states + s.order[first + r] * s.units,
               s.units * sizeof(real))


cdef inline void scatter_states(
    const Sequence* s, real* states, Py_ssize_t first, Py_ssize_t rows,
    const real* source, Py_ssize_t step
) noexcept nogil:
    """Puts a slice's rows, `step` apart, where they lie in (batch, units)."""
    cdef Py_ssize_t r
    for r in range(rows):
        memcpy(states + s.order[first + r] * s.units, source + r * step,
               s.units * sizeof(real))


cdef inline bint counts(const Sequence* s, Py_ssize_t at) noexcept nogil:
    return s.mask == NULL or s.mask[at]


cdef inline bint any_counts(
    const Sequence* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t k
) noexcept nogil:
    """Whether any row of a slice has something to do at its k-th timestep."""
    cdef Py_ssize_t r
    for r in range(rows):
        if counts(s, position(s, first + r, k)):
            return True
    return False


cdef inline Py_ssize_t counted_before(
    const Sequence* s, Py_ssize_t i, Py_ssize_t k
) noexcept nogil:
    """The last timestep before the k-th at which the i-th row counts, or -1."""
    k -= 1
    while k >= 0 and not counts(s, position(s, i, k)):
        k -= 1
    return k


cdef inline void pack_panels(
    const real* b, Py_ssize_t b_row, Py_ssize_t b_column, Py_ssize_t k, Py_ssize_t n,
    real* panels, Py_ssize_t depth, int n_threads
) noexcept nogil:
    """Panels of `depth` rows, of which k are filled."""
    cdef Py_ssize_t width = panel_width(<real> 0), count = ceil_div(n, width), g
    if k * n <= GRAIN:
        n_threads = 1
    for g in prange(count, schedule="static", num_threads=n_threads):
        pack_columns(b + g * width * b_column, b_row, b_column, k,
                     least(n - g * width, width), panels + g * width * depth)


cdef inline void multiply(
    real* c, const real* a, Py_ssize_t a_step, const real* panels, const real* bias,
    Py_ssize_t m, Py_ssize_t n, Py_ssize_t k
) noexcept nogil:
    """c (m, n) = a (m, k)·b + bias for at most `slice_rows()` rows, a_step apart.

    As many rows of a as a slice has are read.
    """
    cdef Epilogue epilogue
    cdef Py_ssize_t width = panel_width(<real> 0), j = 0, left
    epilogue.accumulate = False
    epilogue.last = bias != NULL
    epilogue.finish = biased(bias)
    while j < n:
        left = least(n - j, width)
        if m == 1:
            tile_of(c + j, n, 1, left, a, a_step, 1, panels + j * k, width, k, j,
                    &epilogue, 1, 2)
        elif m <= 4 or TILE_ROWS != 12:
            tile_of(c + j, n, m, left, a, a_step, 1, panels + j * k, width, k, j,
                    &epilogue, 4, 2)
        else:
            tile_of(c + j, n, m, left, a, a_step, 1, panels + j * k, width, k, j,
                    &epilogue, 8, 2)
        j += width


cdef inline void total(
    vec* sum, const real* z, const real* product, Py_ssize_t at, Py_ssize_t n
) noexcept nogil:
    """The product with the projected input added, where that came apart."""
    cdef vec x
    load_n(sum, product + at, n)
    if z != NULL:
        load_n(&x, z + at, n)
        sum[0] = sum[0] + x


cdef inline void add_row(real* target, const real* values, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        target[j] += values[j]


cdef inline real* projection(
    const Sequence* s, real* z, Py_ssize_t at, Py_ssize_t width
) noexcept nogil:
    """Where the projected input of a timestep lies."""
    return z + (at if s.places == NULL else s.places[at]) * width


cdef inline void ask_for(const real* values, Py_ssize_t n) noexcept nogil:
    """Lets n numbers come near that are needed soon."""
    cdef Py_ssize_t j = 0, line = LINE // sizeof(real)
    while j < n:
        prefetch(values + j)
        j += line


cdef inline void read_inputs(
    const Sequence* s, real* x, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t k,
    real* row, Py_ssize_t depth, Py_ssize_t width
) noexcept nogil:
    """The features of a slice's k-th timestep, into the head of each row.

    Those of the next one, or its projections of `width` numbers, are asked for: each
    row's lie elsewhere, and while the product is computed they arrive.
    """
    cdef Py_ssize_t r, f = s.features
    for r in range(rows if f else 0):
        memcpy(row + r * depth, x + position(s, first + r, k) * f, f * sizeof(real))
    if k + 1 == s.steps:
        return
    for r in range(rows):
        if f:
            ask_for(x + position(s, first + r, k + 1) * f, f)
        else:
            ask_for(projection(s, x, position(s, first + r, k + 1), width), width)


cdef inline void first_gradient(
    const Sequence* s, const real* d_outputs, const real* d_last, Py_ssize_t first,
    Py_ssize_t rows, real* d_h
) noexcept nogil:
    """d_h (rows, u), zeros so far, after the last timestep."""
    cdef Py_ssize_t r, u = s.units
    if d_last != NULL:
        gather_states(s, d_last, first, rows, d_h, u)
    if d_outputs != NULL and not s.sequences:
        for r in range(rows):
            add_row(d_h + r * u, d_outputs + s.order[first + r] * u, u)
