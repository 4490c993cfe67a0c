"""The kernel's gradient of a 3x3 convolution without strides, by Winograd's way.

    kernel_gradient   buf  x, d_y, d_w, workspace

Shapes and dim are those of winograd.pxd. The workspace has `workspace_bytes(dim,
itemsize)` bytes. Chunks of images, which only the shapes decide on, are summed in
order.
"""

from ckeras.kernels.types cimport real

cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
