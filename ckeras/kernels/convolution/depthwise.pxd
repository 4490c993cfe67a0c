"""Convolution of every channel on its own.

    forward           buf  x, w, y, workspace
    input_gradient    buf  d_y, w, d_x, workspace
    kernel_gradient   buf  x, d_y, d_w, workspace

Shapes and dim are those of conv.pxd with as many results as channels; w is (kernel_d,
kernel_h, kernel_w, channels). The workspace has `workspace_bytes(dim, itemsize, which)`
bytes, which is 0, 1 or 2 in the order above.
"""

from ckeras.kernels.types cimport real

cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int input_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil

cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
