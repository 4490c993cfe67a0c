"""Numbers of half precision: float16 and bfloat16, kept as 16 bits.

Widening is exact; narrowing rounds to nearest, ties to even, overflows to infinity
and keeps NaN. All is whole numbers and choices, so that the C compiler makes vector
loops of it, and float16's subnormals are right where those of float32 are flushed.

    bfloat16    1 sign, 8 exponent, 7 fraction bits: the upper half of a float32
    float16     1 sign, 5 exponent, 10 fraction bits, bias 15
"""

from libc.stdint cimport uint16_t, uint32_t

cdef enum:
    INFINITY_BITS = 0x7f800000
    SMALLEST_NORMAL = 0x38800000   # 2^-14 as a float32: float16's smallest normal
    HALF = 0x3f000000              # 0.5, whose last bit is float16's subnormal step
    REBIAS = 0x38000000            # (127 - 15) << 23
    FIRST_TOO_LARGE = 0x477ff000   # 65520, which rounds to infinity

cdef union Bits:
    float number
    uint32_t bits


cdef inline uint32_t bits_of(float x) noexcept nogil:
    cdef Bits b
    b.number = x
    return b.bits


cdef inline float float_of(uint32_t bits) noexcept nogil:
    cdef Bits b
    b.bits = bits
    return b.number


cdef inline float narrowed(double x) noexcept nogil:
    """x as a float32 to be rounded once more: inexact ones are odd, so that the
    second rounding is as good as one from x."""
    cdef float near = <float> x
    cdef uint32_t bits = bits_of(near)
    cdef bint too_far = (near > x) if x > 0 else (near < x)
    if near == x or x != x or near - near != 0:
        return near
    return float_of((bits - too_far) | 1)


cdef inline float from_bfloat16(uint16_t h) noexcept nogil:
    return float_of(<uint32_t> h << 16)


cdef inline uint16_t to_bfloat16(float x) noexcept nogil:
    cdef uint32_t u = bits_of(x)
    cdef uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16
    cdef uint32_t quiet = (u >> 16) | 0x40
    return <uint16_t> (quiet if (u & 0x7fffffff) > INFINITY_BITS else rounded)


cdef inline float from_float16(uint16_t h) noexcept nogil:
    cdef uint32_t size = h & 0x7fff, sign = (<uint32_t> h & 0x8000) << 16
    cdef uint32_t normal = (size << 13) + REBIAS
    cdef uint32_t special = normal + REBIAS          # infinity and NaN
    cdef uint32_t subnormal = bits_of(<float> (<int> size) * 5.9604644775390625e-08)
    cdef uint32_t finite = subnormal if size < 0x400 else normal
    return float_of(sign | (special if size >= 0x7c00 else finite))


cdef inline uint16_t to_float16(float x) noexcept nogil:
    cdef uint32_t u = bits_of(x), size = u & 0x7fffffff, sign = (u >> 16) & 0x8000
    cdef uint32_t normal = (size - REBIAS + 0xfff + ((size >> 13) & 1)) >> 13
    # Added to 0.5, a smaller number is rounded to multiples of 2^-24.
    cdef uint32_t subnormal = bits_of(float_of(size) + <float> 0.5) - HALF
    cdef uint32_t finite = subnormal if size < SMALLEST_NORMAL else normal
    cdef uint32_t large = 0x7e00 if size > INFINITY_BITS else 0x7c00
    return <uint16_t> (sign | (large if size >= FIRST_TOO_LARGE else finite))
