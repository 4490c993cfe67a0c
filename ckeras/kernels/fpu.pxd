"""Flush-to-zero: read and set the calling thread's floating-point control.

Subnormal numbers cost a hundred times an ordinary operation on many CPUs; inside a
run they are taken as zero, and the state is put back afterwards. A kernel that only
compares may switch that off: comparisons cost the same for all numbers.
"""

from cython.parallel cimport parallel

cdef extern from *:
    """
    /* Compilers do not know that arithmetic depends on the state: numbers are loaded
       and results stored on the side of the change where the program says so. */
    #define FPU_FENCE __asm__ volatile("" : : : "memory")
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    static inline unsigned long fpu_get(void) { return _mm_getcsr(); }
    static inline void fpu_set(unsigned long state)
    { FPU_FENCE; _mm_setcsr((unsigned)state); FPU_FENCE; }
    #define FPU_FLUSH 0x8040UL   /* FTZ and DAZ */
    #elif defined(__aarch64__)
    static inline unsigned long fpu_get(void)
    { unsigned long s; __asm__ volatile("mrs %0, fpcr" : "=r"(s)); return s; }
    static inline void fpu_set(unsigned long s)
    { __asm__ volatile("msr fpcr, %0" : : "r"(s) : "memory"); }
    #define FPU_FLUSH 0x1000000UL   /* FZ */
    #else
    static inline unsigned long fpu_get(void) { return 0; }
    static inline void fpu_set(unsigned long s) { (void)s; }
    #define FPU_FLUSH 0UL
    #endif
    """
    unsigned long fpu_get() noexcept nogil
    void fpu_set(unsigned long state) noexcept nogil
    unsigned long FPU_FLUSH


cdef inline unsigned long enter_flush(int n_threads) noexcept nogil:
    """Sets flush-to-zero in this thread and its team; returns the old state."""
    cdef unsigned long old = fpu_get()
    if n_threads > 1:
        with parallel(num_threads=n_threads):
            fpu_set(old | FPU_FLUSH)
    else:
        fpu_set(old | FPU_FLUSH)
    return old


cdef inline void leave_flush(unsigned long old, int n_threads) noexcept nogil:
    if n_threads > 1:
        with parallel(num_threads=n_threads):
            fpu_set(old)
    else:
        fpu_set(old)
