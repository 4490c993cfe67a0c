"""Random numbers as a function of seed and position, so that threads cannot matter.

Everything works on groups of sixteen Philox blocks, one loop over sixteen lanes at a
time, which the compiler turns into vector code of whatever width the CPU level has.
Logarithm, sine and cosine are short series in plain multiplications and additions:
the C library's differ between machines in the last bit.
"""

from cython.parallel cimport prange
from libc.math cimport sqrt, sqrtf
from libc.string cimport memcpy

from ckeras.kernels.types cimport OK, real

ctypedef unsigned int u32
ctypedef unsigned long long u64

cdef enum:
    LANES = 16
    GROUP = 64           # words of a group
    GROUPS = 64          # groups that one thread makes at a time
    GRAIN = 8192         # numbers below which a second thread does not pay


cdef double PI = 3.14159265358979323846
cdef double LN2 = 0.693147180559945309417


cdef inline void philox(
    u64 block, u32 attempt, u32 key_0, u32 key_1, u32* words
) noexcept nogil:
    """The 4 × 16 words of blocks `block` … `block + 15`, each word's lanes together."""
    cdef u32 c0, c1, c2, c3, k0, k1
    cdef u64 p0, p1
    cdef int lane, _turn
    for lane in range(LANES):
        c0 = <u32> (block + <u64> lane)
        c1 = <u32> ((block + <u64> lane) >> 32)
        c2 = attempt
        c3 = 0
        k0, k1 = key_0, key_1
        for _turn in range(10):
            p0 = 0xD2511F53ULL * c0
            p1 = 0xCD9E8D57ULL * c2
            c0 = <u32> (p1 >> 32) ^ c1 ^ k0
            c1 = <u32> p1
            c2 = <u32> (p0 >> 32) ^ c3 ^ k1
            c3 = <u32> p0
            k0 += 0x9E3779B9U
            k1 += 0xBB67AE85U
        words[lane] = c0
        words[LANES + lane] = c1
        words[2 * LANES + lane] = c2
        words[3 * LANES + lane] = c3


cdef int seed_next(void** buf, const Py_ssize_t* dim, const double* attr,
                   int n_threads) noexcept nogil:
    cdef const u32* state = <const u32*> buf[0]
    cdef u32* after = <u32*> buf[1]
    cdef u32* seed = <u32*> buf[2]
    cdef u32 high = state[0], low = state[1]
    seed[0], seed[1] = high, low
    after[0], after[1] = high + (low == 0xFFFFFFFFU), low + 1
    return OK


# --- one group of each kind ----------------------------------------------------------


cdef inline void uniform_group(
    const u32* words, real* u, double low, double scale, real high
) noexcept nogil:
    """u in [low, high): a float from 24 bits of a word, a double from 53 of two."""
    cdef int i, w
    cdef u64 wide
    cdef real value
    if real is float:
        for i in range(GROUP):
            # The product is exact in double, so there is one rounding in the sum and
            # one to float.
            value = <float> (low + (<int> (words[i] >> 8)) * (scale * 2.0 ** -24))
            u[i] = value
    else:
        for w in range(2):
            for i in range(LANES):
                wide = (<u64> words[2 * w * LANES + i] << 32) | words[
                    (2 * w + 1) * LANES + i]
                u[w * LANES + i] = low + (
                    <double> <long long> (wide >> 11) * 2.0 ** -53) * scale


cdef inline real log_unit(real u) noexcept nogil:
    """ln u for u in (0, 1], from m = u · 2^-e in [√½, √2) and artanh's series."""
    cdef real m, s, s2, p
    cdef int e, k
    cdef u32 bits4
    cdef u64 bits8
    if real is float:
        memcpy(&bits4, &u, 4)
        # 0x3F3504F3 is √½: the exponent steps at √½ · 2^e, not at 2^e.
        e = (<int> (bits4 - 0x3F3504F3U)) >> 23
        bits4 = bits4 - (<u32> e << 23)
        memcpy(&m, &bits4, 4)
    else:
        memcpy(&bits8, &u, 8)
        e = <int> (<long long> (bits8 - 0x3FE6A09E667F3BCDULL) >> 52)
        bits8 = bits8 - (<u64> <long long> e << 52)
        memcpy(&m, &bits8, 8)
    s = (m - 1) / (m + 1)
    s2 = s * s
    p = 0
    if real is float:
        for k in range(5):
            p = p * s2 + <real> (1.0 / (9 - 2 * k))
    else:
        for k in range(12):
            p = p * s2 + <real> (1.0 / (23 - 2 * k))
    return 2 * s * p + <real> e * <real> LN2


cdef inline void sin_cos(real a, real* sine, real* cosine) noexcept nogil:
    """Taylor's series for |a| ≤ π/4."""
    cdef real a2 = a * a, s = 1, c = 1
    cdef int k
    if real is float:
        for k in range(5):
            s = 1 - a2 * s * <real> (1.0 / ((10 - 2 * k) * (11 - 2 * k)))
            c = 1 - a2 * c * <real> (1.0 / ((9 - 2 * k) * (10 - 2 * k)))
    else:
        for k in range(9):
            s = 1 - a2 * s * <real> (1.0 / ((18 - 2 * k) * (19 - 2 * k)))
            c = 1 - a2 * c * <real> (1.0 / ((17 - 2 * k) * (18 - 2 * k)))
    sine[0] = a * s
    cosine[0] = c


cdef inline void polar(
    real u, real quarter, u32 quadrant, real* x, real* y
) noexcept nogil:
    """x, y = r cos θ, r sin θ; r² = -2 ln u, θ = (quadrant + quarter + ½) · π/2."""
    cdef real s, c, swap, r
    if real is float:
        r = sqrtf(-2 * log_unit(u))
    else:
        r = sqrt(-2 * log_unit(u))
    sin_cos(quarter * <real> (PI / 2), &s, &c)
    if quadrant & 1:
        swap = c
        c = -s
        s = swap
    if quadrant & 2:
        c = -c
        s = -s
    x[0] = r * c
    y[0] = r * s


cdef inline void normal_group(const u32* words, real* z) noexcept nogil:
    """Standard normal numbers: 64 floats or 32 doubles."""
    cdef int i, w
    cdef u32 a, b
    cdef u64 wide_a, wide_b
    if real is float:
        for w in range(2):
            for i in range(LANES):
                a = words[2 * w * LANES + i]
                b = words[(2 * w + 1) * LANES + i]
                polar(
                    (<float> <int> (a >> 1) + 1) * <float> (2.0 ** -31),
                    <float> (<int> (b & 0x3FFFFFFF) - 0x20000000)
                    * <float> (2.0 ** -30),
                    b >> 30, z + 2 * w * LANES + i, z + (2 * w + 1) * LANES + i)
    else:
        # A block's four words: 53 bits for the radius, 53 + 2 for the angle.
        for i in range(LANES):
            wide_a = (<u64> words[i] << 32) | words[LANES + i]
            wide_b = (<u64> words[2 * LANES + i] << 32) | words[3 * LANES + i]
            polar(
                (<double> <long long> (wide_a >> 11) + 1) * 2.0 ** -53,
                (<double> <long long> ((wide_b << 2) >> 11) - 2.0 ** 52) * 2.0 ** -53,
                <u32> (wide_b >> 62), z + i, z + LANES + i)


cdef void truncate_group(
    u64 block, u32 key_0, u32 key_1, real* z, int n
) noexcept nogil:
    """Replaces numbers outside ±2 by those of the next attempts."""
    cdef u32 words[GROUP]
    cdef real again[GROUP]
    cdef u32 attempt = 0
    cdef int i, left = 1
    while left:
        left = 0
        for i in range(n):
            left += z[i] < -2 or z[i] > 2
        if left:
            attempt += 1
            philox(block, attempt, key_0, key_1, words)
            normal_group(words, again)
            for i in range(n):
                if z[i] < -2 or z[i] > 2:
                    z[i] = again[i]


# --- entries: groups in parallel -----------------------------------------------------


cdef int bits(void** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    cdef const u32* seed = <const u32*> buf[0]
    cdef u32* out = <u32*> buf[1]
    cdef u32 words[GROUP]
    cdef Py_ssize_t n = dim[0], g
    for g in range((n + GROUP - 1) // GROUP):
        philox(<u64> g * LANES, 0, seed[0], seed[1], words)
        memcpy(out + g * GROUP, words, min(<Py_ssize_t> GROUP, n - g * GROUP) * 4)
    return OK


cdef inline void store(
    real* out, const real* values, Py_ssize_t group, Py_ssize_t per_group, Py_ssize_t n
) noexcept nogil:
    """A group's numbers to their place; the last group may be cut."""
    cdef Py_ssize_t at = group * per_group
    memcpy(out + at, values, min(per_group, n - at) * sizeof(real))


cdef void uniform_groups(
    const u32* seed, real* out, const double* attr, Py_ssize_t first, Py_ssize_t end,
    Py_ssize_t n,
) noexcept nogil:
    cdef u32 words[GROUP]
    cdef real values[GROUP]
    cdef Py_ssize_t per_group = GROUP if real is float else GROUP // 2, g, i
    cdef real high = <real> attr[2]
    for g in range(first, end):
        philox(<u64> g * LANES, 0, seed[0], seed[1], words)
        uniform_group(words, values, attr[0], attr[1], high)
        for i in range(per_group):
            values[i] = high if values[i] > high else values[i]
        store(out, values, g, per_group, n)


cdef int uniform(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef const u32* seed = <const u32*> <void*> buf[0]
    cdef real* out = buf[1]
    cdef Py_ssize_t per_group = GROUP if real is float else GROUP // 2
    cdef Py_ssize_t groups = (dim[0] + per_group - 1) // per_group, part
    for part in prange((groups + GROUPS - 1) // GROUPS, schedule="static",
                       num_threads=n_threads, use_threads_if=dim[0] > GRAIN):
        uniform_groups(seed, out, attr, part * GROUPS,
                       min(groups, (part + 1) * GROUPS), dim[0])
    return OK


cdef void normal_groups(
    const u32* seed, real* out, const double* attr, bint truncated, Py_ssize_t first,
    Py_ssize_t end, Py_ssize_t n,
) noexcept nogil:
    cdef u32 words[GROUP]
    cdef real values[GROUP]
    cdef Py_ssize_t per_group = GROUP if real is float else GROUP // 2, g, i
    cdef real mean = <real> attr[0], stddev = <real> attr[1]
    for g in range(first, end):
        philox(<u64> g * LANES, 0, seed[0], seed[1], words)
        normal_group(words, values)
        if truncated:
            truncate_group(<u64> g * LANES, seed[0], seed[1], values, <int> per_group)
        for i in range(per_group):
            values[i] = mean + stddev * values[i]
        store(out, values, g, per_group, n)


cdef int normal(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil:
    cdef const u32* seed = <const u32*> <void*> buf[0]
    cdef real* out = buf[1]
    cdef Py_ssize_t per_group = GROUP if real is float else GROUP // 2
    cdef Py_ssize_t groups = (dim[0] + per_group - 1) // per_group, part
    for part in prange((groups + GROUPS - 1) // GROUPS, schedule="static",
                       num_threads=n_threads, use_threads_if=dim[0] > GRAIN):
        normal_groups(seed, out, attr, dim[1] != 0, part * GROUPS,
                      min(groups, (part + 1) * GROUPS), dim[0])
    return OK


cdef inline void store_int(char* out, Py_ssize_t item, long long value) noexcept nogil:
    """The low bytes of an integer (little-endian, as all targets are)."""
    memcpy(out, &value, item)


cdef int randint(void** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef const u32* seed = <const u32*> buf[0]
    cdef char* out = <char*> buf[1]
    cdef Py_ssize_t n = dim[0], item = dim[1]
    cdef u64 span = <u64> dim[3]
    cdef u32 words[GROUP]
    cdef Py_ssize_t g, i
    for g in range((n + GROUP - 1) // GROUP):
        philox(<u64> g * LANES, 0, seed[0], seed[1], words)
        for i in range(min(<Py_ssize_t> GROUP, n - g * GROUP)):
            store_int(out + (g * GROUP + i) * item, item,
                      dim[2] + <long long> ((words[i] * span) >> 32))
    return OK


cdef void dropout_groups(
    const real* x, const u32* seed, real* out, u32 threshold, real scale,
    Py_ssize_t first, Py_ssize_t end, Py_ssize_t n,
) noexcept nogil:
    """Each word decides about two elements, 64 apart."""
    cdef u32 words[GROUP]
    cdef Py_ssize_t g, i, at
    cdef u32 half
    for g in range(first, end):
        philox(<u64> g * LANES, 0, seed[0], seed[1], words)
        at = 2 * g * GROUP
        if at + 2 * GROUP <= n:
            for i in range(GROUP):
                half = words[i] & 0xFFFF
                out[at + i] = x[at + i] * scale if half >= threshold else <real> 0
            at += GROUP
            for i in range(GROUP):
                half = words[i] >> 16
                out[at + i] = x[at + i] * scale if half >= threshold else <real> 0
            continue
        for i in range(n - at):
            half = words[i % GROUP] >> (16 * (i // GROUP)) & 0xFFFF
            out[at + i] = x[at + i] * scale if half >= threshold else <real> 0


cdef int dropout(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    cdef const u32* seed = <const u32*> <void*> buf[1]
    cdef Py_ssize_t groups = (dim[0] + 2 * GROUP - 1) // (2 * GROUP), part
    cdef real* x = buf[0]
    cdef real* out = buf[2]
    cdef real scale = <real> attr[0]
    for part in prange((groups + GROUPS - 1) // GROUPS, schedule="static",
                       num_threads=n_threads, use_threads_if=dim[0] > GRAIN):
        dropout_groups(x, seed, out, <u32> dim[1], scale, part * GROUPS,
                       min(groups, (part + 1) * GROUPS), dim[0])
    return OK
