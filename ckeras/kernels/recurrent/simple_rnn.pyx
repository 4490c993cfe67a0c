"""Simple RNN: the recurrence of a whole sequence, forward and backward."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.matrix.gemm_tile cimport (
    RELU, SIGMOID, TANH, lanes, load_n, rectify, spread, store_n, vec,
)
from ckeras.kernels.recurrent.one_row cimport goes_directly, multiply_input_and_state
from ckeras.kernels.recurrent.panels cimport (
    GRAIN, Sequence, add_row, any_counts, arrange, counts, first_gradient,
    gather_states, multiply, order_bytes, pack_panels, panel_numbers, position,
    projection, read_inputs, scatter_states, slice_rows, total,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport if_less, quick_sigmoid, quick_tanh


def workspace_bytes(
    Py_ssize_t batch, Py_ssize_t units, Py_ssize_t features, Py_ssize_t itemsize
):
    """Bytes of workspace, forward or backward."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t depth = features + units
    cdef Py_ssize_t rows = ceil_div(batch, slice_rows()) * slice_rows()
    return order_bytes(batch) + itemsize * (
        panel_numbers(units, depth, width) + rows * (2 * units + depth))


# --- forward -------------------------------------------------------------------------


cdef inline void forward_row(
    vec* tag, const real* z, const real* product, int activation, real* h, real* kept,
    Py_ssize_t units
) noexcept nogil:
    """One timestep of one row; `kept` is where to keep the new h, or NULL."""
    cdef vec v, zero
    cdef Py_ssize_t j = 0, left
    spread(&zero, <real> 0)
    while j < units:
        left = least(units - j, lanes(tag))
        total(&v, z, product, j, left)
        if activation == TANH:
            v = quick_tanh(v)
        elif activation == SIGMOID:
            v = quick_sigmoid(v)
        elif activation == RELU:
            rectify(&v, &zero)
        store_n(h + j, &v, left)
        if kept != NULL:
            store_n(kept + j, &v, left)
        j += left


cdef void forward_slice(
    Sequence* s, int activation, Py_ssize_t first, real** buf, const real* panels,
    real* scratch
) noexcept nogil:
    """All timesteps of a few rows of the batch; no panels if weights are not packed."""
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units
    cdef Py_ssize_t depth = s.features + u
    cdef Py_ssize_t size = u * sizeof(real), t, r, at
    cdef real* product = scratch
    cdef real* row = product + slice_rows() * u  # x, if it is given, and h
    cdef real* h
    cdef real* kept = NULL
    cdef real* bias = buf[2] if s.features else NULL
    cdef real* z = NULL
    # The tile reads rows beyond the batch, too.
    memset(row, 0, slice_rows() * depth * sizeof(real))
    gather_states(s, buf[4], first, rows, row + s.features, depth)
    for t in range(s.steps):
        if any_counts(s, first, rows, t):
            read_inputs(s, buf[0], first, rows, t, row, depth, u)
            if panels == NULL:
                multiply_input_and_state(product, row, buf[1], buf[3], u, bias, u,
                                         s.features, u)
            else:
                multiply(product, row, depth, panels, bias, rows, u, depth)
        for r in range(rows):
            at = position(s, first + r, t)
            h = row + r * depth + s.features
            if counts(s, at):
                if s.features == 0:
                    z = projection(s, buf[0], at, u)
                if s.keep:
                    kept = buf[8] + at * u
                    memcpy(buf[9] + at * u, h, size)
                if real is float:
                    forward_row(<vf*> NULL, z, product + r * u, activation, h, kept, u)
                else:
                    forward_row(<vd*> NULL, z, product + r * u, activation, h, kept, u)
            if s.sequences:
                memcpy(buf[6] + at * u, h, size)
    if not s.sequences:
        scatter_states(s, buf[6], first, rows, row + s.features, depth)
    scatter_states(s, buf[7], first, rows, row + s.features, depth)


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2], features = dim[5]
    cdef Py_ssize_t depth = features + u
    cdef real* panels = buf[10] if dim[4] else buf[8]
    cdef real* scratch = panels + panel_numbers(u, depth, width)
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, features
    s.sequences, s.keep, s.backwards = dim[3] != 0, dim[4] != 0, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[5]
    s.places = NULL if features else <int*> <void*> buf[2]
    arrange(&s, scratch + slices * slice_rows() * (2 * u + depth))
    if goes_directly(&s, <real> 0):
        forward_slice(&s, <int> dim[7], 0, buf, <const real*> NULL, scratch)
        return OK
    if features:
        pack_panels(buf[1], u, 1, features, u, panels, depth, n_threads)
    pack_panels(buf[3], u, 1, u, u, panels + features * width, depth, n_threads)
    if s.batch * s.steps * depth * u <= GRAIN:
        n_threads = 1
    # Slices differ in length: the longest come first, and whoever is free takes one.
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        forward_slice(&s, <int> dim[7], g * slice_rows(), buf, panels,
                      scratch + g * slice_rows() * (u + depth))
    return OK


# --- backward ------------------------------------------------------------------------


cdef inline void backward_row(
    vec* tag, const real* after, int activation, const real* d_h, real* d_z,
    real* result, Py_ssize_t units
) noexcept nogil:
    """One timestep of one row: d_z, here and in the result."""
    cdef vec y, d, zero, one
    cdef Py_ssize_t j = 0, left
    spread(&zero, <real> 0)
    spread(&one, <real> 1)
    while j < units:
        left = least(units - j, lanes(tag))
        load_n(&y, after + j, left)
        load_n(&d, d_h + j, left)
        if activation == TANH:
            d = d * (one - y * y)
        elif activation == SIGMOID:
            d = d * y * (one - y)
        elif activation == RELU:
            d = if_less(zero, y, d, zero)
        store_n(d_z + j, &d, left)
        store_n(result + j, &d, left)
        j += left


cdef void backward_slice(
    Sequence* s, int activation, Py_ssize_t first, real** buf, const real* panels,
    real* scratch
) noexcept nogil:
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units
    cdef Py_ssize_t size = u * sizeof(real), t, r, at
    cdef real* d_z = scratch
    cdef real* d_h = d_z + slice_rows() * u
    cdef real* earlier = d_h + slice_rows() * u
    memset(scratch, 0, slice_rows() * 3 * size)
    first_gradient(s, buf[0], buf[1], first, rows, d_h)
    for t in range(s.steps - 1, -1, -1):
        for r in range(rows):
            at = position(s, first + r, t)
            if buf[0] != NULL and s.sequences:
                add_row(d_h + r * u, buf[0] + at * u, u)
            if not counts(s, at):
                continue
            if real is float:
                backward_row(<vf*> NULL, buf[4] + at * u, activation, d_h + r * u,
                             d_z + r * u, buf[5] + at * u, u)
            else:
                backward_row(<vd*> NULL, buf[4] + at * u, activation, d_h + r * u,
                             d_z + r * u, buf[5] + at * u, u)
        if not any_counts(s, first, rows, t):
            continue
        multiply(earlier, d_z, u, panels, NULL, rows, u, u)
        for r in range(rows):
            if counts(s, position(s, first + r, t)):
                memcpy(d_h + r * u, earlier + r * u, size)
    scatter_states(s, buf[6], first, rows, d_h, u)


cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2]
    cdef real* panels = buf[7]
    cdef real* scratch = panels + panel_numbers(u, u, width)
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, 0
    s.sequences, s.keep, s.backwards = dim[3] != 0, False, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[3]
    s.places = NULL
    arrange(&s, scratch + slices * slice_rows() * 3 * u)
    pack_panels(buf[2], 1, u, u, u, panels, u, n_threads)
    if s.batch * s.steps * u * u <= GRAIN:
        n_threads = 1
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        backward_slice(&s, <int> dim[7], g * slice_rows(), buf, panels,
                       scratch + g * slice_rows() * 3 * u)
    return OK
