"""Convolution of every channel on its own.

    forward           buf  x, w, y, workspace
    forward_finished  buf  x, w, bias, scale, residual, y, workspace
                      y = activation(x * w · scale + bias + residual), each of which may
                      be NULL; bias and scale are (channels,), residual has y's shape
                      and may not be y, some of which is computed twice
    input_gradient    buf  d_y, w, d_x, workspace
    kernel_gradient   buf  x, d_y, d_w, workspace

Shapes and dim are those of conv.pxd, without pooling and with as many results as
channels; w is (kernel_d, kernel_h, kernel_w, channels). The workspace has
`workspace_bytes(dim, itemsize, which)` bytes; which is 0 forward, 1 and 2 for the
input's and the kernel's gradient.
"""

from ckeras.kernels.types cimport real

cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int forward_finished(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
