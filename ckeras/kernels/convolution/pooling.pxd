"""Pooling of channels-last images with up to three spatial axes, and its gradients.

x is (batch, in_d, in_h, in_w, channels), y (batch, out_d, out_h, out_w, channels).
Result o of an axis takes the pixels start(o) to end(o) - 1, a part of the axis that is
not empty; neither start nor end may fall from a result to the next.

    dim  0 batch   1 channels   2-4 in_d in_h in_w   5-7 out_d out_h out_w
         8 whether the windows are disjoint   9 whether they also cover every pixel
         10... start and end for each result, first of axis d, then of h and of w

Of equal maxima the first in row-major order counts. A NaN makes the maximum NaN; which
pixel then stands for it is settled by going through the window and taking up a pixel
unless what is held is greater or equal: the last NaN if the window ends with it, else
the first maximum of what follows it. This is the order of XLA's select-and-scatter.
"""

from ckeras.kernels.types cimport real

# y = the maximum of each window. buf: x, y.
cdef int maximum(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil

# y = z where x has the maximum of each window. buf: x, z, y.
cdef int pick(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# d_x = the sum of d_y over the windows of which x is the maximum. buf: x, d_y, d_x.
cdef int maximum_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                          int n_threads) noexcept nogil

# y = the mean of each window. buf: x, y.
cdef int mean(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# d_x = the sum of d_y / (pixels of the window) over all windows. buf: d_y, d_x.
cdef int mean_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                       int n_threads) noexcept nogil
