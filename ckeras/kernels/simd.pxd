"""Vectors of the compiler's own type: the only home of C text among the kernels.

vf and vd are as many floats or doubles as one register of the level holds (512, 256
or 128 bits), vi and vl the integers of the same width and count. Cython takes vf for
a float and writes out `a * b + c` as it stands, which the C compiler then applies lane
by lane (and contracts to one multiply-add). So vectors must never be mixed with
scalars in an expression: spread them first.

    load, store         unaligned, all lanes
    prefetch            asks for a cache line, which may lie outside of any array
    prefetch_own        asks for one that will be written
    load_n, store_n     the first n lanes; the others are read as 0 and not written
    stream              a store to an aligned address that goes to memory past the
                        caches; other threads see it after `publish`
    spread              one number in all lanes
    lesser, greater     lane by lane, the second operand where one is NaN
    mask_lt, ...        comparisons: lanes of all ones or zeros, as integers
    div             a / b; Cython's own division tests a divisor for 0 in debug builds
    quotient            a / b to within 2 units in the last place, for finite numbers
                        whose inverse is neither 0 nor infinite
    select(m, a, b)     a where the mask's lane is set, else b
    set_lanes(m)        a number whose bit i says whether the mask's lane i is set
    lowest_bit          the index of the lowest set bit of a number that is not 0
    sqrt                exactly rounded
    as_int, as_float    the same bits as the other type
    to_int, from_int    conversion of numbers, rounded to zero
    total               the sum of all lanes, always in the same order
    peak                the largest of all lanes, none of which may be NaN
    transpose           as many vectors as a vector has lanes: lane j of vector i and
                        lane i of vector j change places
"""

cdef extern from *:
    """
    #include <string.h>
    #include <stdint.h>
    #if defined(__AVX512F__)
      #define CK_VB 64
    #elif defined(__AVX2__)
      #define CK_VB 32
    #else
      #define CK_VB 16
    #endif
    #if defined(__x86_64__)
      #include <immintrin.h>
    #endif
    /* Rows of two vectors that, with what multiplies them, fill the registers. */
    #define CK_TILE_ROWS (CK_VB == 64 ? 12 : 6)
    #define CK_LF (CK_VB / 4)
    #define CK_LD (CK_VB / 8)
    typedef float   ck_vf __attribute__((vector_size(CK_VB)));
    typedef double  ck_vd __attribute__((vector_size(CK_VB)));
    typedef int32_t ck_vi __attribute__((vector_size(CK_VB)));
    typedef int64_t ck_vl __attribute__((vector_size(CK_VB)));
    typedef float   ck_vfu __attribute__((vector_size(CK_VB), aligned(4), may_alias));
    typedef double  ck_vdu __attribute__((vector_size(CK_VB), aligned(8), may_alias));
    #define CK_INLINE static inline __attribute__((always_inline, unused))

    #define ck_prefetch(p) __builtin_prefetch(p, 0)
    #define ck_prefetch_own(p) __builtin_prefetch(p, 1)
    CK_INLINE ck_vf ck_load_f(const float* p) { return *(const ck_vfu*)p; }
    CK_INLINE ck_vd ck_load_d(const double* p) { return *(const ck_vdu*)p; }
    CK_INLINE void ck_store_f(float* p, ck_vf v) { *(ck_vfu*)p = v; }
    CK_INLINE void ck_store_d(double* p, ck_vd v) { *(ck_vdu*)p = v; }
    #if defined(__AVX512F__)
    CK_INLINE void ck_stream_f(float* p, ck_vf v) { _mm512_stream_ps(p, (__m512)v); }
    CK_INLINE void ck_stream_d(double* p, ck_vd v) { _mm512_stream_pd(p, (__m512d)v); }
    CK_INLINE void ck_publish(void) { _mm_sfence(); }
    #else
    CK_INLINE void ck_stream_f(float* p, ck_vf v) { ck_store_f(p, v); }
    CK_INLINE void ck_stream_d(double* p, ck_vd v) { ck_store_d(p, v); }
    CK_INLINE void ck_publish(void) { }
    #endif
    CK_INLINE ck_vf ck_spread_f(float x) { return x - (ck_vf){0}; }
    CK_INLINE ck_vd ck_spread_d(double x) { return x - (ck_vd){0}; }
    CK_INLINE ck_vi ck_spread_i(int32_t x) { return x - (ck_vi){0}; }
    CK_INLINE ck_vl ck_spread_l(int64_t x) { return x - (ck_vl){0}; }

    #if defined(__AVX512F__)
    CK_INLINE ck_vf ck_load_nf(const float* p, ptrdiff_t n)
    { return (ck_vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
    CK_INLINE ck_vd ck_load_nd(const double* p, ptrdiff_t n)
    { return (ck_vd)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p); }
    CK_INLINE void ck_store_nf(float* p, ck_vf v, ptrdiff_t n)
    { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }
    CK_INLINE void ck_store_nd(double* p, ck_vd v, ptrdiff_t n)
    { _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v); }
    #else
    CK_INLINE ck_vf ck_load_nf(const float* p, ptrdiff_t n)
    { ck_vf v = {0}; memcpy(&v, p, (size_t)n * 4); return v; }
    CK_INLINE ck_vd ck_load_nd(const double* p, ptrdiff_t n)
    { ck_vd v = {0}; memcpy(&v, p, (size_t)n * 8); return v; }
    CK_INLINE void ck_store_nf(float* p, ck_vf v, ptrdiff_t n)
    { memcpy(p, &v, (size_t)n * 4); }
    CK_INLINE void ck_store_nd(double* p, ck_vd v, ptrdiff_t n)
    { memcpy(p, &v, (size_t)n * 8); }
    #endif

    CK_INLINE ck_vi ck_lt_f(ck_vf a, ck_vf b) { return a < b; }
    CK_INLINE ck_vl ck_lt_d(ck_vd a, ck_vd b) { return a < b; }
    CK_INLINE ck_vi ck_le_f(ck_vf a, ck_vf b) { return a <= b; }
    CK_INLINE ck_vl ck_le_d(ck_vd a, ck_vd b) { return a <= b; }
    CK_INLINE ck_vi ck_eq_f(ck_vf a, ck_vf b) { return a == b; }
    CK_INLINE ck_vl ck_eq_d(ck_vd a, ck_vd b) { return a == b; }
    CK_INLINE ck_vf ck_select_f(ck_vi m, ck_vf a, ck_vf b)
    { return (ck_vf)((m & (ck_vi)a) | (~m & (ck_vi)b)); }
    CK_INLINE ck_vd ck_select_d(ck_vl m, ck_vd a, ck_vd b)
    { return (ck_vd)((m & (ck_vl)a) | (~m & (ck_vl)b)); }
    #if defined(__AVX512F__)
    CK_INLINE unsigned ck_set_lanes(ck_vi m)
    { return _mm512_test_epi32_mask((__m512i)m, (__m512i)m); }
    #elif defined(__AVX2__)
    CK_INLINE unsigned ck_set_lanes(ck_vi m)
    { return (unsigned)_mm256_movemask_ps((__m256)m); }
    #else
    CK_INLINE unsigned ck_set_lanes(ck_vi m)
    {
        unsigned set = 0;
        for (int i = 0; i < CK_LF; i++) set |= (unsigned)(m[i] & 1) << i;
        return set;
    }
    #endif
    #if defined(__AVX512F__)
      #define CK_PAIR(name) _mm512_##name
    #elif defined(__AVX2__)
      #define CK_PAIR(name) _mm256_##name
    #elif defined(__x86_64__)
      #define CK_PAIR(name) _mm_##name
    #endif
    #ifdef CK_PAIR
    CK_INLINE ck_vf ck_lesser_f(ck_vf a, ck_vf b) { return CK_PAIR(min_ps)(a, b); }
    CK_INLINE ck_vd ck_lesser_d(ck_vd a, ck_vd b) { return CK_PAIR(min_pd)(a, b); }
    CK_INLINE ck_vf ck_greater_f(ck_vf a, ck_vf b) { return CK_PAIR(max_ps)(a, b); }
    CK_INLINE ck_vd ck_greater_d(ck_vd a, ck_vd b) { return CK_PAIR(max_pd)(a, b); }
    #else
    CK_INLINE ck_vf ck_lesser_f(ck_vf a, ck_vf b) { return ck_select_f(a < b, a, b); }
    CK_INLINE ck_vd ck_lesser_d(ck_vd a, ck_vd b) { return ck_select_d(a < b, a, b); }
    CK_INLINE ck_vf ck_greater_f(ck_vf a, ck_vf b) { return ck_select_f(a > b, a, b); }
    CK_INLINE ck_vd ck_greater_d(ck_vd a, ck_vd b) { return ck_select_d(a > b, a, b); }
    #endif
    CK_INLINE ck_vf ck_div_f(ck_vf a, ck_vf b) { return a / b; }
    CK_INLINE ck_vd ck_div_d(ck_vd a, ck_vd b) { return a / b; }
    #if defined(__AVX512F__)
    CK_INLINE ck_vf ck_quotient_f(ck_vf a, ck_vf b)
    {
        ck_vf y = (ck_vf)_mm512_rcp14_ps((__m512)b), q = a * y;
        return q - y * (b * q - a); /* keeps the sign of 0 */
    }
    #else
    CK_INLINE ck_vf ck_quotient_f(ck_vf a, ck_vf b) { return a / b; }
    #endif
    #if defined(__AVX512F__)
    CK_INLINE ck_vf ck_sqrt_f(ck_vf a) { return (ck_vf)_mm512_sqrt_ps((__m512)a); }
    CK_INLINE ck_vd ck_sqrt_d(ck_vd a) { return (ck_vd)_mm512_sqrt_pd((__m512d)a); }
    #elif defined(__AVX2__)
    CK_INLINE ck_vf ck_sqrt_f(ck_vf a) { return (ck_vf)_mm256_sqrt_ps((__m256)a); }
    CK_INLINE ck_vd ck_sqrt_d(ck_vd a) { return (ck_vd)_mm256_sqrt_pd((__m256d)a); }
    #elif defined(__x86_64__)
    CK_INLINE ck_vf ck_sqrt_f(ck_vf a) { return (ck_vf)_mm_sqrt_ps((__m128)a); }
    CK_INLINE ck_vd ck_sqrt_d(ck_vd a) { return (ck_vd)_mm_sqrt_pd((__m128d)a); }
    #else
    CK_INLINE ck_vf ck_sqrt_f(ck_vf a)
    { for (int i = 0; i < CK_LF; i++) a[i] = __builtin_sqrtf(a[i]); return a; }
    CK_INLINE ck_vd ck_sqrt_d(ck_vd a)
    { for (int i = 0; i < CK_LD; i++) a[i] = __builtin_sqrt(a[i]); return a; }
    #endif
    CK_INLINE ck_vi ck_as_int_f(ck_vf a) { return (ck_vi)a; }
    CK_INLINE ck_vl ck_as_int_d(ck_vd a) { return (ck_vl)a; }
    CK_INLINE ck_vf ck_as_float_f(ck_vi a) { return (ck_vf)a; }
    CK_INLINE ck_vd ck_as_float_d(ck_vl a) { return (ck_vd)a; }
    CK_INLINE ck_vi ck_to_int_f(ck_vf a) { return __builtin_convertvector(a, ck_vi); }
    CK_INLINE ck_vl ck_to_int_d(ck_vd a) { return __builtin_convertvector(a, ck_vl); }
    CK_INLINE ck_vf ck_from_int_f(ck_vi a) { return __builtin_convertvector(a, ck_vf); }
    CK_INLINE ck_vd ck_from_int_d(ck_vl a) { return __builtin_convertvector(a, ck_vd); }
    /* Blocks of half the size change places across the diagonal, then halves of
       these (Eklundh, 1972). The masks are constants once the loops are unrolled. */
    #if defined(__clang__)
      #define CK_MIX(a, b, type, mask, lanes) ck_mix_##type(a, b, mask)
    CK_INLINE ck_vf ck_mix_f(ck_vf a, ck_vf b, ck_vi mask)
    { ck_vf r; for (int i = 0; i < CK_LF; i++)
        r[i] = mask[i] < CK_LF ? a[mask[i]] : b[mask[i] - CK_LF]; return r; }
    CK_INLINE ck_vd ck_mix_d(ck_vd a, ck_vd b, ck_vl mask)
    { ck_vd r; for (int i = 0; i < CK_LD; i++)
        r[i] = mask[i] < CK_LD ? a[mask[i]] : b[mask[i] - CK_LD]; return r; }
    #else
      #define CK_MIX(a, b, type, mask, lanes) __builtin_shuffle(a, b, mask)
    #endif
    #define CK_TRANSPOSE(name, vector, masks, type, lanes) \
    CK_INLINE void name(vector* r) { \
        masks lane = {0}; \
        _Pragma("GCC unroll 16") \
        for (int i = 0; i < lanes; i++) lane[i] = i; \
        _Pragma("GCC unroll 4") \
        for (int half = lanes / 2; half; half /= 2) { \
            masks right = (lane & half) != 0; \
            masks low = lane + (right & (lanes - half)); \
            masks high = lane + half + (right & (lanes - half)); \
            _Pragma("GCC unroll 16") \
            for (int i = 0; i < lanes; i++) \
                if (!(i & half)) { \
                    vector a = r[i], b = r[i + half]; \
                    r[i] = CK_MIX(a, b, type, low, lanes); \
                    r[i + half] = CK_MIX(a, b, type, high, lanes); \
                } \
        } \
    }
    CK_TRANSPOSE(ck_transpose_f, ck_vf, ck_vi, f, CK_LF)
    CK_TRANSPOSE(ck_transpose_d, ck_vd, ck_vl, d, CK_LD)
    CK_INLINE ck_vi ck_and_i(ck_vi a, ck_vi b) { return a & b; }
    CK_INLINE ck_vl ck_and_l(ck_vl a, ck_vl b) { return a & b; }
    CK_INLINE ck_vi ck_or_i(ck_vi a, ck_vi b) { return a | b; }
    CK_INLINE ck_vl ck_or_l(ck_vl a, ck_vl b) { return a | b; }
    CK_INLINE ck_vi ck_shl_i(ck_vi a, int n) { return a << n; }
    CK_INLINE ck_vl ck_shl_l(ck_vl a, int n) { return a << n; }
    CK_INLINE ck_vi ck_shr_i(ck_vi a, int n) { return a >> n; }
    CK_INLINE ck_vl ck_shr_l(ck_vl a, int n) { return a >> n; }
    #if defined(__AVX512F__)
    CK_INLINE float ck_total_f(ck_vf v) { return _mm512_reduce_add_ps((__m512)v); }
    CK_INLINE double ck_total_d(ck_vd v) { return _mm512_reduce_add_pd((__m512d)v); }
    CK_INLINE float ck_peak_f(ck_vf v) { return _mm512_reduce_max_ps((__m512)v); }
    CK_INLINE double ck_peak_d(ck_vd v) { return _mm512_reduce_max_pd((__m512d)v); }
    #else
    #define CK_BY_HALVES(number, lanes, combine) \
        number lane[lanes]; \
        memcpy(lane, &v, sizeof lane); \
        for (int half = lanes / 2; half; half /= 2) \
            for (int i = 0; i < half; i++) \
                lane[i] = combine(lane[i], lane[i + half]); \
        return lane[0];
    #define CK_SUM(a, b) ((a) + (b))
    #define CK_MAX(a, b) ((a) > (b) ? (a) : (b))
    CK_INLINE float ck_total_f(ck_vf v) { CK_BY_HALVES(float, CK_LF, CK_SUM) }
    CK_INLINE double ck_total_d(ck_vd v) { CK_BY_HALVES(double, CK_LD, CK_SUM) }
    CK_INLINE float ck_peak_f(ck_vf v) { CK_BY_HALVES(float, CK_LF, CK_MAX) }
    CK_INLINE double ck_peak_d(ck_vd v) { CK_BY_HALVES(double, CK_LD, CK_MAX) }
    #endif
    """
    ctypedef float vf "ck_vf"
    ctypedef double vd "ck_vd"
    ctypedef int vi "ck_vi"
    ctypedef long long vl "ck_vl"
    enum:
        LANES_F "CK_LF"
        LANES_D "CK_LD"
        VECTOR_BYTES "CK_VB"
        TILE_ROWS "CK_TILE_ROWS"

    void prefetch "ck_prefetch"(const void* p) noexcept nogil
    void prefetch_own "ck_prefetch_own"(const void* p) noexcept nogil
    vf load_f "ck_load_f"(const float* p) noexcept nogil
    vd load_d "ck_load_d"(const double* p) noexcept nogil
    void store_f "ck_store_f"(float* p, vf v) noexcept nogil
    void store_d "ck_store_d"(double* p, vd v) noexcept nogil
    void stream_f "ck_stream_f"(float* p, vf v) noexcept nogil
    void stream_d "ck_stream_d"(double* p, vd v) noexcept nogil
    void publish "ck_publish"() noexcept nogil
    vf load_nf "ck_load_nf"(const float* p, Py_ssize_t n) noexcept nogil
    vd load_nd "ck_load_nd"(const double* p, Py_ssize_t n) noexcept nogil
    void store_nf "ck_store_nf"(float* p, vf v, Py_ssize_t n) noexcept nogil
    void store_nd "ck_store_nd"(double* p, vd v, Py_ssize_t n) noexcept nogil
    vf spread_f "ck_spread_f"(float x) noexcept nogil
    vd spread_d "ck_spread_d"(double x) noexcept nogil
    vi spread_i "ck_spread_i"(int x) noexcept nogil
    vl spread_l "ck_spread_l"(long long x) noexcept nogil
    vi lt_f "ck_lt_f"(vf a, vf b) noexcept nogil
    vl lt_d "ck_lt_d"(vd a, vd b) noexcept nogil
    vi le_f "ck_le_f"(vf a, vf b) noexcept nogil
    vl le_d "ck_le_d"(vd a, vd b) noexcept nogil
    vi eq_f "ck_eq_f"(vf a, vf b) noexcept nogil
    vl eq_d "ck_eq_d"(vd a, vd b) noexcept nogil
    vf select_f "ck_select_f"(vi m, vf a, vf b) noexcept nogil
    vd select_d "ck_select_d"(vl m, vd a, vd b) noexcept nogil
    unsigned int set_lanes "ck_set_lanes"(vi m) noexcept nogil
    int lowest_bit "__builtin_ctz"(unsigned int set) noexcept nogil
    vf lesser_f "ck_lesser_f"(vf a, vf b) noexcept nogil
    vd lesser_d "ck_lesser_d"(vd a, vd b) noexcept nogil
    vf greater_f "ck_greater_f"(vf a, vf b) noexcept nogil
    vd greater_d "ck_greater_d"(vd a, vd b) noexcept nogil
    vf div_f "ck_div_f"(vf a, vf b) noexcept nogil
    vd div_d "ck_div_d"(vd a, vd b) noexcept nogil
    vf quotient_f "ck_quotient_f"(vf a, vf b) noexcept nogil
    vf sqrt_f "ck_sqrt_f"(vf a) noexcept nogil
    vd sqrt_d "ck_sqrt_d"(vd a) noexcept nogil
    void transpose_f "ck_transpose_f"(vf* vectors) noexcept nogil
    void transpose_d "ck_transpose_d"(vd* vectors) noexcept nogil
    vi as_int_f "ck_as_int_f"(vf a) noexcept nogil
    vl as_int_d "ck_as_int_d"(vd a) noexcept nogil
    vf as_float_f "ck_as_float_f"(vi a) noexcept nogil
    vd as_float_d "ck_as_float_d"(vl a) noexcept nogil
    vi to_int_f "ck_to_int_f"(vf a) noexcept nogil
    vl to_int_d "ck_to_int_d"(vd a) noexcept nogil
    vf from_int_f "ck_from_int_f"(vi a) noexcept nogil
    vd from_int_d "ck_from_int_d"(vl a) noexcept nogil
    vi and_i "ck_and_i"(vi a, vi b) noexcept nogil
    vl and_l "ck_and_l"(vl a, vl b) noexcept nogil
    vi or_i "ck_or_i"(vi a, vi b) noexcept nogil
    vl or_l "ck_or_l"(vl a, vl b) noexcept nogil
    vi shl_i "ck_shl_i"(vi a, int n) noexcept nogil
    vl shl_l "ck_shl_l"(vl a, int n) noexcept nogil
    vi shr_i "ck_shr_i"(vi a, int n) noexcept nogil
    vl shr_l "ck_shr_l"(vl a, int n) noexcept nogil
    float total_f "ck_total_f"(vf v) noexcept nogil
    double total_d "ck_total_d"(vd v) noexcept nogil
    float peak_f "ck_peak_f"(vf v) noexcept nogil
    double peak_d "ck_peak_d"(vd v) noexcept nogil
