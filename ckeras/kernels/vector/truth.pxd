"""Whether any or all elements along an axis are true, for numbers of every type.

A number is true if one of its bits is set that `mask` has: all bits of an integer, and
all but the sign of a float.

    any, all   buf  x, out (bytes 0 and 1), workspace
               dim  0 outer   1 reduce   2 inner   3 chunks   4 item size (1, 2, 4, 8)
                    5 mask
               out[o, i] = whether x[o, r, i] is true for one r, for all r

Runs end at the first element that decides. More than one of the chunks (1..32), parts
of the reduced axis that are taken apart and then joined, needs a workspace of chunks ·
outer · inner bytes.
"""

cdef int any(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil

cdef int all(void** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil
