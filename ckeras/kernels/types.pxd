"""The number types of the kernels and the one signature that all entries share.

A kernel entry is

    cdef int name(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil

buf holds the operands in the plan's order (inputs, outputs, workspace; NULL for an
operand that was left out), dim sizes and flags, attr scalars. An entry that returns
something other than OK has written nothing that anybody reads.
"""

ctypedef fused real:
    float
    double

ctypedef fused number:
    float
    double
    int
    long long

cdef enum Status:
    OK = 0
    INDEX_OUT_OF_RANGE = 1
    OUT_OF_MEMORY = 2
