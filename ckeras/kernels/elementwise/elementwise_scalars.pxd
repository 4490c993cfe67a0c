"""Arithmetic on one element: what C leaves undefined has a meaning here.

Integers wrap around as in the hardware, a division by 0 gives 0 as in NumPy, and
remainders have the sign of the divisor.
"""

from libc cimport math

from ckeras.kernels.types cimport number, real

ctypedef fused integer:
    int
    long long


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
