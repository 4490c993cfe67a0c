"""Cross-entropies, row by row.

With q = x / s, s = sum(x) and d_q = -t / c (0 outside the bounds) the gradient is
d_x = (d_q - sum(d_q q)) / s. What softmax's own gradient adds to that is a factor p:
the sum that it subtracts vanishes, because the loss does not change with the scale of
p.
"""

from cython.parallel cimport prange
from libc cimport math

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport vd, vf
from ckeras.kernels.vector.softmax_rows cimport (
    BLOCK, GRAIN, number_lanes, row_exp, row_max, row_sum, rows_at_once,
    total,
)
from ckeras.kernels.types cimport INDEX_OUT_OF_RANGE, OK, real
from ckeras.kernels.vmath cimport (
    absolute, div, exp, greater, if_equal, if_less, lesser, log, log1p, num, sigmoid,
)

cdef enum:
    PROBABILITIES = 0
    THROUGH_PROBABILITIES = 1
    LOGITS = 2


cdef inline vec inside(vec q, vec low, vec high) noexcept nogil:
    return lesser(high, greater(low, q))


cdef inline vec passing(vec q, vec low, vec high) noexcept nogil:
    """The part of a gradient that the bounds let through: 1, at a bound 1/2, else 0."""
    cdef vec none = num(q, 0.0), half = num(q, 0.5)
    cdef vec below = if_less(q, high, num(q, 1.0), if_equal(q, high, half, none))
    return if_less(low, q, below, if_equal(q, low, half, none))


cdef inline real log_of(real x) noexcept nogil:
    return math.logf(x) if real is float else math.log(x)


cdef inline void scale_row(vec* lane, real* x, Py_ssize_t n, real sum) noexcept nogil:
    """x / sum, in place."""
    cdef vec v, s
    cdef Py_ssize_t i = 0
    spread(&s, sum)
    while i < n:
        get(&v, x + i, n - i)
        v = div(v, s)
        put(x + i, &v, n - i)
        i += lanes(lane)


# --- one distribution for each row ---------------------------------------------------


cdef inline real dot_with_logs(
    vec* lane, const real* t, const real* x, Py_ssize_t n, real epsilon, real high
) noexcept nogil:
    """sum(t log c) for c = x / sum(x) within its bounds."""
    cdef vec low_v, high_v, sum_v, v, w, dot
    cdef Py_ssize_t i = 0
    spread(&low_v, epsilon)
    spread(&high_v, high)
    spread(&sum_v, row_sum(lane, x, n))
    spread(&dot, <real> 0)
    while i < n:
        get(&v, x + i, n - i)
        get(&w, t + i, n - i)
        dot = dot + w * log(inside(div(v, sum_v), low_v, high_v))
        i += lanes(lane)
    return <real> total(dot)


cdef inline real dot_with_shifted(
    vec* lane, const real* t, const real* x, Py_ssize_t n, real top
) noexcept nogil:
    """sum(t (x - top))."""
    cdef vec v, w, dot, top_v
    cdef Py_ssize_t i = 0
    spread(&dot, <real> 0)
    spread(&top_v, top)
    while i < n:
        get(&v, x + i, n - i)
        get(&w, t + i, n - i)
        dot = dot + w * (v - top_v)
        i += lanes(lane)
    return <real> total(dot)


cdef inline real categorical_row(
    vec* lane, Py_ssize_t mode, const real* t, const real* x, real* p, Py_ssize_t n,
    real epsilon, real high
) noexcept nogil:
    cdef real top, sum, dot
    if mode == PROBABILITIES:
        return -dot_with_logs(lane, t, x, n, epsilon, high)
    top = row_max(lane, x, n)
    dot = dot_with_shifted(lane, t, x, n, top) if mode == LOGITS else 0
    sum = row_exp(lane, x, p, n, top)
    scale_row(lane, p, n, sum)
    if mode == LOGITS:
        return log_of(sum) * row_sum(lane, t, n) - dot
    return -dot_with_logs(lane, t, p, n, epsilon, high)


cdef inline void through_bounds(
    vec* lane, bint times_p, const real* t, const real* p, real d, real* d_x,
    Py_ssize_t n, real epsilon, real high
) noexcept nogil:
    """The gradient by way of c; times p for the softmax."""
    cdef vec low_v, high_v, d_v, sum_v, v, w, q, d_q, dot
    cdef Py_ssize_t i = 0
    spread(&low_v, epsilon)
    spread(&high_v, high)
    spread(&d_v, d)
    spread(&sum_v, row_sum(lane, p, n))
    spread(&dot, <real> 0)
    while i < n:
        get(&v, p + i, n - i)
        get(&w, t + i, n - i)
        q = div(v, sum_v)
        d_q = -div(w * d_v, inside(q, low_v, high_v)) * passing(q, low_v, high_v)
        put(d_x + i, &d_q, n - i)
        dot = dot + d_q * q
        i += lanes(lane)
    spread(&dot, <real> total(dot))
    i = 0
    while i < n:
        get(&d_q, d_x + i, n - i)
        d_q = div(d_q - dot, sum_v)
        if times_p:
            get(&v, p + i, n - i)
            d_q = d_q * v
        put(d_x + i, &d_q, n - i)
        i += lanes(lane)


cdef inline void from_logits(
    vec* lane, const real* t, const real* p, real d, real* d_x, Py_ssize_t n
) noexcept nogil:
    """d (p sum(t) - t)."""
    cdef vec d_v, mass, v, w
    cdef Py_ssize_t i = 0
    spread(&d_v, d)
    spread(&mass, row_sum(lane, t, n))
    while i < n:
        get(&v, p + i, n - i)
        get(&w, t + i, n - i)
        v = d_v * (v * mass - w)
        put(d_x + i, &v, n - i)
        i += lanes(lane)


# --- one class for each row ----------------------------------------------------------


cdef inline real clipped(real q, real low, real high) noexcept nogil:
    q = low if q < low else q
    return high if q > high else q


cdef inline real sparse_row(
    vec* lane, Py_ssize_t mode, int label, const real* x, real* p, Py_ssize_t n,
    real epsilon, real high
) noexcept nogil:
    cdef bint known = 0 <= label < n
    cdef real top, sum, shifted
    if mode != PROBABILITIES:
        top = row_max(lane, x, n)
        shifted = x[label] - top if known else 0
        sum = row_exp(lane, x, p, n, top)
        scale_row(lane, p, n, sum)
        if mode == LOGITS:
            return log_of(sum) - shifted if known else 0
        x = p
    if not known:
        return 0
    return -log_of(clipped(x[label] / row_sum(lane, x, n), epsilon, high))


cdef inline void sparse_gradient_row(
    vec* lane, Py_ssize_t mode, int label, const real* p, real d, real* d_x,
    Py_ssize_t n, real epsilon, real high
) noexcept nogil:
    """At every class what the common sum gives, and once more at the label."""
    cdef bint known = 0 <= label < n
    cdef vec common_v, v
    cdef real sum, q, d_q, common, at_label
    cdef Py_ssize_t i = 0
    if not known:
        for i in range(n):
            d_x[i] = 0
        return
    if mode == LOGITS:
        common, at_label = d, d * (p[label] - 1)
    else:
        sum = row_sum(lane, p, n)
        q = p[label] / sum
        d_q = -d / clipped(q, epsilon, high)
        if not epsilon < q < high:
            d_q = d_q * <real> (0.5 if q == epsilon or q == high else 0)
        common = -(d_q * q) / sum
        at_label = (d_q - d_q * q) / sum
        if mode == THROUGH_PROBABILITIES:
            at_label = at_label * p[label]
    spread(&common_v, common)
    while i < n:
        v = common_v
        if mode != PROBABILITIES:
            get(&v, p + i, n - i)
            v = v * common_v
        put(d_x + i, &v, n - i)
        i += lanes(lane)
    d_x[label] = at_label


# --- all rows ------------------------------------------------------------------------


cdef inline void rows_of(
    vec* tag, bint is_sparse, bint backward, real** buf, const Py_ssize_t* dim,
    real epsilon, real high, Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t n = dim[1], mode = dim[2], r
    cdef const real* t
    cdef real* p
    cdef const int* label = <const int*> <void*> buf[0]
    cdef vec numbers
    number_lanes(&numbers)
    for r in range(first, end):
        t = buf[0] if is_sparse else buf[0] + r * n
        if backward:
            p = buf[1] + r * n
            if is_sparse:
                sparse_gradient_row(&numbers, mode, label[r], p, buf[2][r],
                                    buf[3] + r * n, n, epsilon, high)
            elif mode == LOGITS:
                from_logits(&numbers, t, p, buf[2][r], buf[3] + r * n, n)
            else:
                through_bounds(&numbers, mode == THROUGH_PROBABILITIES, t, p,
                               buf[2][r], buf[3] + r * n, n, epsilon, high)
        else:
            p = NULL if mode == PROBABILITIES else buf[3] + r * n
            if is_sparse:
                buf[2][r] = sparse_row(
                    &numbers, mode, label[r], buf[1] + r * n, p, n, epsilon, high)
            else:
                buf[2][r] = categorical_row(
                    &numbers, mode, t, buf[1] + r * n, p, n, epsilon, high)


cdef void some_rows(
    bint is_sparse, bint backward, real** buf, const Py_ssize_t* dim, double epsilon,
    Py_ssize_t first, Py_ssize_t end
) noexcept nogil:
    cdef real low = <real> epsilon, high = <real> (1 - epsilon)
    if real is float:
        rows_of(<vf*> NULL, is_sparse, backward, buf, dim, low, high, first, end)
    else:
        rows_of(<vd*> NULL, is_sparse, backward, buf, dim, low, high, first, end)


cdef int all_rows(
    bint is_sparse, bint backward, real** buf, const Py_ssize_t* dim, double epsilon,
    int n_threads
) noexcept nogil:
    cdef Py_ssize_t rows = dim[0], block = rows_at_once(dim[1]), b, end
    if rows * dim[1] < GRAIN:
        some_rows(is_sparse, backward, buf, dim, epsilon, 0, rows)
        return OK
    for b in prange((rows + block - 1) // block, schedule="static",
                    num_threads=n_threads):
        end = rows if rows - b * block < block else (b + 1) * block
        some_rows(is_sparse, backward, buf, dim, epsilon, b * block, end)
    return OK


cdef int categorical(real** buf, const Py_ssize_t* dim, const double* attr,
                     int n_threads) noexcept nogil:
    return all_rows(False, False, buf, dim, attr[0], n_threads)


cdef int categorical_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                              int n_threads) noexcept nogil:
    return all_rows(False, True, buf, dim, attr[0], n_threads)


cdef int sparse(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    cdef const int* label = <const int*> <void*> buf[0]
    cdef Py_ssize_t r
    if dim[3]:
        for r in range(dim[0]):
            if not 0 <= label[r] < dim[1]:
                return INDEX_OUT_OF_RANGE
    return all_rows(True, False, buf, dim, attr[0], n_threads)


cdef int sparse_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil:
    return all_rows(True, True, buf, dim, attr[0], n_threads)


# --- a probability for each element --------------------------------------------------


cdef inline vec binary_loss(vec t, vec c) noexcept nogil:
    cdef vec one = num(t, 1.0)
    return -(t * log(c) + (one - t) * log(one - c))


cdef inline vec logits_loss(vec t, vec x) noexcept nogil:
    """max(x, 0) - t x + log(1 + exp(-|x|))."""
    return (greater(x, num(x, 0.0)) - t * x) + log1p(exp(-absolute(x)))


cdef inline vec binary_slope(vec t, vec q, vec low, vec high) noexcept nogil:
    cdef vec one = num(t, 1.0), c = inside(q, low, high)
    return (div(one - t, one - c) - div(t, c)) * passing(q, low, high)


cdef inline void binary_range(
    vec* tag, bint backward, real** buf, Py_ssize_t mode, real epsilon, real high,
    Py_ssize_t i, Py_ssize_t end
) noexcept nogil:
    cdef vec t, x, d, low_v, high_v
    spread(&low_v, epsilon)
    spread(&high_v, high)
    while i < end:
        get(&t, buf[0] + i, end - i)
        get(&x, buf[1] + i, end - i)
        if backward:
            get(&d, buf[2] + i, end - i)
            if mode == LOGITS:
                d = d * (sigmoid(x) - t)
            else:
                d = d * binary_slope(t, x, low_v, high_v)
            if mode == THROUGH_PROBABILITIES:
                d = d * (x * (num(x, 1.0) - x))
            put(buf[3] + i, &d, end - i)
        else:
            if mode == LOGITS:
                d = logits_loss(t, x)
            else:
                if mode == THROUGH_PROBABILITIES:
                    x = sigmoid(x)
                    put(buf[3] + i, &x, end - i)
                d = binary_loss(t, inside(x, low_v, high_v))
            put(buf[2] + i, &d, end - i)
        i += lanes(tag)


cdef void some_binary(
    bint backward, real** buf, Py_ssize_t mode, double epsilon, Py_ssize_t first,
    Py_ssize_t end
) noexcept nogil:
    cdef real low = <real> epsilon, high = <real> (1 - epsilon)
    if real is float:
        binary_range(<vf*> NULL, backward, buf, mode, low, high, first, end)
    else:
        binary_range(<vd*> NULL, backward, buf, mode, low, high, first, end)


cdef int all_binary(
    bint backward, real** buf, const Py_ssize_t* dim, double epsilon, int n_threads
) noexcept nogil:
    cdef Py_ssize_t n = dim[0], b, end
    if n < GRAIN:
        some_binary(backward, buf, dim[1], epsilon, 0, n)
        return OK
    for b in prange((n + BLOCK - 1) // BLOCK, schedule="static",
                    num_threads=n_threads):
        end = n if n - b * BLOCK < BLOCK else (b + 1) * BLOCK
        some_binary(backward, buf, dim[1], epsilon, b * BLOCK, end)
    return OK


cdef int binary(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    return all_binary(False, buf, dim, attr[0], n_threads)


cdef int binary_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                         int n_threads) noexcept nogil:
    return all_binary(True, buf, dim, attr[0], n_threads)
