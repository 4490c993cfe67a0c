"""Convolution of channels-last images with up to three spatial axes.

    forward           buf  x, w, y, workspace
                      y = x * w
    forward_finished  buf  x, w, bias, scale, residual, y, workspace
                      y = activation(x * w · scale + bias + residual), each of which may
                      be NULL; scale is (out_c,), residual has y's shape and may be y
    input_gradient    buf  d_y, w, d_x, workspace
                      what reaches x; also the transposed convolution of d_y

x is (batch, in_d, in_h, in_w, in_c), w (kernel_d, kernel_h, kernel_w, in_c / groups,
out_c), y (batch, out_d, out_h, out_w, out_c).

    dim  0 batch   1-3 in_d in_h in_w   4 in_c   5-7 out_d out_h out_w   8 out_c
         9-11 kernel   12-14 stride   15-17 dilation   18-20 padding before
         21 groups   22 slots
         forward_finished: 23 Activation of gemm_tile.pxd
                  24 whether y has the maxima of windows of (1, 2, 2) results instead;
                     activations up to RELU6, no residual

Of strides and dilations, for the input gradient one must be 1 on every axis.
The workspace has `workspace_bytes(dim, itemsize)` bytes, enough for as many threads as
`slots` says.
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
