"""Runs a plan's steps, without the GIL except for those that NumPy computes."""

from cpython.exc cimport PyErr_CheckSignals
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec


cdef double now() noexcept nogil:
    cdef timespec t
    clock_gettime(CLOCK_MONOTONIC, &t)
    return t.tv_sec + 1e-9 * t.tv_nsec


cdef void supply(Steps* self, Py_ssize_t operand, void* base) noexcept nogil:
    """Gives an operand that the caller supplies its address, wherever it is used."""
    cdef Py_ssize_t i
    for i in range(self.patch_starts[operand], self.patch_starts[operand + 1]):
        self.slots[self.patches[i].slot] = <char*> base + self.patches[i].offset


cdef int check_signals(Steps* self) noexcept nogil:
    """INTERRUPTED if Python has an exception to raise; looks at most every 20 ms."""
    cdef double time = now()
    if time - self.checked < 0.02:
        return 0
    self.checked = time
    with gil:
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            (<object> self.callback).raised = error
            return INTERRUPTED
    return 0


cdef int call_back(Steps* self, Py_ssize_t index) noexcept with gil:
    callback = <object> self.callback
    try:
        callback(index)
    except BaseException as error:
        callback.raised = error
        return RAISED
    return 0


cdef int run_steps(Steps* self, int n_threads) noexcept nogil:
    """Runs all steps once; returns 0 or the status that ended the run."""
    cdef Py_ssize_t i
    cdef CStep* step
    cdef int status = 0
    cdef double start = 0
    for i in range(self.n_steps):
        step = &self.steps[i]
        if self.interruptible and i < self.commit:
            status = check_signals(self)
            if status:
                self.failed = i
                return status
        if self.timed:
            start = now()
        if step.fn != NULL:
            status = step.fn(
                &self.slots[step.slot], &self.dims[step.dim],
                &self.attrs[step.attr], n_threads)
        else:
            status = call_back(self, i)
        if self.timed:
            self.seconds[i] += now() - start
        if status:
            self.failed = i
            return status
    return 0
