"""Gated recurrent units over whole sequences (Cho et al., 2014).

    z, r = sigmoid(x·W + b + h·U + c), the first two thirds of the columns, and of the
    last third                                  h' = z·h + (1 - z)·a
        reset after:   a = tanh(x·W + b + r·(h·U + c))
        reset before:  a = tanh(x·W + b + (r·h)·U), without c

A masked timestep keeps h; what is kept for its gradient, d_x·W and d_h·U are neither
written nor read there. Inputs may come as they are and are multiplied by W here; or
their projection x·W + b comes computed for all timesteps, which is one large product
instead of many small ones.

    forward    buf  x (b, t, f), W (f, 3u), bias (3u,) or NULL - or, if f is 0,
                    x·W + b (b, t, 3u), NULL and NULL; or the
                    projections that there are (…, 3u), NULL and which of them each
                    timestep has, (b, t) int32 -,
                    U (u, 3u), c (3u,) or NULL, h (b, u), mask (b, t) or NULL,
                    outputs (b, t, u) or (b, u), last h (b, u), and for the gradient:
                    gates z, r, a (b, t, 3u), inner (b, t, u): h·U + c of the last third
                    or r·h, h before each timestep (b, t, u) - all three left out if
                    dim[4] is 0 -, workspace; the gates may be the projection
    backward   buf  d_outputs as outputs, d_h (b, u) - each NULL for none -,
                    U, mask or NULL, gates, inner, h before,
                    d_x·W (b, t, 3u), d_h0 (b, u), and if reset after d_h·U (b, t, 3u),
                    workspace; the first two thirds of d_x·W, which are those of d_h·U
                    if reset after, are left out if dim[8] is not 0; d_h·U, or reset
                    before d_x·W, may be the gates, and a short d_x·W may be inner
    dim  0 b   1 t   2 u   3 whether outputs are sequences   4 keep, 5 f (forward)
         6 whether the last timestep is read first   7 whether reset after
         8 whether d_x·W is short (backward, reset after)

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
