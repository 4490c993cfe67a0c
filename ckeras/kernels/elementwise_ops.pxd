"""The instructions of elementwise programs, each a loop over one tile.

d may be a, b or c: every loop reads what it needs at an index before it writes there.
The C compiler makes vector loops of all but those that call the C library.
"""

from libc cimport math

from ckeras.kernels cimport vmath
from ckeras.kernels.elementwise cimport (
    ABS, ACOS, ADD, ASIN, ATAN, BITWISE_AND, BITWISE_NOT, BITWISE_OR, BITWISE_XOR,
    CEIL, CLIP, COS, COSH, DIVIDE, EQUAL, ERF, EXP, EXPM1, FLOOR, FLOOR_DIVIDE,
    ISFINITE, ISINF, ISNAN, LEFT_SHIFT, LESS, LESS_EQUAL, LOG, LOG1P, LOGICAL_AND,
    LOGICAL_NOT, LOGICAL_OR, LOGICAL_XOR, MAXIMUM, MINIMUM, MOD, MULTIPLY, NEGATIVE,
    NONZERO, NOT_EQUAL, POWER, RECIPROCAL, RELU, RELU_GRADIENT, RIGHT_SHIFT, ROUND,
    RSQRT, SELECT, SIGMOID, SIGMOID_GRADIENT, SIGN, SIN, SINH, SOFTPLUS, SQRT, SQUARE,
    SUBTRACT, TAN, TANH, TANH_GRADIENT,
)
from ckeras.kernels.simd cimport (
    LANES_D, LANES_F, load_d, load_f, load_nd, load_nf, store_d, store_f, store_nd,
    store_nf, vd, vf,
)
from ckeras.kernels.types cimport number, real

ctypedef fused integer:
    int
    long long

cdef enum:
    BLOCK = 64


# One element. Integers wrap around like the hardware's.

cdef inline number plus(number a, number b) noexcept nogil:
    if number is float or number is double:
        return a + b
    elif number is int:
        return <int> (<unsigned int> a + <unsigned int> b)
    else:
        return <long long> (<unsigned long long> a + <unsigned long long> b)


cdef inline number minus(number a, number b) noexcept nogil:
    if number is float or number is double:
        return a - b
    elif number is int:
        return <int> (<unsigned int> a - <unsigned int> b)
    else:
        return <long long> (<unsigned long long> a - <unsigned long long> b)


cdef inline number times(number a, number b) noexcept nogil:
    if number is float or number is double:
        return a * b
    elif number is int:
        return <int> (<unsigned int> a * <unsigned int> b)
    else:
        return <long long> (<unsigned long long> a * <unsigned long long> b)


cdef inline number opposite(number a) noexcept nogil:
    if number is float or number is double:
        return -a
    else:
        return minus(<number> 0, a)


cdef inline number size_of(number a) noexcept nogil:
    if number is float:
        return math.fabsf(a)
    elif number is double:
        return math.fabs(a)
    else:
        return opposite(a) if a < 0 else a


cdef inline real float_mod(real a, real b) noexcept nogil:
    """The remainder with the sign of the divisor."""
    cdef real rest = <real> math.fmod(a, b)
    if rest != 0 and (rest < 0) != (b < 0):
        rest += b
    return rest


cdef inline real float_floor_divide(real a, real b) noexcept nogil:
    cdef real rest, quotient, whole
    if b == 0:
        return a / b
    rest = <real> math.fmod(a, b)
    quotient = (a - rest) / b
    if rest != 0 and (rest < 0) != (b < 0):
        quotient -= 1
    whole = <real> math.floor(quotient)
    return whole + 1 if quotient - whole > 0.5 else whole


cdef inline integer int_floor_divide(integer a, integer b) noexcept nogil:
    """Rounded down; 0 for a division by 0, as in NumPy."""
    if b == 0:
        return 0
    if b == -1:
        return minus(<integer> 0, a)
    return a // b - (a % b != 0 and (a < 0) != (b < 0))


cdef inline integer int_mod(integer a, integer b) noexcept nogil:
    if b == 0 or b == -1:
        return 0
    cdef integer rest = a % b
    return rest + b if rest != 0 and (rest < 0) != (b < 0) else rest


cdef inline integer int_power(integer a, integer b) noexcept nogil:
    """By squaring. A negative exponent gives the power rounded to 0."""
    cdef integer result = 1
    if b < 0:
        if a == -1:
            return -1 if b & 1 else 1
        return 1 if a == 1 else 0
    while b:
        if b & 1:
            result = times(result, a)
        a = times(a, a)
        b = b >> 1
    return result


# Loops for every type

cdef inline int arithmetic(
    int opcode, number* d, const number* a, const number* b, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    if opcode == ADD:
        for i in range(n):
            d[i] = plus(a[i], b[i])
    elif opcode == SUBTRACT:
        for i in range(n):
            d[i] = minus(a[i], b[i])
    elif opcode == MULTIPLY:
        for i in range(n):
            d[i] = times(a[i], b[i])
    elif opcode == NEGATIVE:
        for i in range(n):
            d[i] = opposite(a[i])
    elif opcode == SQUARE:
        for i in range(n):
            d[i] = times(a[i], a[i])
    elif opcode == ABS:
        for i in range(n):
            d[i] = size_of(a[i])
    elif opcode == SIGN:
        for i in range(n):
            d[i] = a[i] if (a[i] == 0) | (a[i] != a[i]) else (
                <number> 1 if a[i] > 0 else <number> -1)
    else:
        return 0
    return 1


cdef inline int choice(
    int opcode, number* d, const number* a, const number* b, const number* c,
    Py_ssize_t n
) noexcept nogil:
    """Comparisons with NaN are false; the larger and the smaller of NaN is NaN."""
    cdef Py_ssize_t i
    cdef number larger
    if opcode == SELECT:
        for i in range(n):
            d[i] = b[i] if a[i] != 0 else c[i]
    elif opcode == MAXIMUM:
        for i in range(n):
            d[i] = a[i] if (a[i] > b[i]) | (a[i] != a[i]) else b[i]
    elif opcode == MINIMUM:
        for i in range(n):
            d[i] = a[i] if (a[i] < b[i]) | (a[i] != a[i]) else b[i]
    elif opcode == CLIP:
        for i in range(n):
            larger = b[i] if a[i] < b[i] else a[i]
            d[i] = c[i] if larger > c[i] else larger
    elif opcode == RELU:
        for i in range(n):
            d[i] = <number> 0 if a[i] < 0 else a[i]
    elif opcode == RELU_GRADIENT:
        for i in range(n):
            d[i] = a[i] if b[i] > 0 else <number> 0
    elif opcode == LESS:
        for i in range(n):
            d[i] = a[i] < b[i]
    elif opcode == LESS_EQUAL:
        for i in range(n):
            d[i] = a[i] <= b[i]
    elif opcode == EQUAL:
        for i in range(n):
            d[i] = a[i] == b[i]
    elif opcode == NOT_EQUAL:
        for i in range(n):
            d[i] = a[i] != b[i]
    else:
        return 0
    return 1


cdef inline int logic(
    int opcode, number* d, const number* a, const number* b, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    if opcode == LOGICAL_AND:
        for i in range(n):
            d[i] = (a[i] != 0) & (b[i] != 0)
    elif opcode == LOGICAL_OR:
        for i in range(n):
            d[i] = (a[i] != 0) | (b[i] != 0)
    elif opcode == LOGICAL_XOR:
        for i in range(n):
            d[i] = (a[i] != 0) ^ (b[i] != 0)
    elif opcode == LOGICAL_NOT:
        for i in range(n):
            d[i] = a[i] == 0
    elif opcode == NONZERO:
        for i in range(n):
            d[i] = a[i] != 0
    else:
        return 0
    return 1


# Loops for integers

cdef inline int of_integers(
    int opcode, integer* d, const integer* a, const integer* b, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef integer bits = 8 * sizeof(integer)
    if opcode == DIVIDE or opcode == FLOOR_DIVIDE:
        for i in range(n):
            d[i] = int_floor_divide(a[i], b[i])
    elif opcode == MOD:
        for i in range(n):
            d[i] = int_mod(a[i], b[i])
    elif opcode == POWER:
        for i in range(n):
            d[i] = int_power(a[i], b[i])
    elif opcode == BITWISE_AND:
        for i in range(n):
            d[i] = a[i] & b[i]
    elif opcode == BITWISE_OR:
        for i in range(n):
            d[i] = a[i] | b[i]
    elif opcode == BITWISE_XOR:
        for i in range(n):
            d[i] = a[i] ^ b[i]
    elif opcode == BITWISE_NOT:
        for i in range(n):
            d[i] = ~a[i]
    elif opcode == LEFT_SHIFT:
        for i in range(n):
            if b[i] < 0 or b[i] >= bits:
                d[i] = 0
            else:
                d[i] = times(a[i], <integer> (<unsigned long long> 1 << b[i]))
    elif opcode == RIGHT_SHIFT:
        for i in range(n):
            d[i] = a[i] >> (bits - 1 if b[i] < 0 or b[i] >= bits else b[i])
    else:
        return 1
    return 0


# Loops for floats

cdef inline int of_floats(
    int opcode, real* d, const real* a, const real* b, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef real one = 1
    if opcode == DIVIDE:
        for i in range(n):
            d[i] = a[i] / b[i]
    elif opcode == RECIPROCAL:
        for i in range(n):
            d[i] = one / a[i]
    elif opcode == SQRT:
        for i in range(n):
            d[i] = root(a[i])
    elif opcode == RSQRT:
        for i in range(n):
            d[i] = one / root(a[i])
    elif opcode == FLOOR:
        for i in range(n):
            d[i] = <real> math.floor(a[i])
    elif opcode == CEIL:
        for i in range(n):
            d[i] = <real> math.ceil(a[i])
    elif opcode == ROUND:
        for i in range(n):
            d[i] = <real> math.rint(a[i])
    elif opcode == ISNAN:
        for i in range(n):
            d[i] = a[i] != a[i]
    elif opcode == ISINF:
        for i in range(n):
            d[i] = (a[i] == a[i]) & (a[i] - a[i] != 0)
    elif opcode == ISFINITE:
        for i in range(n):
            d[i] = a[i] - a[i] == 0
    elif opcode == TANH_GRADIENT:
        for i in range(n):
            d[i] = a[i] * (one - b[i] * b[i])
    elif opcode == SIGMOID_GRADIENT:
        for i in range(n):
            d[i] = a[i] * (b[i] * (one - b[i]))
    else:
        return 0
    return 1


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return math.sqrtf(x)
    else:
        return math.sqrt(x)


cdef inline vmath.vec vector_function(int opcode, vmath.vec x) noexcept nogil:
    if opcode == EXP:
        return vmath.exp(x)
    elif opcode == LOG:
        return vmath.log(x)
    elif opcode == LOG1P:
        return vmath.log1p(x)
    elif opcode == EXPM1:
        return vmath.expm1(x)
    elif opcode == TANH:
        return vmath.tanh(x)
    elif opcode == SIGMOID:
        return vmath.sigmoid(x)
    elif opcode == SOFTPLUS:
        return vmath.softplus(x)
    elif vmath.vec is vf:
        return vmath.erf_f(x)
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


cdef inline int apply(
    int opcode, number* d, const number* a, const number* b, const number* c,
    Py_ssize_t n
) noexcept nogil:
    """d = opcode(a, b, c) for n elements; not 0 if there is no such instruction."""
    if arithmetic(opcode, d, a, b, n) or choice(opcode, d, a, b, c, n):
        return 0
    if logic(opcode, d, a, b, n):
        return 0
    if number is float or number is double:
        if of_floats(opcode, d, a, b, n):
            return 0
        return functions(opcode, d, a, b, n)
    else:
        return of_integers(opcode, d, a, b, n)
