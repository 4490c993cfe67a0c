"""Arithmetic on one element: what C leaves undefined has a meaning here.

Integers wrap around as in the hardware, a division by 0 gives 0 as in NumPy, and
remainders have the sign of the divisor.
"""

cimport cython
from libc cimport math

from ckeras.kernels.elementwise.elementwise cimport element
from ckeras.kernels.types cimport real

ctypedef fused integer:
    int
    long long
    unsigned long long


cdef inline element plus(element a, element b) noexcept nogil:
    if element is float or element is double:
        return a + b
    elif element is int:
        return <int> (<unsigned int> a + <unsigned int> b)
    else:
        return <element> (<unsigned long long> a + <unsigned long long> b)


cdef inline element minus(element a, element b) noexcept nogil:
    if element is float or element is double:
        return a - b
    elif element is int:
        return <int> (<unsigned int> a - <unsigned int> b)
    else:
        return <element> (<unsigned long long> a - <unsigned long long> b)


cdef inline element times(element a, element b) noexcept nogil:
    if element is float or element is double:
        return a * b
    elif element is int:
        return <int> (<unsigned int> a * <unsigned int> b)
    else:
        return <element> (<unsigned long long> a * <unsigned long long> b)


cdef inline element opposite(element a) noexcept nogil:
    if element is float or element is double:
        return -a
    else:
        return minus(<element> 0, a)


cdef inline element size_of(element a) noexcept nogil:
    if element is float:
        return math.fabsf(a)
    elif element is double:
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
    if integer is not cython.ulonglong:
        if b == -1:  # the least number divided by it is none
            return minus(<integer> 0, a)
    return a // b - (a % b != 0 and (a < 0) != (b < 0))


cdef inline integer int_mod(integer a, integer b) noexcept nogil:
    cdef integer rest
    if b == 0:
        return 0
    if integer is not cython.ulonglong:
        if b == -1:
            return 0
    rest = a % b
    return rest + b if rest != 0 and (rest < 0) != (b < 0) else rest


cdef inline integer int_power(integer a, integer b) noexcept nogil:
    """By squaring. A negative exponent gives the power rounded to 0."""
    cdef integer result = 1
    if b < 0:
        if a == <integer> -1:
            return a if b & 1 else 1
        return 1 if a == 1 else 0
    while b:
        if b & 1:
            result = times(result, a)
        a = times(a, a)
        b = b >> 1
    return result


cdef inline integer right_shift(integer a, integer b) noexcept nogil:
    """By more bits than there are, or by a negative number: only the sign is left."""
    cdef integer last = 8 * sizeof(integer) - 1
    if b < 0 or b > last:
        return 0 if integer is cython.ulonglong else a >> last
    return a >> b
