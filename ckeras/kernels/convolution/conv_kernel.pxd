"""Convolution: the gradient that reaches the kernel.

    kernel_gradient   buf  x, d_y, d_w, workspace
                      d_w[tap] = sum over results of x[its tap]ᵀ·d_y[it]

Shapes and dim are those of conv.pxd. The workspace has `workspace_bytes(dim,
itemsize)` bytes. Images are summed in chunks that only the shapes decide on, and the
chunks in order, so that the bits do not depend on the number of threads.
"""

from ckeras.kernels.types cimport real

cdef int kernel_gradient(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
