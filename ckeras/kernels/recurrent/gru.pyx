"""GRU: the recurrence of a whole sequence, forward and backward."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from ckeras.kernels.matrix.gemm_pack cimport ceil_div, least, panel_width
from ckeras.kernels.recurrent.gru_rows cimport (
    after_row, candidate_row, gates_row, reset_row, scale_row, state_row,
)
from ckeras.kernels.recurrent.one_row cimport (
    goes_directly, multiply_input_and_state, multiply_row,
)
from ckeras.kernels.recurrent.panels cimport (
    GRAIN, Sequence, add_row, any_counts, arrange, counts, first_gradient,
    gather_states, multiply, order_bytes, pack_panels, panel_numbers, position,
    projection, read_inputs, scatter_states, slice_rows,
)
from ckeras.kernels.simd cimport LANES_D, LANES_F, vd, vf
from ckeras.kernels.types cimport OK, real


def workspace_bytes(
    Py_ssize_t batch, Py_ssize_t units, Py_ssize_t features, Py_ssize_t itemsize
):
    """Bytes of workspace, forward or backward."""
    cdef Py_ssize_t width = 2 * (LANES_F if itemsize == 4 else LANES_D)
    cdef Py_ssize_t depth = features + units
    cdef Py_ssize_t forward_panels = (panel_numbers(2 * units, depth, width)
                                      + panel_numbers(units, depth, width))
    cdef Py_ssize_t backward_panels = panel_numbers(units, 3 * units, width)
    cdef Py_ssize_t rows = ceil_div(batch, slice_rows()) * slice_rows()
    return order_bytes(batch) + itemsize * (
        max(forward_panels, backward_panels) + 4 * units + rows * (5 * units + depth))


# --- forward -------------------------------------------------------------------------


cdef struct Weights:
    bint packed
    bint after           # whether the reset gate comes after the product
    const void* gates    # panels of [W; U], the first two thirds of the columns
    const void* input    # reset after: panels of W, the last third
    const void* state    # panels of U, or reset before of [W; U], the last third
    const void* bias     # (4u,): of the gates, of the input's and the state's product


cdef inline void reset_states(
    const real* gates, const real* h, real* row, Py_ssize_t step, Py_ssize_t rows,
    Py_ssize_t u
) noexcept nogil:
    """r · h of each row of a slice."""
    cdef Py_ssize_t r
    for r in range(rows):
        if real is float:
            scale_row(<vf*> NULL, row + r * step, h + r * u, gates + (2 * r + 1) * u, u)
        else:
            scale_row(<vd*> NULL, row + r * step, h + r * u, gates + (2 * r + 1) * u, u)


cdef inline void candidate_products(
    Weights* w, real** buf, const real* row, Py_ssize_t f, Py_ssize_t u,
    Py_ssize_t rows, real* input, real* inner
) noexcept nogil:
    """Reset after: x·W and h·U, the last third, each with its bias; else their sum."""
    cdef Py_ssize_t depth = f + u
    cdef const real* bias = <const real*> w.bias + 2 * u
    if not w.packed:
        if not w.after:
            multiply_input_and_state(inner, row, buf[1] + 2 * u, buf[3] + 2 * u, 3 * u,
                                     bias, u, f, u)
            return
        if f:
            multiply_row(input, row, buf[1] + 2 * u, 3 * u, bias, u, f, False)
        multiply_row(inner, row + f, buf[3] + 2 * u, 3 * u, bias + u, u, u, False)
    elif w.after:
        if f:
            multiply(input, row, depth, <const real*> w.input, bias, rows, u, f)
        multiply(inner, row + f, depth, <const real*> w.state, bias + u, rows, u, u)
    else:
        multiply(inner, row, depth, <const real*> w.state, bias, rows, u, depth)


cdef void forward_slice(
    Sequence* s, Weights* w, Py_ssize_t first, real** buf, real* scratch
) noexcept nogil:
    """All timesteps of a few rows of the batch."""
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units
    cdef Py_ssize_t f = s.features, depth = f + u
    cdef Py_ssize_t size = u * sizeof(real), t, r, at
    cdef real* gates = scratch                       # (rows, 2u)
    cdef real* input = gates + slice_rows() * 2 * u  # (rows, u)
    cdef real* inner = input + slice_rows() * u      # (rows, u)
    cdef real* h = inner + slice_rows() * u          # (rows, u)
    cdef real* row = h + slice_rows() * u            # x, if it is given, and h or r·h
    cdef const real* bias = <const real*> w.bias
    cdef const real* x
    cdef real* kept
    # The tile reads rows beyond the batch, too.
    memset(scratch, 0, slice_rows() * (5 * u + depth) * sizeof(real))
    gather_states(s, buf[5], first, rows, h, u)
    for t in range(s.steps):
        if any_counts(s, first, rows, t):
            read_inputs(s, buf[0], first, rows, t, row, depth, 3 * u)
            for r in range(rows):
                memcpy(row + r * depth + f, h + r * u, size)
            if w.packed:
                multiply(gates, row, depth, <const real*> w.gates, bias, rows, 2 * u,
                         depth)
            else:
                multiply_input_and_state(gates, row, buf[1], buf[3], 3 * u, bias, 2 * u,
                                         f, u)
            for r in range(rows):
                if not counts(s, position(s, first + r, t)):
                    continue
                x = NULL
                if f == 0:
                    x = projection(s, buf[0], position(s, first + r, t), 3 * u)
                if real is float:
                    gates_row(<vf*> NULL, x, gates + r * 2 * u, u)
                else:
                    gates_row(<vd*> NULL, x, gates + r * 2 * u, u)
            if not w.after:
                reset_states(gates, h, row + f, depth, rows, u)
            candidate_products(w, buf, row, f, u, rows, input, inner)
        for r in range(rows):
            at = position(s, first + r, t)
            kept = NULL
            if counts(s, at):
                if s.keep:
                    kept = buf[9] + at * 3 * u
                    memcpy(buf[10] + at * u,
                           inner + r * u if w.after else row + r * depth + f, size)
                    memcpy(buf[11] + at * u, h + r * u, size)
                x = input + r * u
                if f == 0:
                    x = projection(s, buf[0], at, 3 * u) + 2 * u
                elif not w.after:
                    x = NULL
                if real is float:
                    state_row(<vf*> NULL, gates + r * 2 * u, x, inner + r * u, w.after,
                              h + r * u, kept, u)
                else:
                    state_row(<vd*> NULL, gates + r * 2 * u, x, inner + r * u, w.after,
                              h + r * u, kept, u)
            if s.sequences:
                memcpy(buf[7] + at * u, h + r * u, size)
    if not s.sequences:
        scatter_states(s, buf[7], first, rows, h, u)
    scatter_states(s, buf[8], first, rows, h, u)


cdef void pack_weights(
    Weights* w, real** buf, Py_ssize_t f, Py_ssize_t u, real* panels, int n_threads
) noexcept nogil:
    cdef Py_ssize_t width = panel_width(<real> 0), depth = f + u
    cdef Py_ssize_t above = 0 if w.after else f  # rows of W above U, the last third
    cdef real* gates = panels
    cdef real* input = gates + panel_numbers(2 * u, depth, width)
    cdef real* state = input + (panel_numbers(u, f, width) if w.after else 0)
    w.gates, w.input, w.state = gates, input, state
    if f:
        pack_panels(buf[1], 3 * u, 1, f, 2 * u, gates, depth, n_threads)
        pack_panels(buf[1] + 2 * u, 3 * u, 1, f, u, input, f if w.after else depth,
                    n_threads)
    pack_panels(buf[3], 3 * u, 1, u, 2 * u, gates + f * width, depth, n_threads)
    pack_panels(buf[3] + 2 * u, 3 * u, 1, u, u, state + above * width, above + u,
                n_threads)


cdef void join_biases(
    real* joined, const real* input, const real* state, Py_ssize_t u
) noexcept nogil:
    """(4u,): of the gates, and apart of the input's and of the state's last third."""
    memset(joined, 0, 4 * u * sizeof(real))
    if input != NULL:
        memcpy(joined, input, 3 * u * sizeof(real))
    if state != NULL:
        add_row(joined, state, 2 * u)
        memcpy(joined + 3 * u, state + 2 * u, u * sizeof(real))


cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef Weights w
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2], f = dim[5]
    cdef real* joined = buf[12] if dim[4] else buf[9]
    cdef real* panels = joined + 4 * u
    cdef real* scratch = panels + (panel_numbers(2 * u, f + u, width)
                                   + panel_numbers(u, f + u, width))
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, f
    s.sequences, s.keep, s.backwards = dim[3] != 0, dim[4] != 0, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[6]
    s.places = NULL if f else <int*> <void*> buf[2]
    arrange(&s, scratch + slices * slice_rows() * (6 * u + f))
    w.after = dim[7] != 0
    w.bias = joined
    join_biases(joined, buf[2] if f else <real*> NULL, buf[4], u)
    w.packed = not goes_directly(&s, <real> 0)
    if not w.packed:
        forward_slice(&s, &w, 0, buf, scratch)
        return OK
    pack_weights(&w, buf, f, u, panels, n_threads)
    if s.batch * s.steps * (f + u) * u * 3 <= GRAIN:
        n_threads = 1
    # Slices differ in length: the longest come first, and whoever is free takes one.
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        forward_slice(&s, &w, g * slice_rows(), buf,
                      scratch + g * slice_rows() * (6 * u + f))
    return OK


# --- backward ------------------------------------------------------------------------


cdef inline void backward_after(
    Sequence* s, bint short, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t,
    real** buf, const real* panels, real* d_h, real* d_inner, real* product
) noexcept nogil:
    cdef Py_ssize_t u = s.units, width = u if short else 3 * u, at, r
    cdef real* d_a
    cdef real* d_x
    for r in range(rows):
        at = position(s, first + r, t)
        d_x = NULL if short else buf[7] + at * 3 * u
        d_a = buf[7] + at * width + width - u
        if not counts(s, at):
            continue
        if real is float:
            after_row(<vf*> NULL, buf[4] + at * 3 * u, buf[5] + at * u, buf[6] + at * u,
                      d_h + r * u, d_inner + r * 3 * u, d_x, d_a, buf[9] + at * 3 * u,
                      u)
        else:
            after_row(<vd*> NULL, buf[4] + at * 3 * u, buf[5] + at * u, buf[6] + at * u,
                      d_h + r * u, d_inner + r * 3 * u, d_x, d_a, buf[9] + at * 3 * u,
                      u)
    if any_counts(s, first, rows, t):
        multiply(product, d_inner, 3 * u, panels, NULL, rows, u, 3 * u)


cdef inline void backward_before(
    Sequence* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t, real** buf,
    const real* panels, const real* last_third, real* d_h, real* d_gates, real* d_a,
    real* product
) noexcept nogil:
    cdef Py_ssize_t u = s.units, at, r
    for r in range(rows):
        at = position(s, first + r, t)
        if not counts(s, at):
            continue
        if real is float:
            candidate_row(<vf*> NULL, buf[4] + at * 3 * u, buf[6] + at * u, d_h + r * u,
                          d_gates + r * 2 * u, d_a + r * u, buf[7] + at * 3 * u, u)
        else:
            candidate_row(<vd*> NULL, buf[4] + at * 3 * u, buf[6] + at * u, d_h + r * u,
                          d_gates + r * 2 * u, d_a + r * u, buf[7] + at * 3 * u, u)
    if not any_counts(s, first, rows, t):
        return
    multiply(product, d_a, u, last_third, NULL, rows, u, u)
    for r in range(rows):
        at = position(s, first + r, t)
        if not counts(s, at):
            continue
        if real is float:
            reset_row(<vf*> NULL, buf[4] + at * 3 * u + u, buf[6] + at * u,
                      product + r * u, d_h + r * u, d_gates + r * 2 * u,
                      buf[7] + at * 3 * u, u)
        else:
            reset_row(<vd*> NULL, buf[4] + at * 3 * u + u, buf[6] + at * u,
                      product + r * u, d_h + r * u, d_gates + r * 2 * u,
                      buf[7] + at * 3 * u, u)
    multiply(product, d_gates, 2 * u, panels, NULL, rows, u, 2 * u)


cdef void backward_slice(
    Sequence* s, bint after, bint short, Py_ssize_t first, real** buf,
    const real* panels, const real* last_third, real* scratch
) noexcept nogil:
    cdef Py_ssize_t rows = least(s.batch - first, slice_rows()), u = s.units, t, r
    cdef real* d_product = scratch                # (rows, 3u), of all or of two thirds
    cdef real* d_a = d_product + slice_rows() * 2 * u
    cdef real* d_h = d_product + slice_rows() * 3 * u
    cdef real* product = d_h + slice_rows() * u
    memset(scratch, 0, slice_rows() * 5 * u * sizeof(real))
    first_gradient(s, buf[0], buf[1], first, rows, d_h)
    for t in range(s.steps - 1, -1, -1):
        if buf[0] != NULL and s.sequences:
            for r in range(rows):
                add_row(d_h + r * u, buf[0] + position(s, first + r, t) * u, u)
        if after:
            backward_after(s, short, first, rows, t, buf, panels, d_h, d_product,
                           product)
        else:
            backward_before(s, first, rows, t, buf, panels, last_third, d_h, d_product,
                            d_a, product)
        for r in range(rows):
            if counts(s, position(s, first + r, t)):
                add_row(d_h + r * u, product + r * u, u)
    scatter_states(s, buf[8], first, rows, d_h, u)


cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Sequence s
    cdef bint after = dim[7] != 0
    cdef Py_ssize_t slices = ceil_div(dim[0], slice_rows()), g
    cdef Py_ssize_t width = panel_width(<real> 0), u = dim[2]
    cdef Py_ssize_t thirds = 3 if after else 2
    cdef real* panels = buf[10] if after else buf[9]
    cdef real* last_third = panels + panel_numbers(u, 2 * u, width)
    cdef real* scratch = panels + panel_numbers(u, 3 * u, width)
    s.batch, s.steps, s.units, s.features = dim[0], dim[1], u, 0
    s.sequences, s.keep, s.backwards = dim[3] != 0, False, dim[6] != 0
    s.mask = <const unsigned char*> <const void*> buf[3]
    s.places = NULL
    arrange(&s, scratch + slices * slice_rows() * 5 * u)
    pack_panels(buf[2], 1, 3 * u, thirds * u, u, panels, thirds * u, n_threads)
    if not after:
        pack_panels(buf[2] + 2 * u, 1, 3 * u, u, u, last_third, u, n_threads)
    if s.batch * s.steps * u * u * 3 <= GRAIN:
        n_threads = 1
    for g in prange(slices, schedule="dynamic", num_threads=n_threads):
        backward_slice(&s, after, dim[8] != 0, g * slice_rows(), buf, panels,
                       last_third, scratch + g * slice_rows() * 5 * u)
    return OK
