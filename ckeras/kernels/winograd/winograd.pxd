"""Convolution with a 3x3 kernel and no strides, by Winograd's minimal filtering.

    forward           buf  x, w, y, workspace
    forward_finished  buf  x, w, bias, scale, residual, y, workspace
    input_gradient    buf  d_y, w, d_x, workspace

Shapes and dim are those of conv.pxd, with kernel (1, 3, 3), strides, dilations and
groups of 1. The workspace has `workspace_bytes(dim, itemsize, backward)` bytes.
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
