"""LSTM: the recurrence of a whole sequence, forward and backward."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport lanes, load_n, spread, store_n, vec
from ckeras.kernels.recurrent.one_row cimport goes_directly, multiply_input_and_state
from ckeras.kernels.recurrent.panels cimport (
    GRAIN, Sequence, add_row, any_counts, arrange, counted_before, counts,
    first_gradient, gather_states, multiply, order_bytes, pack_panels,
    panel_numbers, position, projection, read_inputs, scatter_states, slice_rows, total,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport quick_sigmoid, quick_tanh


def workspace_bytes(
    Py_ssize_t batch, Py_ssize_t units, Py_ssize_t features, Py_ssize_t itemsize
):
    """Bytes of workspace, forward or backward."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t depth = features + units
    cdef Py_ssize_t panels = max(panel_numbers(4 * units, depth, width),
                                 panel_numbers(units, 4 * units, width))
    cdef Py_ssize_t rows = ceil_div(batch, slice_rows()) * slice_rows()
    return itemsize * (panels + rows * (6 * units + depth)) + order_bytes(batch)


# --- forward -------------------------------------------------------------------------


cdef inline void forward_cells(
    vec* tag, const real* z, const real* product, real* h, real* c, real* gates,
    real* cell, Py_ssize_t units, Py_ssize_t j, Py_ssize_t n
) noexcept nogil:
    """One timestep of n units of a row, one vector at most, from the j-th on."""
    cdef vec i, f, g, o, state
    total(&i, z, product, j, n)
    total(&f, z, product, units + j, n)
    total(&g, z, product, 2 * units + j, n)
    total(&o, z, product, 3 * units + j, n)
    i, f, g, o = quick_sigmoid(i), quick_sigmoid(f), quick_tanh(g), quick_sigmoid(o)
    load_n(&state, c + j, n)
    state = f * state + i * g
    store_n(c + j, &state, n)
    if gates != NULL:
        store_n(gates + j, &i, n)
        store_n(gates + units + j, &f, n)
        store_n(gates + 2 * units + j, &g, n)
        store_n(gates + 3 * units + j, &o, n)
        store_n(cell + j, &state, n)
    state = o * quick_tanh(state)
    store_n(h + j, &state, n)


cdef inline void forward_row(
    vec* tag, const real* z, const real* product, real* h, real* c, real* gates,
    real* cell, Py_ssize_t units
) noexcept nogil:
    """One timestep of one row; gates and cell are where to keep them, or NULL."""
    cdef Py_ssize_t j = 0, whole = units - units % lanes(tag)
    while j < whole:
        forward_cells(tag, z, product, h, c, gates, cell, units, j, lanes(tag))
        j += lanes(tag)
    if j < units:
        forward_cells(tag, z, product, h, c, gates, cell, units, j, units - j)


cdef void forward_slice(
    Sequence* s, Py_ssize_t first, real** buf, const real* panels, real* scratch
) noexcept nogil:
    """All timesteps of a few rows of the batch; no panels if weights are not packed."""
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units
    cdef Py_ssize_t depth = s.features + u
    cdef Py_ssize_t size = u * sizeof(real), t, r, at
    cdef real* product = scratch
    cdef real* row = product + slice_rows() * 4 * u  # x, if it is given, and h
    cdef real* c = row + slice_rows() * depth
    cdef real* h
    cdef real* bias = buf[2] if s.features else NULL
    cdef real* z = NULL
    cdef real* gates = NULL
    cdef real* cell = NULL
    cdef vf f
    cdef vd d
    # The tile reads rows beyond the batch, too.
    memset(row, 0, slice_rows() * depth * sizeof(real))
    gather_states(s, buf[4], first, rows, row + s.features, depth)
    gather_states(s, buf[5], first, rows, c, u)
    for t in range(s.steps):
        if any_counts(s, first, rows, t):
            read_inputs(s, buf[0], first, rows, t, row, depth, 4 * u)
            if panels == NULL:
                multiply_input_and_state(product, row, buf[1], buf[3], 4 * u, bias,
                                         4 * u, s.features, u)
            else:
                multiply(product, row, depth, panels, bias, rows, 4 * u, depth)
        for r in range(rows):
            at = position(s, first + r, t)
            h = row + r * depth + s.features
            if counts(s, at):
                if s.features == 0:
                    z = projection(s, buf[0], at, 4 * u)
                if s.keep:
                    gates, cell = buf[10] + at * 4 * u, buf[11] + at * u
                    memcpy(buf[12] + at * u, h, size)
                if real is float:
                    forward_row(&f, z, product + r * 4 * u, h, c + r * u, gates, cell,
                                u)
                else:
                    forward_row(&d, z, product + r * 4 * u, h, c + r * u, gates, cell,
                                u)
            if s.sequences:
                memcpy(buf[7] + at * u, h, size)
    if not s.sequences:
        scatter_states(s, buf[7], first, rows, row + s.features, depth)
    scatter_states(s, buf[8], first, rows, row + s.features, depth)
    scatter_states(s, buf[9], first, rows, c, u)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2], features = dim[5]
    cdef Py_ssize_t depth = features + u
    cdef real* panels = buf[13] if dim[4] else buf[10]
    cdef real* scratch = panels + panel_numbers(4 * u, depth, width)
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, features
    s.sequences, s.keep, s.backwards = dim[3] != 0, dim[4] != 0, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[6]
    s.places = NULL if features else <int*> <void*> buf[2]
    arrange(&s, scratch + slices * slice_rows() * (6 * u + depth))
    if goes_directly(&s, <real> 0):
        forward_slice(&s, 0, buf, <const real*> NULL, scratch)
        return OK
    if features:
        pack_panels(buf[1], 4 * u, 1, features, 4 * u, panels, depth, n_threads)
    pack_panels(buf[3], 4 * u, 1, u, 4 * u, panels + features * width, depth,
                n_threads)
    if s.batch * s.steps * depth * u * 4 <= GRAIN:
        n_threads = 1
    # Slices differ in length: the longest come first, and whoever is free takes one.
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        forward_slice(&s, g * slice_rows(), buf, panels,
                      scratch + g * slice_rows() * (6 * u + depth))
    return OK


# --- backward ------------------------------------------------------------------------


cdef inline void backward_row(
    vec* tag, const real* gates, const real* cell, const real* before, real* d_h,
    real* d_c, real* d_z, real* result, Py_ssize_t units
) noexcept nogil:
    """One timestep of one row: d_z, here and in the result, and the earlier d_c."""
    cdef vec i, f, g, o, c, c_before, dh, dc, d, one
    cdef Py_ssize_t j = 0, left
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&i, gates + j, left)
        load_n(&f, gates + units + j, left)
        load_n(&g, gates + 2 * units + j, left)
        load_n(&o, gates + 3 * units + j, left)
        load_n(&c, cell + j, left)
        load_n(&c_before, before + j, left)
        load_n(&dh, d_h + j, left)
        load_n(&dc, d_c + j, left)
        c = quick_tanh(c)
        d = dh * c * o * (one - o)
        store_n(d_z + 3 * units + j, &d, left)
        store_n(result + 3 * units + j, &d, left)
        dc = dc + dh * o * (one - c * c)
        d = dc * g * i * (one - i)
        store_n(d_z + j, &d, left)
        store_n(result + j, &d, left)
        d = dc * c_before * f * (one - f)
        store_n(d_z + units + j, &d, left)
        store_n(result + units + j, &d, left)
        d = dc * i * (one - g * g)
        store_n(d_z + 2 * units + j, &d, left)
        store_n(result + 2 * units + j, &d, left)
        dc = dc * f
        store_n(d_c + j, &dc, left)
        j += left


cdef void backward_slice(
    Sequence* s, Py_ssize_t first, real** buf, const real* panels, real* scratch
) noexcept nogil:
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units
    cdef Py_ssize_t size = u * sizeof(real), t, r, at, last
    cdef real* d_z = scratch
    cdef real* d_h = d_z + slice_rows() * 4 * u
    cdef real* d_c = d_h + slice_rows() * u
    cdef real* earlier = d_c + slice_rows() * u
    cdef const real* before
    cdef vf f
    cdef vd d
    memset(scratch, 0, slice_rows() * 7 * size)
    first_gradient(s, buf[0], buf[1], first, rows, d_h)
    if buf[2] != NULL:
        gather_states(s, buf[2], first, rows, d_c, u)
    for t in range(s.steps - 1, -1, -1):
        for r in range(rows):
            at = position(s, first + r, t)
            if buf[0] != NULL and s.sequences:
                add_row(d_h + r * u, buf[0] + at * u, u)
            if counts(s, at):
                before = buf[4] + s.order[first + r] * u
                last = counted_before(s, first + r, t)
                if last >= 0:
                    before = buf[7] + position(s, first + r, last) * u
                if real is float:
                    backward_row(&f, buf[6] + at * 4 * u, buf[7] + at * u, before,
                                 d_h + r * u, d_c + r * u, d_z + r * 4 * u,
                                 buf[8] + at * 4 * u, u)
                else:
                    backward_row(&d, buf[6] + at * 4 * u, buf[7] + at * u, before,
                                 d_h + r * u, d_c + r * u, d_z + r * 4 * u,
                                 buf[8] + at * 4 * u, u)
        if not any_counts(s, first, rows, t):
            continue
        multiply(earlier, d_z, 4 * u, panels, NULL, rows, u, 4 * u)
        for r in range(rows):
            if counts(s, position(s, first + r, t)):
                memcpy(d_h + r * u, earlier + r * u, size)
    scatter_states(s, buf[9], first, rows, d_h, u)
    scatter_states(s, buf[10], first, rows, d_c, u)


cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2]
    cdef real* panels = buf[11]
    cdef real* scratch = panels + panel_numbers(u, 4 * u, width)
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, 0
    s.sequences, s.keep, s.backwards = dim[3] != 0, False, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[5]
    s.places = NULL
    arrange(&s, scratch + slices * slice_rows() * 7 * u)
    pack_panels(buf[3], 1, 4 * u, 4 * u, u, panels, 4 * u, n_threads)
    if s.batch * s.steps * u * u * 4 <= GRAIN:
        n_threads = 1
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        backward_slice(&s, g * slice_rows(), buf, panels,
                       scratch + g * slice_rows() * 7 * u)
    return OK
