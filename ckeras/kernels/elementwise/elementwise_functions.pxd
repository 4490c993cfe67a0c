"""Functions of floats over one tile; d may be an operand.

float32 has vector loops for all common ones. What is left is computed by the C
library, one element at a time.
"""

from libc cimport math

from ckeras.kernels.elementwise.elementwise cimport (
    ACOS, ASIN, ATAN, COS, COSH, ERF, EXP, EXPM1, FLOOR_DIVIDE, LOG, LOG1P, MOD, POWER,
    SIGMOID, SIN, SINH, SOFTPLUS, TAN, TANH,
)
from ckeras.kernels.elementwise.elementwise_scalars cimport (
    float_floor_divide, float_mod,
)
from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, load_d, load_f, load_nd, load_nf, store_d, store_f, store_nd,
    store_nf, vf,
)
from ckeras.kernels.types cimport real
from ckeras.kernels.vmath cimport (
    erf_f, exp, expm1, log, log1p, quick_tanh, sigmoid, softplus, vec,
)

cdef enum:
    BLOCK = 64


cdef inline vec vector_function(int opcode, vec x) noexcept nogil:
    if opcode == EXP:
        return exp(x)
    elif opcode == LOG:
        return log(x)
    elif opcode == LOG1P:
        return log1p(x)
    elif opcode == EXPM1:
        return expm1(x)
    elif opcode == TANH:
        return quick_tanh(x)
    elif opcode == SIGMOID:
        return sigmoid(x)
    elif opcode == SOFTPLUS:
        return softplus(x)
    elif vec is vf:
        return erf_f(x)
    else:
        return x


cdef inline void vector_loop(
    int opcode, real* d, const real* a, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i = 0
    if real is float:
        while i + LANES_F <= n:
            store_f(d + i, vector_function(opcode, load_f(a + i)))
            i += LANES_F
        if i < n:
            store_nf(d + i, vector_function(opcode, load_nf(a + i, n - i)), n - i)
    else:
        while i + LANES_D <= n:
            store_d(d + i, vector_function(opcode, load_d(a + i)))
            i += LANES_D
        if i < n:
            store_nd(d + i, vector_function(opcode, load_nd(a + i, n - i)), n - i)


cdef inline double sine(double x, double quarter_turns) noexcept nogil:
    """sin(x + quarter_turns · π/2), good to a float's accuracy while |x| < 1e6.

    Taylor series of both sine and cosine on the nearest multiple of π/2, in double,
    so that neither needs care. Written without branches, to be made a vector loop.
    """
    cdef double k = math.rint(x * 0.6366197723675814)
    cdef double r = x - k * 1.57079632673412561417 - k * 6.07710050650619224932e-11
    cdef double z = r * r
    cdef double s = -1.0 / 39916800.0
    cdef double c = 1.0 / 479001600.0
    cdef double quadrant, value
    s = s * z + 1.0 / 362880.0
    s = s * z - 1.0 / 5040.0
    s = s * z + 1.0 / 120.0
    s = s * z - 1.0 / 6.0
    s = s * z * r + r
    c = c * z - 1.0 / 3628800.0
    c = c * z + 1.0 / 40320.0
    c = c * z - 1.0 / 720.0
    c = c * z + 1.0 / 24.0
    c = c * z - 0.5
    c = c * z + 1.0
    quadrant = k + quarter_turns
    quadrant = quadrant - 4.0 * math.floor(quadrant * 0.25)
    value = c if (quadrant == 1.0) | (quadrant == 3.0) else s
    return -value if quadrant >= 2.0 else value


cdef inline void sine_loop(
    int opcode, float* d, const float* a, Py_ssize_t n
) noexcept nogil:
    """In blocks, because d may be a and large arguments are computed again."""
    cdef float y[BLOCK]
    cdef Py_ssize_t i, j, m
    cdef double turns = 1.0 if opcode == COS else 0.0
    i = 0
    while i < n:
        m = n - i if n - i < BLOCK else BLOCK
        for j in range(m):
            y[j] = <float> sine(a[i + j], turns)
        for j in range(m):
            if not math.fabsf(a[i + j]) < 1e6 or a[i + j] == 0:
                y[j] = math.cosf(a[i + j]) if opcode == COS else math.sinf(a[i + j])
        for j in range(m):
            d[i + j] = y[j]
        i += BLOCK


cdef inline float float_power_sign(float x, float y, float size) noexcept nogil:
    """x to the power y from |x| to the power y, without branches."""
    cdef float half = y * <float> 0.5
    cdef bint whole = math.floorf(y) == y
    cdef bint odd = whole & (math.floorf(half) != half)
    cdef bint below = (x < 0) | ((x == 0) & (<float> 1 / x < 0))
    cdef bint infinite_y = (y == y) & (y - y != 0)
    cdef bint one = (x == 1) | (y == 0) | ((x == -1) & infinite_y)
    # No real number: a negative base, but not -inf, and a fraction.
    cdef bint none = (x < 0) & (x - x == 0) & (y == y) & (1 - whole)
    cdef float result = -size if odd & below else size
    result = <float> math.NAN if none else result
    return <float> 1 if one else result


cdef inline void power_loop(
    float* d, const float* x, const float* y, Py_ssize_t n
) noexcept nogil:
    """exp(y log |x|) in double, exact enough for every float, then the sign."""
    cdef double t[BLOCK]
    cdef Py_ssize_t i, j, m
    i = 0
    while i < n:
        m = n - i if n - i < BLOCK else BLOCK
        for j in range(m):
            t[j] = math.fabs(x[i + j])
        vector_loop(LOG, <double*> t, t, m)
        for j in range(m):
            t[j] = t[j] * y[i + j]
        vector_loop(EXP, <double*> t, t, m)
        for j in range(m):
            d[i + j] = float_power_sign(x[i + j], y[i + j], <float> t[j])
        i += BLOCK


cdef inline int library(
    int opcode, real* d, const real* a, const real* b, Py_ssize_t n
) noexcept nogil:
    """What the C library computes, one element at a time, in double."""
    cdef Py_ssize_t i
    if opcode == MOD:
        for i in range(n):
            d[i] = float_mod(a[i], b[i])
    elif opcode == FLOOR_DIVIDE:
        for i in range(n):
            d[i] = float_floor_divide(a[i], b[i])
    elif opcode == POWER:
        for i in range(n):
            d[i] = <real> math.pow(a[i], b[i])
    else:
        for i in range(n):
            d[i] = <real> library_function(opcode, a[i])
    return 0


cdef inline double library_function(int opcode, double x) noexcept nogil:
    if opcode == SIN:
        return math.sin(x)
    elif opcode == COS:
        return math.cos(x)
    elif opcode == TAN:
        return math.tan(x)
    elif opcode == ASIN:
        return math.asin(x)
    elif opcode == ACOS:
        return math.acos(x)
    elif opcode == ATAN:
        return math.atan(x)
    elif opcode == SINH:
        return math.sinh(x)
    elif opcode == COSH:
        return math.cosh(x)
    else:
        return math.erf(x)


cdef inline int functions(
    int opcode, real* d, const real* a, const real* b, Py_ssize_t n
) noexcept nogil:
    if EXP <= opcode <= SOFTPLUS:
        vector_loop(opcode, d, a, n)
        return 0
    if real is float:
        if opcode == ERF:
            vector_loop(opcode, d, a, n)
            return 0
        if opcode == SIN or opcode == COS:
            sine_loop(opcode, d, a, n)
            return 0
        if opcode == POWER:
            power_loop(d, a, b, n)
            return 0
    return library(opcode, d, a, b, n)
