"""A plan's steps as C arrays, and the functions that run them.

A step of a plan may run another plan (`control.pyx`), so this is kept apart from the
Python class that owns the arrays.
"""

from ckeras.engine.runtime.entry cimport kernel_fn

cdef enum:
    INTERRUPTED = -1
    RAISED = -2


cdef struct CStep:
    kernel_fn fn          # NULL: a NumPy step, called back with the GIL
    Py_ssize_t slot       # its first buffer in the program's slots
    Py_ssize_t dim        # its first integer
    Py_ssize_t attr       # its first scalar


cdef struct Patch:
    Py_ssize_t slot
    Py_ssize_t offset


cdef struct Steps:
    CStep* steps
    Py_ssize_t n_steps
    Py_ssize_t commit         # the first step that changes a variable
    void** slots
    Py_ssize_t* dims
    double* attrs
    Patch* patches
    Py_ssize_t* patch_starts  # the first patch of each operand, and their number
    double* seconds           # what each step took, while `timed`
    void* callback            # a Python object, held by the owner of these arrays
    bint timed
    bint interruptible        # whether one run takes long enough to look for signals
    Py_ssize_t failed         # the step that ended a run early, -1 if none did
    double checked            # when signals were looked for last


cdef double now() noexcept nogil
cdef void supply(Steps* self, Py_ssize_t operand, void* base) noexcept nogil
cdef int check_signals(Steps* self) noexcept nogil
cdef int run_steps(Steps* self, int n_threads) noexcept nogil
