"""Steps that run other plans: one of several, or one as often as needed.

They have the kernels' signature. The inner programs' arrays (`Steps*`) come last among
the buffers, behind the workspace; their operands are not copied but given addresses.

switch: runs the program that an index picks; the index is moved into range.
    buf: index (int32), operands, outputs, workspace, programs.
    dim: number of programs, of operands, of outputs; each output's bytes; then for
        each program and output the program's output for it, or -1 for zeros.

loop: runs the body until its count is reached or the condition is false.
    buf: the count (int64) if it is an operand, the body's constants, the condition's
        constants, first carried values, stacks to read; the count as a result if
        there is a condition, last carried values, stacks to write; workspace: a line
        and a second buffer for each carried value that is not overwritten; body,
        condition.
    dim: iterations at most (negative: no limit), reverse, whether there is a
        condition, whether the count is an operand, numbers of constants of body and
        condition, of carried values, stacks to read and to write; bytes of each
        carried value, of each row to read, of each row to write; for each carried
        value whether the body overwrites it.
    The body maps constants, carried values and rows to carried values and rows; the
    condition maps constants and carried values to a boolean.
"""

cdef int switch(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
cdef int loop(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
