"""Exponentials, logarithms and their relatives on vectors of floats or doubles.

Within 4 units in the last place of the exact value (tanh of floats: 5.2, and 5.9
without fused multiply-adds), without branches, and right for NaN, infinities,
overflow and subnormal numbers. Each is a textbook reduction to a
short range and there a Taylor series, whose coefficients both types share: float
stops earlier. (Muller, Elementary Functions, chapters 9-11.)
"""

from ckeras.kernels.simd cimport (
    and_i, and_l, as_float_d, as_float_f, as_int_d, as_int_f, div_d, div_f, eq_d, eq_f,
    greater_d, greater_f, lesser_d, lesser_f, lt_d, lt_f, or_i, or_l, quotient_f,
    select_d, select_f, shl_i, shl_l, shr_i, shr_l, spread_d, spread_f, spread_i,
    spread_l, vd, vf, vi, vl,
)

ctypedef fused vec:
    vf
    vd


# The vector instructions by one name for both types

cdef inline vec num(vec like, double value) noexcept nogil:
    """A constant in all lanes."""
    if vec is vf:
        return spread_f(<float> value)
    else:
        return spread_d(value)


cdef inline vec div(vec a, vec b) noexcept nogil:
    if vec is vf:
        return div_f(a, b)
    else:
        return div_d(a, b)


cdef inline vec lesser(vec a, vec b) noexcept nogil:
    if vec is vf:
        return lesser_f(a, b)
    else:
        return lesser_d(a, b)


cdef inline vec greater(vec a, vec b) noexcept nogil:
    if vec is vf:
        return greater_f(a, b)
    else:
        return greater_d(a, b)


cdef inline vec if_less(vec a, vec b, vec then, vec other) noexcept nogil:
    if vec is vf:
        return select_f(lt_f(a, b), then, other)
    else:
        return select_d(lt_d(a, b), then, other)


cdef inline vec if_equal(vec a, vec b, vec then, vec other) noexcept nogil:
    if vec is vf:
        return select_f(eq_f(a, b), then, other)
    else:
        return select_d(eq_d(a, b), then, other)


cdef inline vec larger(vec a, vec b) noexcept nogil:
    """The larger one, NaN where one is NaN."""
    # `greater` is b where one is NaN.
    return if_equal(a, a, greater(a, b), a)


cdef inline vec absolute(vec x) noexcept nogil:
    if vec is vf:
        return as_float_f(and_i(as_int_f(x), spread_i(0x7fffffff)))
    else:
        return as_float_d(and_l(as_int_d(x), spread_l(0x7fffffffffffffff)))


cdef inline vec with_sign(vec size, vec sign) noexcept nogil:
    """A number that is not negative, with the sign bit of another."""
    cdef vec zero = num(size, -0.0)
    if vec is vf:
        return as_float_f(
            or_i(as_int_f(size), and_i(as_int_f(sign), as_int_f(zero))))
    else:
        return as_float_d(
            or_l(as_int_d(size), and_l(as_int_d(sign), as_int_d(zero))))


# Splitting and scaling by powers of two. Adding `magic` leaves the nearest integer in
# the lowest bits of the sum: an integer and its float without a conversion.

cdef inline vec magic(vec like) noexcept nogil:
    if vec is vf:
        return num(like, 12582912.0)         # 1.5 · 2^23
    else:
        return num(like, 6755399441055744.0)  # 1.5 · 2^52


cdef inline vec power_of_two(vec t, int less) noexcept nogil:
    """2^(k - less), where t = k + magic, within the range of normal numbers."""
    if vec is vf:
        return as_float_f(
            shl_i(as_int_f(t) - as_int_f(magic(t)) + spread_i(127 - less), 23))
    else:
        return as_float_d(
            shl_l(as_int_d(t) - as_int_d(magic(t)) + spread_l(1023 - less), 52))


cdef inline vec scaled(vec x, vec t) noexcept nogil:
    """x · 2^k, where t = k + magic; in two steps, as 2^k alone may be out of range."""
    cdef vi k, half
    cdef vl k_long, half_long
    if vec is vf:
        k = as_int_f(t) - as_int_f(magic(t))
        half = shr_i(k, 1)
        return (x * as_float_f(shl_i(half + spread_i(127), 23))
                * as_float_f(shl_i(k - half + spread_i(127), 23)))
    else:
        k_long = as_int_d(t) - as_int_d(magic(t))
        half_long = shr_l(k_long, 1)
        return (x * as_float_d(shl_l(half_long + spread_l(1023), 52))
                * as_float_d(shl_l(k_long - half_long + spread_l(1023), 52)))


cdef inline vec nearest_power(vec x) noexcept nogil:
    """k + magic, where k is the integer nearest to x / ln 2."""
    return x * num(x, 1.4426950408889634) + magic(x)


cdef inline vec without_power(vec x, vec k) noexcept nogil:
    """x - k ln 2; ln 2 in two parts, the first with zeros."""
    if vec is vf:
        return x - k * num(x, 0.693359375) - k * num(x, -2.12194440054690583e-4)
    else:
        return (x - k * num(x, 6.93147180369123816490e-1)
                - k * num(x, 1.90821492927058770002e-10))


cdef inline vec exp_series(vec r) noexcept nogil:
    """(exp r - 1 - r) / r² for |r| up to ln 2 / 2: 1/2! + r/3! + ..."""
    cdef vec p
    if vec is vd:
        p = num(r, 1.0 / 6227020800.0)
        p = p * r + num(r, 1.0 / 479001600.0)
        p = p * r + num(r, 1.0 / 39916800.0)
        p = p * r + num(r, 1.0 / 3628800.0)
        p = p * r + num(r, 1.0 / 362880.0)
        p = p * r + num(r, 1.0 / 40320.0)
        p = p * r + num(r, 1.0 / 5040.0)
    else:
        p = num(r, 1.0 / 5040.0)
    p = p * r + num(r, 1.0 / 720.0)
    p = p * r + num(r, 1.0 / 120.0)
    p = p * r + num(r, 1.0 / 24.0)
    p = p * r + num(r, 1.0 / 6.0)
    return p * r + num(r, 0.5)


cdef inline vec exp(vec x) noexcept nogil:
    cdef vec low, high, t, r, result
    if vec is vf:
        low, high = num(x, -104.0), num(x, 89.0)
    else:
        low, high = num(x, -746.0), num(x, 710.0)
    r = lesser(greater(x, low), high)
    t = nearest_power(r)
    r = without_power(r, t - magic(x))
    result = scaled((exp_series(r) * r * r + r) + num(x, 1.0), t)
    return if_equal(x, x, result, x)


cdef inline vec quick_exp(vec x) noexcept nogil:
    """exp at half the cost for numbers below 80, where what would be subnormal is 0.

    Within 2 units in the last place. 2^k is made of the lowest bits of k + offset
    alone, since k's least value has the exponent field 0. Floats have the polynomial
    with p(0) = 1 and the least largest error for |r| < ln 2 / 2.
    """
    cdef vec low, offset, r, t, p
    if vec is vf:
        low, offset = num(x, -88.03), num(x, 12582912.0 + 127.0)
    else:
        low, offset = num(x, -709.1), num(x, 6755399441055744.0 + 1023.0)
    x = greater(low, x)
    t = x * num(x, 1.4426950408889634) + offset
    r = without_power(x, t - offset)
    if vec is vf:
        p = num(x, 0.0013843607)
        p = p * r + num(x, 0.0083741955)
        p = p * r + num(x, 0.041668005)
        p = p * r + num(x, 0.1666643)
        p = p * r + num(x, 0.49999994)
        p = p * r + num(x, 1.0)
        p = p * r + num(x, 1.0)
        return p * as_float_f(shl_i(as_int_f(t), 23))
    else:
        p = (exp_series(r) * r * r + r) + num(x, 1.0)
        return p * as_float_d(shl_l(as_int_d(t), 52))


cdef inline vec expm1(vec x) noexcept nogil:
    """2^k (exp r - 1) + (2^k - 1), all halved on the way: 2^k may overflow alone."""
    cdef vec low, high, tiny, t, r, half, result
    if vec is vf:
        low, high, tiny = num(x, -20.0), num(x, 89.0), num(x, 1e-9)
    else:
        low, high, tiny = num(x, -42.0), num(x, 710.0), num(x, 1e-18)
    r = lesser(greater(x, low), high)
    t = nearest_power(r)
    r = without_power(r, t - magic(x))
    half = power_of_two(t, 1)
    result = half * (exp_series(r) * r * r + r) + (half - num(x, 0.5))
    result = if_less(absolute(x), tiny, x, result + result)
    return if_equal(x, x, result, x)


cdef inline vec log_series(vec z) noexcept nogil:
    """2/3 z + 2/5 z² + ... for z up to 0.03: what follows 2s in 2 artanh(s) / s."""
    cdef vec p
    if vec is vd:
        p = num(z, 2.0 / 23)
        p = p * z + num(z, 2.0 / 21)
        p = p * z + num(z, 2.0 / 19)
        p = p * z + num(z, 2.0 / 17)
        p = p * z + num(z, 2.0 / 15)
        p = p * z + num(z, 2.0 / 13)
        p = p * z + num(z, 2.0 / 11)
    else:
        p = num(z, 2.0 / 11)
    p = p * z + num(z, 2.0 / 9)
    p = p * z + num(z, 2.0 / 7)
    p = p * z + num(z, 2.0 / 5)
    p = p * z + num(z, 2.0 / 3)
    return p * z


cdef inline vec log_special(vec x, vec result) noexcept nogil:
    """The logarithm where the formula fails: negative numbers, 0, infinity, NaN."""
    cdef vec infinity
    if vec is vf:
        infinity = as_float_f(spread_i(0x7f800000))
    else:
        infinity = as_float_d(spread_l(0x7ff0000000000000))
    result = if_less(x, num(x, 0.0), infinity - infinity, result)
    result = if_equal(x, num(x, 0.0), -infinity, result)
    result = if_equal(x, infinity, x, result)
    return if_equal(x, x, result, x)


cdef inline vec log(vec x) noexcept nogil:
    """k ln 2 + log m, x = 2^k m, with m in [√½, √2) and log m = 2 artanh(f / (2 + f)).

    2s is written f - f²/2 + s f²/2, where the leading term has no rounding error.
    """
    cdef vec normal, k, m, s, f, half_square, rest
    cdef vi exponent, bits
    cdef vl exponent_long, bits_long
    if vec is vf:
        normal = if_less(x, num(x, 1.17549435e-38), x * num(x, 33554432.0), x)
        bits = as_int_f(normal)
        exponent = shr_i(bits - spread_i(0x3f3504f3), 23)
        m = as_float_f(bits - shl_i(exponent, 23))
        k = as_float_f(exponent + as_int_f(magic(x))) - magic(x)
        k = if_less(x, num(x, 1.17549435e-38), k - num(x, 25.0), k)
    else:
        normal = if_less(
            x, num(x, 2.2250738585072014e-308), x * num(x, 18014398509481984.0), x)
        bits_long = as_int_d(normal)
        exponent_long = shr_l(bits_long - spread_l(0x3fe6a09e667f3bcd), 52)
        m = as_float_d(bits_long - shl_l(exponent_long, 52))
        k = as_float_d(exponent_long + as_int_d(magic(x))) - magic(x)
        k = if_less(x, num(x, 2.2250738585072014e-308), k - num(x, 54.0), k)
    f = m - num(x, 1.0)
    s = div(f, m + num(x, 1.0))
    half_square = f * f * num(x, 0.5)
    rest = s * (half_square + log_series(s * s))
    if vec is vf:
        rest = rest + k * num(x, -2.12194440054690583e-4)
        rest = k * num(x, 0.693359375) + (f - (half_square - rest))
    else:
        rest = rest + k * num(x, 1.90821492927058770002e-10)
        rest = k * num(x, 6.93147180369123816490e-1) + (f - (half_square - rest))
    return log_special(x, rest)


cdef inline vec log1p(vec x) noexcept nogil:
    """log(u) + (x - (u - 1)) / u, where u = 1 + x has been rounded."""
    cdef vec one = num(x, 1.0)
    cdef vec u = x + one
    cdef vec log_u = log(u)
    cdef vec result = log_u + div(x - (u - one), u)
    result = if_equal(u, num(x, 0.0), log_u, result)
    # Infinity, NaN, and ±0 with its sign.
    result = if_equal(log_u, u, u, result)
    return if_equal(x, num(x, 0.0), x, if_equal(u, u, result, u))


# Functions of these

cdef inline vf tanh_f(vf x) noexcept nogil:
    """x P(x²) / Q(x²) with the least largest error up to 9.12, at most 1.

    P and Q are 1 at 0, so that small numbers are their own tanh. At 9.6 the quotient is
    above 1 by more than its rounding error, so what lies beyond becomes 1 exactly.
    NaN comes through: a comparison with it is false and leaves the second operand.
    """
    cdef vf one = spread_f(1.0), high = spread_f(9.6)
    cdef vf c = lesser_f(high, greater_f(-high, x))
    cdef vf z = c * c, p, q
    p = z * spread_f(1.3207400506587419e-08) + spread_f(2.0508481611114616e-05)
    p = p * z + spread_f(0.0034897334408015013)
    p = p * z + spread_f(0.1337619125843048)
    p = p * z + one
    q = z * spread_f(7.717941343798884e-07) + spread_f(0.00032758747693151236)
    q = q * z + spread_f(0.025854995474219322)
    q = q * z + spread_f(0.46709510684013367)
    q = q * z + one
    return lesser_f(one, greater_f(-one, quotient_f(c * p, q)))


cdef inline vec tanh(vec x) noexcept nogil:
    """t / (t + 2) with t = exp(2|x|) - 1."""
    cdef vec size = lesser(absolute(x), num(x, 20.0))
    cdef vec t = expm1(size + size)
    return if_equal(x, x, with_sign(div(t, t + num(x, 2.0)), x), x)


cdef inline vec quick_tanh(vec x) noexcept nogil:
    """tanh at half the cost for floats, within 6 units in the last place.

    What it cannot tell from 1 is 1, so that x · (1 + tanh x) is 0 for large negative x.
    """
    if vec is vf:
        return tanh_f(x)
    else:
        return tanh(x)


cdef inline vec sigmoid(vec x) noexcept nogil:
    """1 / (1 + exp(-x)), by exp(-|x|), which cannot overflow."""
    cdef vec one = num(x, 1.0)
    cdef vec e = exp(-absolute(x))
    return div(if_less(x, num(x, 0.0), e, one), one + e)


cdef inline vec quick_sigmoid(vec x) noexcept nogil:
    """The logistic function at two thirds of the cost for floats, within 1.2e-7.

    1 / (1 + 2^s) with s = -x log2 e: 2^s as in `quick_exp`, by powers of 2.
    """
    cdef vf t, r, p, one, offset, rate
    if vec is vf:
        one, offset = num(x, 1.0), num(x, 12582912.0 + 127.0)
        rate = num(x, -1.4426950408889634)
        x = lesser(num(x, 87.3), greater(num(x, -88.03), x))
        t = x * rate + offset
        r = x * rate - (t - offset)
        p = num(x, 0.00132647271)
        p = p * r + num(x, 0.00967151263)
        p = p * r + num(x, 0.0555073374)
        p = p * r + num(x, 0.240222421)
        p = p * r + num(x, 0.693146978)
        p = p * r + one
        return quotient_f(one, p * as_float_f(shl_i(as_int_f(t), 23)) + one)
    else:
        return sigmoid(x)


cdef inline vec softplus(vec x) noexcept nogil:
    """log(1 + exp x)."""
    return greater(x, num(x, 0.0)) + log1p(exp(-absolute(x)))


cdef inline vf erf_f(vf x) noexcept nogil:
    """The error function of floats: x P(x²) up to 1, then 1 - exp(-Q(x)).

    P and Q fit erf(x) / x and -log erfc(x) with the least largest error.
    """
    cdef vf size = lesser(absolute(x), num(x, 4.0))
    cdef vf z = size * size
    cdef vf p = num(x, 7.88249711062e-05)
    cdef vf q = num(x, 2.12943465131e-05)
    p = p * z + num(x, -0.000801885499246)
    p = p * z + num(x, 0.00518931194259)
    p = p * z + num(x, -0.026854328796)
    p = p * z + num(x, 0.112835974635)
    p = p * z + num(x, -0.376126269036)
    p = p * z + num(x, 1.12837916588)
    q = q * size + num(x, -0.000436736226498)
    q = q * size + num(x, 0.00418191883557)
    q = q * size + num(x, -0.0251475546865)
    q = q * size + num(x, 0.108322811963)
    q = q * size + num(x, 0.633308852681)
    q = q * size + num(x, 1.12953334189)
    q = q * size + num(x, -0.000178418645883)
    q = num(x, 1.0) - exp(-q)
    q = if_less(size, num(x, 1.0), p * size, q)
    return if_equal(x, x, with_sign(q, x), x)
