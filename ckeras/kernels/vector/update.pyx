"""Optimizer steps. The formulas and the order of their operations are Keras'."""

from cython.parallel cimport prange
from libc cimport math

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport sqrt_d, sqrt_f, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport div, if_less

cdef enum:
    BLOCK = 4096      # elements that one thread takes at a time
    GRAIN = 1 << 16   # elements below which a second thread does not pay
    ADAM
    SGD
    MOMENTUM
    RMSPROP


cdef struct Scalars:
    double rate
    double decay_1     # of the mean, or the momentum
    double decay_2     # of the mean square
    double gain_1      # 1 - decay_1
    double gain_2
    double epsilon
    bint nesterov


cdef inline double number_at(const void* p, Py_ssize_t code) noexcept nogil:
    if code == 0:
        return (<const float*> p)[0]
    elif code == 1:
        return (<const double*> p)[0]
    elif code == 2:
        return (<const int*> p)[0]
    else:
        return <double> (<const long long*> p)[0]


cdef inline vec root(vec x) noexcept nogil:
    if vec is vf:
        return sqrt_f(x)
    else:
        return sqrt_d(x)


cdef inline void adam_at(
    vec* tag, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t n
) noexcept nogil:
    cdef vec p, g, m, v, u, gain_1, gain_2, rate, epsilon
    spread(&gain_1, <real> s.gain_1)
    spread(&gain_2, <real> s.gain_2)
    spread(&rate, <real> s.rate)
    spread(&epsilon, <real> s.epsilon)
    get(&p, buf[0] + i, n)
    get(&g, buf[1] + i, n)
    get(&m, buf[2] + i, n)
    get(&v, buf[3] + i, n)
    m = m + (g - m) * gain_1
    v = v + (g * g - v) * gain_2
    put(buf[8] + i, &m, n)
    put(buf[9] + i, &v, n)
    if buf[4] != NULL:
        get(&u, buf[4] + i, n)
        v = if_less(v, u, u, v)
        put(buf[10] + i, &v, n)
    p = p - div(m * rate, root(v) + epsilon)
    put(buf[7] + i, &p, n)


cdef inline void sgd_at(
    vec* tag, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t n
) noexcept nogil:
    cdef vec p, g, rate
    spread(&rate, <real> s.rate)
    get(&p, buf[0] + i, n)
    get(&g, buf[1] + i, n)
    p = p - g * rate
    put(buf[3] + i, &p, n)


cdef inline void momentum_at(
    vec* tag, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t n
) noexcept nogil:
    cdef vec p, g, m, rate, decay
    spread(&rate, <real> s.rate)
    spread(&decay, <real> s.decay_1)
    get(&p, buf[0] + i, n)
    get(&g, buf[1] + i, n)
    get(&m, buf[2] + i, n)
    g = g * rate
    m = m * decay - g
    p = p + (m * decay - g if s.nesterov else m)
    put(buf[4] + i, &p, n)
    put(buf[5] + i, &m, n)


cdef inline void rmsprop_at(
    vec* tag, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t n
) noexcept nogil:
    cdef vec p, g, v, a, m, rate, decay_1, decay_2, gain_2, epsilon
    cdef int out = 8
    spread(&rate, <real> s.rate)
    spread(&decay_1, <real> s.decay_1)
    spread(&decay_2, <real> s.decay_2)
    spread(&gain_2, <real> s.gain_2)
    spread(&epsilon, <real> s.epsilon)
    get(&p, buf[0] + i, n)
    get(&g, buf[1] + i, n)
    get(&v, buf[2] + i, n)
    v = decay_2 * v + gain_2 * (g * g)
    put(buf[7] + i, &v, n)
    if buf[3] != NULL:
        get(&a, buf[3] + i, n)
        a = decay_2 * a + gain_2 * g
        put(buf[out] + i, &a, n)
        v = v - a * a
        out += 1
    g = div(rate * g, root(v + epsilon))
    if buf[4] != NULL:
        get(&m, buf[4] + i, n)
        g = decay_1 * m + g
        put(buf[out] + i, &g, n)
    p = p - g
    put(buf[6] + i, &p, n)


cdef inline void step_at(
    vec* tag, const int rule, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t n
) noexcept nogil:
    if rule == ADAM:
        adam_at(tag, buf, s, i, n)
    elif rule == SGD:
        sgd_at(tag, buf, s, i, n)
    elif rule == MOMENTUM:
        momentum_at(tag, buf, s, i, n)
    else:
        rmsprop_at(tag, buf, s, i, n)


cdef inline void step_block(
    vec* tag, const int rule, real** buf, const Scalars* s, Py_ssize_t i, Py_ssize_t end
) noexcept nogil:
    cdef Py_ssize_t width = lanes(tag)
    while i + width <= end:
        step_at(tag, rule, buf, s, i, width)
        i += width
    if i < end:
        step_at(tag, rule, buf, s, i, end - i)


cdef inline void step(
    const int rule, real** buf, const Scalars* s, Py_ssize_t n, int n_threads
) noexcept nogil:
    cdef Py_ssize_t b, end
    if n < GRAIN:
        if real is float:
            step_block(<vf*> NULL, rule, buf, s, 0, n)
        else:
            step_block(<vd*> NULL, rule, buf, s, 0, n)
        return
    for b in prange(
        (n + BLOCK - 1) // BLOCK, schedule="static", num_threads=n_threads
    ):
        end = n if n - b * BLOCK < BLOCK else (b + 1) * BLOCK
        if real is float:
            step_block(<vf*> NULL, rule, buf, s, b * BLOCK, end)
        else:
            step_block(<vd*> NULL, rule, buf, s, b * BLOCK, end)


cdef inline real adam_rate(
    real rate, double t, real beta_1, real beta_2
) noexcept nogil:
    """rate · √(1 - beta_2^t) / (1 - beta_1^t), rounded at every step like Keras."""
    cdef real left_1 = 1 - <real> math.pow(beta_1, t)
    cdef real left_2 = 1 - <real> math.pow(beta_2, t)
    if real is float:
        return rate * math.sqrtf(left_2) / left_1
    else:
        return rate * math.sqrt(left_2) / left_1


cdef int adam(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    cdef Scalars s
    cdef double rate = number_at(buf[5], dim[1])
    s.rate = adam_rate(
        <real> rate, number_at(buf[6], dim[2]), <real> attr[0], <real> attr[1])
    s.gain_1 = 1 - attr[0]
    s.gain_2 = 1 - attr[1]
    s.epsilon = attr[2]
    step(ADAM, buf, &s, dim[0], n_threads)
    return OK


cdef int sgd(real** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil:
    cdef Scalars s
    s.rate = number_at(buf[2], dim[1])
    step(SGD, buf, &s, dim[0], n_threads)
    return OK


cdef int momentum(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil:
    cdef Scalars s
    s.rate = number_at(buf[3], dim[1])
    s.nesterov = dim[2]
    s.decay_1 = attr[0]
    step(MOMENTUM, buf, &s, dim[0], n_threads)
    return OK


cdef int rmsprop(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef Scalars s
    s.rate = number_at(buf[5], dim[1])
    s.decay_2 = attr[0]
    s.gain_2 = 1 - attr[0]
    s.epsilon = attr[1]
    s.decay_1 = attr[2]
    step(RMSPROP, buf, &s, dim[0], n_threads)
    return OK
