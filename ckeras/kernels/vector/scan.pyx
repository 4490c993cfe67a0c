"""Places of extremes, and running sums."""

from cython.parallel cimport prange
from libc.math cimport INFINITY

from ckeras.kernels.fpu cimport FPU_FLUSH, fpu_get, fpu_set
from ckeras.kernels.simd cimport (
    LANES_F, eq_f, greater_f, lesser_f, load_f, lowest_bit, or_i, peak_f, prefetch,
    set_lanes, spread_f, total_f, vf, vi,
)
from ckeras.kernels.vector.fold cimport (
    Largest, Smallest, Sum, extreme, is_nan, joined,
)
from ckeras.kernels.types cimport OK, number

cdef enum:
    STRIP = 512        # columns searched together
    PART = 1024        # neighbours whose extreme is found before it is looked for
    LOOK = 64          # neighbours looked at together
    GRAIN = 1 << 17    # elements below which a second thread does not pay


cdef inline void halve_lanes(number* lane, int half, extreme* how) noexcept nogil:
    """The better of each of the first lanes and the one `half` behind it."""
    cdef int i
    for i in range(half):
        if extreme is Largest:
            lane[i] = lane[i + half] if lane[i + half] > lane[i] else lane[i]
        else:
            lane[i] = lane[i + half] if lane[i + half] < lane[i] else lane[i]


cdef inline number best_of_part(
    const number* x, Py_ssize_t n, bint* has_nan, extreme* how
) noexcept nogil:
    """The extreme of n neighbours; any number if one of them is NaN."""
    cdef number lane[LOOK]
    cdef number value, best = x[0]
    cdef Py_ssize_t start = 0, i
    cdef int broken = 0
    if n >= LOOK:
        for i in range(LOOK):
            lane[i] = x[i]
            broken |= is_nan(x[i])
        start = LOOK
        while start + LOOK <= n:
            for i in range(LOOK):
                value = x[start + i]
                broken |= is_nan(value)
                if extreme is Largest:
                    lane[i] = value if value > lane[i] else lane[i]
                else:
                    lane[i] = value if value < lane[i] else lane[i]
            start += LOOK
        halve_lanes(lane, LOOK // 2, how)
        halve_lanes(lane, LOOK // 4, how)
        halve_lanes(lane, LOOK // 8, how)
        halve_lanes(lane, LOOK // 16, how)
        halve_lanes(lane, LOOK // 32, how)
        best = lane[0]
        if extreme is Largest:
            best = lane[1] if lane[1] > best else best
        else:
            best = lane[1] if lane[1] < best else best
    for i in range(start, n):
        broken |= is_nan(x[i])
        if extreme is Largest:
            best = x[i] if x[i] > best else best
        else:
            best = x[i] if x[i] < best else best
    has_nan[0] = broken
    return best


cdef inline int place_in_run(
    const number* x, Py_ssize_t n, extreme* how
) noexcept nogil:
    """The first index of the extreme of n neighbours, or of NaN.

    Only the part that has it is searched for it.
    """
    cdef number best = x[0], other
    cdef Py_ssize_t start = 0, stop = 0, r = 0, size
    cdef bint has_nan = False
    cdef int found = 0
    while r < n and not has_nan:
        size = PART if n - r > PART else n - r
        other = best_of_part(x + r, size, &has_nan, how)
        if has_nan or r == 0 or (
                other > best if extreme is Largest else other < best):
            best, start, stop = other, r, r + size
        r += size
    if has_nan:
        for r in range(start, stop):
            if is_nan(x[r]):
                return <int> r
    while start + LOOK <= stop:  # without a branch for each, this loop is vectorized
        found = 0
        for r in range(LOOK):
            found |= x[start + r] == best
        if found:
            break
        start += LOOK
    for r in range(start, stop):
        if x[r] == best:
            return <int> r
    return 0


cdef inline vf best_vector(vf a, vf b, extreme* how) noexcept nogil:
    """The better number lane by lane, b where one is NaN."""
    if extreme is Largest:
        return greater_f(a, b)
    else:
        return lesser_f(a, b)


cdef inline float best_of_floats(
    const float* x, Py_ssize_t n, bint* not_finite, extreme* how
) noexcept nogil:
    """The extreme of n neighbours, NaN left out; whether all are finite.

    0 · x is NaN where x is not finite: one multiply-add finds out.
    """
    cdef vf zero = spread_f(0.0), worst, v0, v1, v2, v3, b0, b1, b2, b3, s0, s1
    cdef Py_ssize_t i = 0
    cdef float best, total
    worst = spread_f(-INFINITY if extreme is Largest else INFINITY)
    b0, b1, b2, b3 = worst, worst, worst, worst
    s0, s1 = zero, zero
    while i + 4 * LANES_F <= n:
        v0 = load_f(x + i)
        v1 = load_f(x + i + LANES_F)
        v2 = load_f(x + i + 2 * LANES_F)
        v3 = load_f(x + i + 3 * LANES_F)
        b0 = best_vector(v0, b0, how)
        b1 = best_vector(v1, b1, how)
        b2 = best_vector(v2, b2, how)
        b3 = best_vector(v3, b3, how)
        s0 = v0 * zero + s0
        s1 = v1 * zero + s1
        s0 = v2 * zero + s0
        s1 = v3 * zero + s1
        i += 4 * LANES_F
    b0 = best_vector(best_vector(b0, b1, how), best_vector(b2, b3, how), how)
    best = peak_f(b0) if extreme is Largest else -peak_f(-b0)
    total = total_f(s0 + s1)
    while i < n:
        total += x[i] * 0
        if extreme is Largest:
            best = x[i] if x[i] > best else best
        else:
            best = x[i] if x[i] < best else best
        i += 1
    not_finite[0] = total != total
    return best


cdef inline Py_ssize_t place_of_float(
    const float* x, Py_ssize_t n, float wanted
) noexcept nogil:
    """The first index of a number that is among n neighbours.

    Meanwhile, what follows these is fetched: it is most often searched next.
    """
    cdef vf w = spread_f(wanted)
    cdef vi m0, m1, m2, m3
    cdef unsigned int set01, set23
    cdef Py_ssize_t i = 0
    while i + 4 * LANES_F <= n:
        prefetch(x + n + i)
        prefetch(x + n + i + LANES_F)
        prefetch(x + n + i + 2 * LANES_F)
        prefetch(x + n + i + 3 * LANES_F)
        m0 = eq_f(load_f(x + i), w)
        m1 = eq_f(load_f(x + i + LANES_F), w)
        m2 = eq_f(load_f(x + i + 2 * LANES_F), w)
        m3 = eq_f(load_f(x + i + 3 * LANES_F), w)
        if set_lanes(or_i(or_i(m0, m1), or_i(m2, m3))):
            set01 = set_lanes(m0) | set_lanes(m1) << LANES_F
            set23 = set_lanes(m2) | set_lanes(m3) << LANES_F
            return i + (lowest_bit(set01) if set01
                        else 2 * LANES_F + lowest_bit(set23))
        i += 4 * LANES_F
    while i < n and x[i] != wanted:
        i += 1
    return i


cdef int place_in_floats(
    const float* x, Py_ssize_t n, extreme* how
) noexcept nogil:
    """`place_in_run` by vectors."""
    cdef float best = x[0], other
    cdef Py_ssize_t start = 0, stop = 0, r = 0, size, i
    cdef bint not_finite = False
    while r < n:
        size = PART if n - r > PART else n - r
        other = best_of_floats(x + r, size, &not_finite, how)
        if not_finite:
            for i in range(r, r + size):
                if is_nan(x[i]):
                    return <int> i
        if r == 0 or (other > best if extreme is Largest else other < best):
            best, start, stop = other, r, r + size
        r += size
    return <int> (start + place_of_float(x + start, stop - start, best))


cdef void places_in_columns(
    const number* x, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t width, int* place,
    extreme* how,
) noexcept nogil:
    """The first row of the extreme of each of at most STRIP columns."""
    cdef number best[STRIP]
    cdef number value
    cdef Py_ssize_t r, i
    cdef bint better
    for i in range(width):
        best[i] = x[i]
        place[i] = 0
    for r in range(1, rows):
        for i in range(width):
            value = x[r * step + i]
            better = value > best[i] if extreme is Largest else value < best[i]
            better = (better or is_nan(value)) and not is_nan(best[i])
            best[i] = value if better else best[i]
            place[i] = <int> r if better else place[i]


cdef void places_task(
    const number* x, int* out, Py_ssize_t reduce, Py_ssize_t inner, Py_ssize_t task,
    extreme* how,
) noexcept nogil:
    """One strip of columns of one outer index."""
    cdef Py_ssize_t strips = (inner + STRIP - 1) // STRIP
    cdef Py_ssize_t o = task // strips, column = task % strips * STRIP
    cdef Py_ssize_t width = STRIP if inner - column > STRIP else inner - column
    if inner == 1:
        if number is float:
            out[o] = place_in_floats(x + o * reduce, reduce, how)
        else:
            out[o] = place_in_run(x + o * reduce, reduce, how)
    else:
        places_in_columns(
            x + o * reduce * inner + column, reduce, inner, width,
            out + o * inner + column, how)


cdef void some_places(
    const number* x, int* out, const Py_ssize_t* dim, Py_ssize_t task, Py_ssize_t end,
    extreme* how,
) noexcept nogil:
    """One thread's tasks, in which it tells subnormal numbers from zero."""
    cdef unsigned long flushing = fpu_get()
    fpu_set(flushing & ~FPU_FLUSH)
    while task < end:
        places_task(x, out, dim[1], dim[2], task, how)
        task += 1
    fpu_set(flushing)


cdef int places(
    const number* x, int* out, const Py_ssize_t* dim, extreme* how, int n_threads
) noexcept nogil:
    cdef Py_ssize_t tasks = dim[0] * ((dim[2] + STRIP - 1) // STRIP), workers, w
    workers = n_threads if n_threads < tasks else tasks
    if workers <= 1 or dim[0] * dim[1] * dim[2] < GRAIN:
        some_places(x, out, dim, 0, tasks, how)
        return OK
    for w in prange(workers, schedule="static", num_threads=<int> workers):
        some_places(x, out, dim, tasks * w // workers, tasks * (w + 1) // workers, how)
    return OK


cdef int argmax(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    return places(buf[0], <int*> <void*> buf[1], dim, <Largest*> NULL, n_threads)


cdef int argmin(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    return places(buf[0], <int*> <void*> buf[1], dim, <Smallest*> NULL, n_threads)


cdef void run_sums(
    const number* x, number* out, Py_ssize_t rows, Py_ssize_t step, Py_ssize_t inner
) noexcept nogil:
    """Running sums down columns whose rows are `step` apart; inner columns."""
    cdef Py_ssize_t r, i, _row
    cdef number total = 0
    if inner == 1:
        for r in range(rows):
            total = joined(total, x[r * step], <Sum*> NULL)
            out[r * step] = total
        return
    for i in range(inner):
        out[i] = x[i]
    for _row in range(1, rows):
        x += step
        out += step
        for i in range(inner):
            out[i] = joined(out[i - step], x[i], <Sum*> NULL)


cdef int cumsum(number** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    cdef const number* x = buf[0]
    cdef number* out = buf[1]
    cdef Py_ssize_t reduce = dim[1], inner = dim[2], o
    cdef Py_ssize_t step = -inner if dim[3] else inner
    cdef Py_ssize_t last = (reduce - 1) * inner if dim[3] else 0
    cdef Py_ssize_t size = reduce * inner
    if size == 0:
        return OK
    if dim[0] * size < GRAIN:
        for o in range(dim[0]):
            run_sums(x + o * size + last, out + o * size + last, reduce, step, inner)
    else:
        for o in prange(dim[0], schedule="static", num_threads=n_threads):
            run_sums(x + o * size + last, out + o * size + last, reduce, step, inner)
    return OK
