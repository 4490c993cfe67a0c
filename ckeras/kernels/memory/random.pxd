"""Random numbers as a function of seed and position, so that threads cannot matter.

The generator is Philox-4x32-10 (Salmon et al., Parallel random numbers: as easy as
1, 2, 3, 2011): key = the two words of the seed, counter = (block, attempt), four words
for each block. Sixteen blocks make a group of 64 words: word w of block b of the group
stands at position 16 w + b. Numbers of 8 bytes take two words, 32 to a group.
Arithmetic is not contracted in this module (see setup.py): all CPU levels agree.
"""

from ckeras.kernels.types cimport real


# state' = state + 1 as a 64-bit number (low word second); seed = state.
# buf: state, state', seed (uint32[2] each). state' may be state.
cdef int seed_next(void** buf, const Py_ssize_t* dim, const double* attr,
                   int n_threads) noexcept nogil

# The words themselves. buf: seed, out (uint32). dim: n.
cdef int bits(void** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# out = low + u · scale, below high; u in [0, 1) with 24 or 53 bits.
# buf: seed, out. dim: n. attr: low, scale, high.
cdef int uniform(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil

# out = mean + stddev · z, z by Box and Muller (1958); with `truncated` each z outside
# ±2 is drawn anew, attempt after attempt.
# buf: seed, out. dim: n, truncated. attr: mean, stddev.
cdef int normal(real** buf, const Py_ssize_t* dim, const double* attr,
                int n_threads) noexcept nogil

# out = low + floor(u · span), integers of `item` bytes; span up to 2^32.
# buf: seed, out. dim: n, item, low, span.
cdef int randint(void** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil

# out = x · scale where half a word is not below `threshold`, else 0. out may be x.
# Of each 128 elements the first 64 take the words' low halves, the others the high.
# buf: x, seed, out. dim: n, threshold (0 … 2^16). attr: scale.
cdef int dropout(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil
