"""Simple recurrent networks over whole sequences (Elman, 1990).

    h' = f(x·W + b + h·U)        f: the identity, relu, tanh or sigmoid

A masked timestep keeps h; what is kept for its gradient, and d_x·W, is neither
written nor read there. Inputs may come as they are and are multiplied by [W; U]
together with h; or their projection x·W + b comes computed for all timesteps, which is
one large product instead of many small ones.

    forward    buf  x (b, t, f), W (f, u), bias (u,) or NULL - or, if f is 0,
                    x·W + b (b, t, u), NULL and NULL; or the
                    projections that there are (…, u), NULL and which of them each
                    timestep has, (b, t) int32 -,
                    U (u, u), h (b, u), mask (b, t) or NULL,
                    outputs (b, t, u) or (b, u), last h (b, u), and for the gradient
                    h after and before each timestep (b, t, u) - both left out if
                    dim[4] is 0 -, workspace; h after may be the projection
    backward   buf  d_outputs as outputs, d_h (b, u) - each NULL for none -,
                    U, mask or NULL, h after each timestep,
                    d_x·W (b, t, u), d_h0 (b, u), workspace; d_x·W may be h after
    dim  0 b   1 t   2 u   3 whether outputs are sequences   4 keep, 5 f (forward)
         6 whether the last timestep is read first   7 Activation

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
