"""The instructions of elementwise programs, each a loop over one tile.

d may be a, b or c: every loop reads what it needs at an index before it writes there.
The C compiler makes vector loops of these.
"""

from libc cimport math

from ckeras.kernels.elementwise.elementwise cimport (
    ABS, ADD, BITWISE_AND, BITWISE_NOT, BITWISE_OR, BITWISE_XOR, CEIL, CLIP, DIVIDE,
    EQUAL, FLOOR, FLOOR_DIVIDE, ISFINITE, ISINF, ISNAN, LEFT_SHIFT, LESS, LESS_EQUAL,
    LOGICAL_AND, LOGICAL_NOT, LOGICAL_OR, LOGICAL_XOR, MAXIMUM, MINIMUM, MOD, MULTIPLY,
    NEGATIVE, NONZERO, NOT_EQUAL, POWER, RECIPROCAL, RELU, RELU_GRADIENT, RIGHT_SHIFT,
    ROUND, RSQRT, SELECT, SIGMOID_GRADIENT, SIGN, SQRT, SQUARE, SUBTRACT,
    TANH_GRADIENT, TO_BFLOAT16, TO_FLOAT16, element,
)
from ckeras.kernels.elementwise.elementwise_functions cimport functions
from ckeras.kernels.elementwise.elementwise_scalars cimport (
    int_floor_divide, int_mod, int_power, integer, minus, opposite, plus, right_shift,
    size_of, times,
)
from ckeras.kernels.vector.half cimport (
    from_bfloat16, from_float16, to_bfloat16, to_float16,
)
from ckeras.kernels.types cimport real


# Loops for every type

cdef inline int arithmetic(
    int opcode, element* d, const element* a, const element* b, Py_ssize_t n
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
                <element> 1 if a[i] > 0 else <element> -1)
    else:
        return 0
    return 1


cdef inline int choice(
    int opcode, element* d, const element* a, const element* b, const element* c,
    Py_ssize_t n
) noexcept nogil:
    """Comparisons with NaN are false; the larger and the smaller of NaN is NaN."""
    cdef Py_ssize_t i
    cdef element larger
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
            d[i] = <element> 0 if a[i] < 0 else a[i]
    elif opcode == RELU_GRADIENT:
        for i in range(n):
            d[i] = a[i] if b[i] > 0 else <element> 0
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
    int opcode, element* d, const element* a, const element* b, Py_ssize_t n
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
            d[i] = right_shift(a[i], b[i])
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
    elif opcode == TO_FLOAT16:
        for i in range(n):
            d[i] = from_float16(to_float16(<float> a[i]))
    elif opcode == TO_BFLOAT16:
        for i in range(n):
            d[i] = from_bfloat16(to_bfloat16(<float> a[i]))
    else:
        return 0
    return 1


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return math.sqrtf(x)
    else:
        return math.sqrt(x)


cdef inline int apply(
    int opcode, element* d, const element* a, const element* b, const element* c,
    Py_ssize_t n
) noexcept nogil:
    """d = opcode(a, b, c) for n elements; not 0 if there is no such instruction."""
    if arithmetic(opcode, d, a, b, n) or choice(opcode, d, a, b, c, n):
        return 0
    if logic(opcode, d, a, b, n):
        return 0
    if element is float or element is double:
        if of_floats(opcode, d, a, b, n):
            return 0
        return functions(opcode, d, a, b, n)
    else:
        return of_integers(opcode, d, a, b, n)
