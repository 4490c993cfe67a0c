"""Long short-term memory over whole sequences (Hochreiter and Schmidhuber, 1997).

    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o);  g = tanh(z_g)
    c' = f·c + i·g;  h' = o·tanh(c')        z = x·W + b + h·U, columns i, f, g, o

A masked timestep keeps h and c; what is kept for its gradient, and d_z, is neither
written nor read there. Inputs may come as they are and are
multiplied by [W; U] together with h; or their projection x·W + b comes computed
for all timesteps, which is one large product instead of many small ones.

    forward    buf  x (b, t, f), W (f, 4u), bias (4u,) or NULL - or, if f is 0,
                    z = x·W + b (b, t, 4u), NULL and NULL; or the
                    projections that there are (…, 4u), NULL and which of them each
                    timestep has, (b, t) int32 -,
                    U (u, 4u), h (b, u), c (b, u), mask (b, t) or NULL,
                    outputs (b, t, u) or (b, u), last h (b, u), last c (b, u), and for
                    the gradient: gates (b, t, 4u), cells c' (b, t, u), h before each
                    timestep (b, t, u) - all three left out if dim[4] is 0 -,
                    workspace; the gates may be z
    backward   buf  d_outputs as outputs, d_h (b, u), d_c (b, u) - each NULL for none -,
                    U, c, mask or NULL, gates, cells,
                    d_z (b, t, 4u), d_h0 (b, u), d_c0 (b, u), workspace; d_z may be
                    the gates
    dim  0 b   1 t   2 u   3 whether outputs are sequences   4 keep, 5 f (forward)
         6 whether the last timestep is read first

The workspace has `workspace_bytes(b, u, f, itemsize)` bytes. Whichever way it is read,
all that has timesteps lies in their order.
"""

from ckeras.kernels.types cimport real

cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int backward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
