"""Folding a run of neighbours by a rule: sum, product, largest, smallest.

A run is folded as if it were eight rows, then eight rows again: 1024 → 128 → 16 lanes
→ 1. So every loop is over neighbours and vectorizes, and the additions form a balanced
tree. The rule is a type that only selects code.
"""

from libc.math cimport INFINITY

ctypedef unsigned char u8
ctypedef long long longlong

ctypedef fused cell:
    float
    double
    int
    longlong
    u8

# The rules: pointers to these are passed for their type, and are always NULL.
cdef struct Sum:
    u8 tag
cdef struct Product:
    u8 tag
cdef struct Largest:
    u8 tag
cdef struct Smallest:
    u8 tag

ctypedef fused rule:
    Sum
    Product
    Largest
    Smallest

ctypedef fused extreme:
    Largest
    Smallest

cdef enum:
    LANES = 16
    EIGHTH = 128
    BLOCK = 1024       # elements of a run that become one term of the pairwise sum
    LEVELS = 48        # of the tree above the blocks


cdef inline bint is_nan(cell x) noexcept nogil:
    if cell is float or cell is double:
        return x != x
    else:
        return False


cdef inline cell identity(cell like, rule* how) noexcept nogil:
    if rule is Sum:
        return 0
    elif rule is Product:
        return 1
    elif cell is float or cell is double:
        return <cell> (-INFINITY if rule is Largest else INFINITY)
    elif cell is u8:
        return 0 if rule is Largest else 1
    elif cell is int:
        return ~<cell> 0x7fffffff if rule is Largest else 0x7fffffff
    else:
        return ~<cell> 0x7fffffffffffffff if rule is Largest else 0x7fffffffffffffff


cdef inline cell joined(cell a, cell b, rule* how) noexcept nogil:
    """a combined with b; the extremes keep NaN, integers wrap around."""
    if rule is Sum:
        if cell is int:
            return <int> (<unsigned int> a + <unsigned int> b)
        elif cell is longlong:
            return <longlong> (<unsigned long long> a + <unsigned long long> b)
        else:
            return <cell> (a + b)
    elif rule is Product:
        if cell is int:
            return <int> (<unsigned int> a * <unsigned int> b)
        elif cell is longlong:
            return <longlong> (<unsigned long long> a * <unsigned long long> b)
        else:
            return <cell> (a * b)
    elif rule is Largest:
        b = a if a > b else b
        return a if is_nan(a) else b
    else:
        b = a if a < b else b
        return a if is_nan(a) else b


cdef inline cell four(const cell* x, Py_ssize_t step, rule* how) noexcept nogil:
    """x[0], x[step], x[2 step] and x[3 step] as a balanced tree."""
    return joined(
        joined(x[0], x[step], how), joined(x[2 * step], x[3 * step], how), how)


cdef inline cell eight(const cell* x, Py_ssize_t step, rule* how) noexcept nogil:
    return joined(four(x, step, how), four(x + 4 * step, step, how), how)


cdef inline void push(
    cell* level, Py_ssize_t count, cell value, rule* how
) noexcept nogil:
    """Adds a term to a binary counter of partial results that holds `count` terms."""
    cdef Py_ssize_t d = 0
    while count & 1:
        value = joined(level[d], value, how)
        count >>= 1
        d += 1
    level[d] = value


cdef inline cell collect(
    const cell* level, Py_ssize_t count, cell value, rule* how
) noexcept nogil:
    """All terms of the binary counter and one more value."""
    cdef Py_ssize_t d = 0
    while count:
        if count & 1:
            value = joined(level[d], value, how)
        count >>= 1
        d += 1
    return value


cdef inline cell fold_lanes(cell* lane, rule* how) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(4):
        lane[i] = four(lane + i, 4, how)
    return joined(joined(lane[0], lane[2], how), joined(lane[1], lane[3], how), how)


cdef inline cell fold_block(const cell* x, rule* how) noexcept nogil:
    """BLOCK neighbours."""
    cdef cell partial[EIGHTH]
    cdef cell lane[LANES]
    cdef Py_ssize_t i
    for i in range(EIGHTH):
        partial[i] = eight(x + i, EIGHTH, how)
    for i in range(LANES):
        lane[i] = eight(partial + i, LANES, how)
    return fold_lanes(lane, how)


cdef inline cell fold_short(const cell* x, Py_ssize_t n, rule* how) noexcept nogil:
    """Fewer than BLOCK neighbours."""
    cdef cell lane[LANES]
    cdef cell both, total = identity(<cell> 0, how)
    cdef Py_ssize_t i, first = LANES
    if n < LANES:
        for i in range(n):
            total = joined(total, x[i], how)
        return total
    for i in range(LANES):
        lane[i] = x[i]
    while first + 8 * LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], eight(x + first + i, LANES, how), how)
        first += 8 * LANES
    if first + 4 * LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], four(x + first + i, LANES, how), how)
        first += 4 * LANES
    # Not a loop over what is left: GCC 12 with -fwrapv makes a wrong one for integers.
    if first + 2 * LANES <= n:
        for i in range(LANES):
            both = joined(x[first + i], x[first + LANES + i], how)
            lane[i] = joined(lane[i], both, how)
        first += 2 * LANES
    if first + LANES <= n:
        for i in range(LANES):
            lane[i] = joined(lane[i], x[first + i], how)
        first += LANES
    for i in range(first, n):
        total = joined(total, x[i], how)
    return joined(fold_lanes(lane, how), total, how)


cdef inline cell fold_run(const cell* x, Py_ssize_t n, rule* how) noexcept nogil:
    """n neighbours."""
    cdef cell level[LEVELS]
    cdef Py_ssize_t b, blocks
    if n < BLOCK:
        return fold_short(x, n, how)
    blocks = n // BLOCK
    for b in range(blocks):
        push(level, b, fold_block(x + b * BLOCK, how), how)
    b = blocks * BLOCK
    return collect(level, blocks, fold_short(x + b, n - b, how), how)
