"""Runs a plan's steps as C code, without the GIL, for one batch or for many."""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer,
)
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from ckeras.engine.runtime.entry cimport entry_of, kernel_fn
from ckeras.kernels.fpu cimport enter_flush, leave_flush
from ckeras.engine.runtime.steps cimport CStep, Patch, Steps, now, run_steps, supply

cdef enum:
    TRIAL = 3            # batches that a trial of another number of threads takes
    TRIAL_GAP = 64       # batches between trials at first, and at most
    LONGEST_GAP = 2048

cdef double LONG = 1e-3  # seconds of a batch that is long


cdef int copy_bytes(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    """buf: source, destination; dim: bytes."""
    if buf[0] != buf[1] and dim[0] > 0:
        memcpy(buf[1], buf[0], dim[0])
    return 0


cdef struct Feed:
    Py_ssize_t operand
    char* source          # row 0 of the caller's array
    Py_ssize_t row_bytes
    Py_ssize_t n_rows     # rows that the source has
    char* staging         # where gathered rows go, or NULL


cdef struct Span:
    size_t start
    size_t end


cdef class Program:
    """A plan's steps as C arrays.

    Args:
        steps: for each step `(capsule, addresses, dims, attrs)`; the capsule is
            None for a step that `callback(index)` computes, and "copy" for a copy
            of `dims[0]` bytes.
        patches: for each operand that the caller supplies, the list of
            `(slot, offset)` that follow its address.
        callback: called with the step's index, holding the GIL.
        gather: the capsule of the kernel that gathers rows.
        commit: index of the first step that changes a variable. Before it, a run
            that takes long may be interrupted.
        interruptible: whether one run is long enough to look for signals in it.
        written: `(address, bytes)` of the memory that a run changes; an operand that
            lies there is copied first.
    """

    cdef Steps c
    cdef Span* written
    cdef Py_ssize_t n_written
    cdef kernel_fn gather
    cdef object callback
    cdef double pace[2]        # seconds of a batch on one thread and on all
    cdef double best           # the shortest batch on all threads
    cdef bint spread           # which of the two is in use: all threads?
    cdef Py_ssize_t turn, next_trial, trial_gap

    def __cinit__(
        self, steps, patches, callback, gather, commit, interruptible, written=()
    ):
        cdef Py_ssize_t n = 0, i
        cdef Steps* c = &self.c
        c.n_steps = len(steps)
        self.callback = callback
        c.callback = <void*> callback
        c.commit = commit
        c.interruptible = interruptible
        c.failed = -1
        self.gather = entry_of(gather) if gather is not None else NULL
        c.steps = <CStep*> calloc(c.n_steps + 1, sizeof(CStep))
        c.seconds = <double*> calloc(c.n_steps + 1, sizeof(double))
        c.slots = <void**> calloc(sum(len(s[1]) for s in steps) + 1, sizeof(void*))
        c.dims = <Py_ssize_t*> calloc(
            sum(len(s[2]) for s in steps) + 1, sizeof(Py_ssize_t))
        c.attrs = <double*> calloc(sum(len(s[3]) for s in steps) + 1, sizeof(double))
        c.patches = <Patch*> calloc(sum(map(len, patches)) + 1, sizeof(Patch))
        c.patch_starts = <Py_ssize_t*> calloc(len(patches) + 1, sizeof(Py_ssize_t))
        self.written = <Span*> calloc(len(written) + 1, sizeof(Span))
        if (c.steps == NULL or c.seconds == NULL or c.slots == NULL or c.dims == NULL
                or c.attrs == NULL or c.patches == NULL or c.patch_starts == NULL
                or self.written == NULL):
            raise MemoryError
        for start, size in written:
            self.written[self.n_written].start = start
            self.written[self.n_written].end = start + size
            self.n_written += 1
        self.fill_steps(steps)
        self.spread, self.turn, self.trial_gap = True, 0, TRIAL_GAP
        self.next_trial = 2 * TRIAL
        for i, group in enumerate(patches):
            for slot, offset in group:
                c.patches[n].slot = slot
                c.patches[n].offset = offset
                n += 1
            c.patch_starts[i + 1] = n

    def __dealloc__(self):
        free(self.written)
        free(self.c.steps)
        free(self.c.seconds)
        free(self.c.slots)
        free(self.c.dims)
        free(self.c.attrs)
        free(self.c.patches)
        free(self.c.patch_starts)

    cdef fill_steps(self, steps):
        cdef Py_ssize_t i, slot = 0, dim = 0, attr = 0
        for i, (capsule, addresses, dims, attrs) in enumerate(steps):
            if capsule is None:
                self.c.steps[i].fn = NULL
            elif capsule == "copy":
                self.c.steps[i].fn = copy_bytes
            else:
                self.c.steps[i].fn = entry_of(capsule)
            self.c.steps[i].slot = slot
            self.c.steps[i].dim = dim
            self.c.steps[i].attr = attr
            for address in addresses:
                self.c.slots[slot] = <void*> <size_t> address
                slot += 1
            for value in dims:
                self.c.dims[dim] = value
                dim += 1
            for number in attrs:
                self.c.attrs[attr] = number
                attr += 1

    @property
    def pointer(self):
        """Where the C arrays are, for a step of another program that runs this one."""
        return <size_t> &self.c

    @property
    def failed_step(self):
        """Index of the step that ended the last run early; -1 if none did."""
        return self.c.failed

    def forget_failure(self):
        """Notes that the failed step has been dealt with."""
        self.c.failed = -1

    def address(self, Py_ssize_t slot):
        """The address that a slot holds at present."""
        return <size_t> self.c.slots[slot]

    def time_steps(self, bint on):
        """Switches the step timer, and sets it to zero."""
        cdef Py_ssize_t i
        self.c.timed = on
        for i in range(self.c.n_steps):
            self.c.seconds[i] = 0

    def step_seconds(self):
        """Seconds that each step has taken since the timer was switched on."""
        return [self.c.seconds[i] for i in range(self.c.n_steps)]

    def patch(self, Py_ssize_t group, address):
        """Gives a caller's operand its address."""
        supply(&self.c, group, <void*> <size_t> address)

    cdef bint changes(self, size_t start, Py_ssize_t size) noexcept nogil:
        """Whether a run writes into memory that begins at `start`."""
        cdef Py_ssize_t i
        for i in range(self.n_written):
            if self.written[i].start < start + size and start < self.written[i].end:
                return True
        return False

    def run(self, list operands, int n_threads):
        """Runs all steps once on the caller's operands.

        Args:
            operands: a contiguous array for each group of patches.

        Returns:
            0 or the status that ended the run.
        """
        cdef Py_buffer view
        cdef Py_ssize_t i
        cdef int status
        cdef unsigned long old
        for i in range(len(operands)):
            # The list holds the arrays, so their memory stays after the release.
            PyObject_GetBuffer(operands[i], &view, PyBUF_SIMPLE)
            if self.changes(<size_t> view.buf, view.len):
                PyBuffer_Release(&view)
                operands[i] = operands[i].copy()
                PyObject_GetBuffer(operands[i], &view, PyBUF_SIMPLE)
            supply(&self.c, i, view.buf)
            PyBuffer_Release(&view)
        with nogil:
            old = enter_flush(n_threads)
            if self.c.interruptible:
                self.c.checked = now()
            status = run_steps(&self.c, n_threads)
            leave_flush(old, n_threads)
        return status

    def run_batches(
        self, feeds, indices, Py_ssize_t first_row, Py_ssize_t batch, Py_ssize_t count,
        double budget, int n_threads
    ):
        """Runs all steps for `count` batches of rows, or until the budget is spent.

        Args:
            feeds: `(group, source, row_bytes, n_rows, staging)` for each operand
                that has a row for each sample; rows are used where they lie if
                `staging` is 0, else gathered there. Results, too, are feeds.
            indices: address of the rows' numbers (int64), or 0.
            first_row: position of the first row.
            batch: rows in a batch.
            budget: seconds after which no further batch begins.

        Returns:
            Batches done, and 0 or the status that ended the run.
        """
        cdef Py_ssize_t n_feeds = len(feeds), done = 0, i
        cdef Feed* feed = <Feed*> calloc(n_feeds + 1, sizeof(Feed))
        cdef const long long* rows = <const long long*> <size_t> indices
        cdef int status = 0
        cdef double start
        cdef unsigned long old
        if feed == NULL:
            raise MemoryError
        for i, (group, source, row_bytes, n_rows, staging) in enumerate(feeds):
            feed[i].operand = group
            feed[i].source = <char*> <size_t> source
            feed[i].row_bytes = row_bytes
            feed[i].n_rows = n_rows
            feed[i].staging = <char*> <size_t> staging
        with nogil:
            start = now()
            self.c.checked = start
            old = enter_flush(n_threads)
            while done < count:
                status = self.feed_batch(
                    feed, n_feeds, rows, first_row + done * batch, batch, n_threads)
                if status == 0:
                    status = self.run_paced(n_threads)
                if status:
                    break
                done += 1
                if now() - start > budget:
                    break
            leave_flush(old, n_threads)
        free(feed)
        return done, status

    cdef int run_paced(self, int n_threads) noexcept nogil:
        """Runs all steps on all threads or on one, whichever has been faster.

        The bits do not depend on it. Where other processes want the CPUs, waiting for
        a thread that has lost its CPU can cost more than the threads gain; now and
        then the other choice is tried again, less often each time it loses. One thread
        is not tried where batches are long and run as fast as they ever did: waiting
        then is no large part of them.
        """
        cdef bint hopeless = self.spread and self.pace[1] > LONG and (
            self.pace[1] < 1.5 * self.best)
        cdef bint trial = self.turn >= self.next_trial and not hopeless
        cdef bint all_threads = self.spread != trial
        cdef double start, seconds
        cdef int status
        if n_threads == 1:
            return run_steps(&self.c, 1)
        start = now()
        status = run_steps(&self.c, n_threads if all_threads else 1)
        seconds = now() - start
        self.turn += 1
        if all_threads and (self.best == 0 or seconds < self.best):
            self.best = seconds
        # Averages move slowly, but what is tried anew counts from its last batch, and
        # the first batches, which touch memory for the first time, by the best of them.
        if trial or self.pace[all_threads] == 0 or (
            self.turn < 2 * TRIAL and seconds < self.pace[all_threads]
        ):
            self.pace[all_threads] = seconds
        else:
            self.pace[all_threads] += 0.1 * (seconds - self.pace[all_threads])
        if trial and self.turn >= self.next_trial + TRIAL:
            if self.pace[not self.spread] < self.pace[self.spread]:
                self.spread = not self.spread
                self.trial_gap = TRIAL_GAP
            else:
                self.trial_gap = min(2 * self.trial_gap, LONGEST_GAP)
            self.next_trial = self.turn + self.trial_gap
        elif not trial and self.pace[self.spread] > 2 * self.pace[not self.spread] > 0:
            self.next_trial = min(self.next_trial, self.turn)  # try again at once
        return status

    cdef int feed_batch(
        self, Feed* feed, Py_ssize_t n_feeds, const long long* rows, Py_ssize_t row,
        Py_ssize_t batch, int n_threads
    ) noexcept nogil:
        cdef Py_ssize_t i
        cdef Py_ssize_t dim[3]
        cdef void* buf[3]
        cdef int status
        for i in range(n_feeds):
            if feed[i].staging == NULL:
                supply(&self.c, feed[i].operand,
                       feed[i].source + row * feed[i].row_bytes)
                continue
            buf[0] = feed[i].source
            buf[1] = <void*> (rows + row)
            buf[2] = feed[i].staging
            dim[0], dim[1], dim[2] = batch, feed[i].row_bytes, feed[i].n_rows
            status = self.gather(buf, dim, NULL, n_threads)
            if status:
                self.c.failed = -1
                return status
            supply(&self.c, feed[i].operand, feed[i].staging)
        return 0
