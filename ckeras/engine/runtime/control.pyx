"""The steps that run other plans: one of several, or one as often as needed.

They have the kernels' signature. The inner programs' arrays come last among the
buffers; their operands are not copied but given their addresses.
"""

from libc.string cimport memcpy, memset

from ckeras.engine.runtime.steps cimport Steps, check_signals, run_steps, supply

cdef enum:
    LINE = 64      # buffers in the workspace begin on cache lines
    HEAD = 9       # integers of a loop before the sizes


cdef int switch(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t n = dim[0], n_in = dim[1], n_out = dim[2], i
    cdef Py_ssize_t which = min(max(<Py_ssize_t> (<int*> buf[0])[0], 0), n - 1)
    cdef void** outputs = buf + 1 + n_in
    cdef const Py_ssize_t* nbytes = dim + 3
    cdef const Py_ssize_t* source = nbytes + n_out + which * n_out
    cdef Steps* branch = <Steps*> outputs[n_out + 1 + which]
    for i in range(n_in):
        supply(branch, i, buf[1 + i])
    for i in range(n_out):
        if source[i] >= 0:
            supply(branch, n_in + source[i], outputs[i])
        else:
            memset(outputs[i], 0, nbytes[i])
    return run_steps(branch, n_threads)


cdef struct Loop:
    Steps* body
    Steps* condition           # NULL where only the count ends the loop
    bint reverse
    Py_ssize_t limit           # iterations at most, negative for no limit
    Py_ssize_t n_consts, n_condition_consts, n_carries, n_xs, n_ys
    void** carries             # IN  the first carried values
    void** xs                  # IN  stacks, of which each iteration reads one row
    void** last                # OUT the last carried values
    void** ys                  # OUT stacks, of which each iteration writes one row
    char* answer               # WORK the condition's result
    char* spare                # WORK a second buffer for every carried value
    const Py_ssize_t* carry_bytes
    const Py_ssize_t* x_bytes  # of one row
    const Py_ssize_t* y_bytes
    const Py_ssize_t* in_place  # for each carried value whether it is overwritten


cdef inline Py_ssize_t rounded(Py_ssize_t size) noexcept nogil:
    return (size + LINE - 1) // LINE * LINE


cdef void supply_carries(
    Loop* l, Steps* program, Py_ssize_t first, int side
) noexcept nogil:
    """Supplies the first carried values (0), the results (1) or the spare ones (2)."""
    cdef Py_ssize_t i
    cdef char* spare = l.spare
    for i in range(l.n_carries):
        if l.in_place[i]:
            supply(program, first + i, l.last[i])
            continue
        if side == 2:
            supply(program, first + i, spare)
        else:
            supply(program, first + i, l.last[i] if side else l.carries[i])
        spare += rounded(l.carry_bytes[i])


cdef int goes_on(Loop* l, int side, int n_threads) noexcept nogil:
    """Evaluates the condition; the answer is in `l.answer`."""
    supply_carries(l, l.condition, l.n_condition_consts, side)
    return run_steps(l.condition, n_threads)


cdef int iterate(Loop* l, Py_ssize_t t, int side, int to, int n_threads) noexcept nogil:
    """Runs the body on row `t`, from the carried values on one side to the other."""
    cdef Py_ssize_t i, first = l.n_consts
    supply_carries(l, l.body, first, side)
    first += l.n_carries
    for i in range(l.n_xs):
        supply(l.body, first + i, <char*> l.xs[i] + t * l.x_bytes[i])
    first += l.n_xs
    supply_carries(l, l.body, first, to)
    first += l.n_carries
    for i in range(l.n_ys):
        supply(l.body, first + i, <char*> l.ys[i] + t * l.y_bytes[i])
    return run_steps(l.body, n_threads)


cdef int run_loop(Loop* l, Py_ssize_t* done, int* side, int n_threads) noexcept nogil:
    cdef Py_ssize_t n = 0, t
    cdef int status = 0, to
    while l.limit < 0 or n < l.limit:
        # Nothing has been written to a variable yet: a run may end here. Reading the
        # clock takes as long as a small body.
        if n % 32 == 0:
            status = check_signals(l.body)
        if status == 0 and l.condition != NULL:
            status = goes_on(l, side[0], n_threads)
            if status == 0 and not l.answer[0]:
                break
        if status:
            return status
        t = l.limit - 1 - n if l.reverse else n
        if l.condition == NULL and (l.limit - n) % 2 == 0:
            to = 2  # so that the last iteration writes the results
        else:
            to = 2 if side[0] == 1 else 1
        status = iterate(l, t, side[0], to, n_threads)
        if status:
            return status
        side[0] = to
        n += 1
    done[0] = n
    return 0


cdef void finish(Loop* l, Py_ssize_t done, Py_ssize_t rows, int side) noexcept nogil:
    """Puts the carried values where results go, and zeros into rows never reached."""
    cdef Py_ssize_t i
    cdef char* spare = l.spare
    for i in range(l.n_carries):
        if l.in_place[i]:
            continue
        if side != 1:
            memcpy(l.last[i], spare if side == 2 else l.carries[i], l.carry_bytes[i])
        spare += rounded(l.carry_bytes[i])
    for i in range(l.n_ys):
        if rows > done:
            memset(
                <char*> l.ys[i] + done * l.y_bytes[i], 0, (rows - done) * l.y_bytes[i])


cdef int loop(
    void** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Loop l
    cdef Py_ssize_t done = 0, rows = dim[0], i
    cdef int side = 0, status
    cdef long long* count = NULL
    l.reverse, l.limit = dim[1] != 0, dim[0]
    l.n_consts, l.n_condition_consts = dim[4], dim[5]
    l.n_carries, l.n_xs, l.n_ys = dim[6], dim[7], dim[8]
    l.carry_bytes = dim + HEAD
    l.x_bytes = l.carry_bytes + l.n_carries
    l.y_bytes = l.x_bytes + l.n_xs
    l.in_place = l.y_bytes + l.n_ys
    if dim[3]:
        l.limit = min(l.limit, <Py_ssize_t> (<long long*> buf[0])[0])
        buf += 1
    l.carries = buf + l.n_consts + l.n_condition_consts
    l.xs = l.carries + l.n_carries
    l.last = l.xs + l.n_xs
    if dim[2]:
        count = <long long*> l.last[0]
        l.last += 1
    l.ys = l.last + l.n_carries
    l.answer = <char*> l.ys[l.n_ys]
    l.spare = l.answer + LINE
    l.body = <Steps*> l.ys[l.n_ys + 1]
    l.condition = <Steps*> l.ys[l.n_ys + 2] if dim[2] else NULL
    for i in range(l.n_consts):
        supply(l.body, i, buf[i])
    if l.condition != NULL:
        for i in range(l.n_condition_consts):
            supply(l.condition, i, buf[l.n_consts + i])
        supply(l.condition, l.n_condition_consts + l.n_carries, l.answer)
    for i in range(l.n_carries):
        if l.in_place[i]:
            memcpy(l.last[i], l.carries[i], l.carry_bytes[i])
    status = run_loop(&l, &done, &side, n_threads)
    if status:
        return status
    finish(&l, done, rows, side)
    if count != NULL:
        count[0] = done
    return 0
