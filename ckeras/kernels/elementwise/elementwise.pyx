"""The interpreter of elementwise programs; its contract is in elementwise.pxd."""

cimport cython
from cython.parallel cimport prange
from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
)

from ckeras.kernels.elementwise.elementwise_ops cimport apply
from ckeras.kernels.vector.half cimport (
    from_bfloat16, from_float16, narrowed, to_bfloat16, to_float16,
)

cdef enum:
    TILE_BYTES = 4096
    MAX_REGISTERS = 24
    MAX_BUFFERS = 48
    SCRATCH = 12288  # doubles in all registers
    HEAD = 11

ctypedef fused stored:
    float
    double
    int8_t
    int16_t
    int32_t
    int64_t
    uint8_t
    uint16_t
    uint32_t
    uint64_t


cdef inline Py_ssize_t least(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return a if a < b else b


# Loading and storing

cdef inline void load_as(
    element* d, const stored* x, Py_ssize_t n, Py_ssize_t stride
) noexcept nogil:
    cdef Py_ssize_t i
    cdef element value
    if stride == 1:
        for i in range(n):
            d[i] = <element> x[i]
    elif n > 0:
        value = <element> x[0]
        for i in range(n):
            d[i] = value


cdef inline void load_halves(
    element* d, const uint16_t* x, Py_ssize_t n, Py_ssize_t stride, bint brain
) noexcept nogil:
    cdef Py_ssize_t i
    cdef element value
    if stride == 1 and brain:
        for i in range(n):
            d[i] = <element> from_bfloat16(x[i])
    elif stride == 1:
        for i in range(n):
            d[i] = <element> from_float16(x[i])
    elif n > 0:
        value = <element> (from_bfloat16(x[0]) if brain else from_float16(x[0]))
        for i in range(n):
            d[i] = value


cdef void load(
    element* d, const void* x, Py_ssize_t start, Py_ssize_t n, Py_ssize_t stride,
    int storage
) noexcept nogil:
    """d[0:n] = x[start : start + n], or x[start] again and again if stride is 0."""
    if storage == FLOAT32:
        load_as(d, <const float*> x + start, n, stride)
    elif storage == FLOAT64:
        load_as(d, <const double*> x + start, n, stride)
    elif storage == INT8:
        load_as(d, <const int8_t*> x + start, n, stride)
    elif storage == INT16:
        load_as(d, <const int16_t*> x + start, n, stride)
    elif storage == INT32:
        load_as(d, <const int32_t*> x + start, n, stride)
    elif storage == INT64:
        load_as(d, <const int64_t*> x + start, n, stride)
    elif storage == UINT16:
        load_as(d, <const uint16_t*> x + start, n, stride)
    elif storage == UINT32:
        load_as(d, <const uint32_t*> x + start, n, stride)
    elif storage == UINT64:
        load_as(d, <const uint64_t*> x + start, n, stride)
    elif storage == FLOAT16 or storage == BFLOAT16:
        load_halves(d, <const uint16_t*> x + start, n, stride, storage == BFLOAT16)
    else:  # UINT8, BOOL
        load_as(d, <const uint8_t*> x + start, n, stride)


cdef inline void store_as(
    stored* y, const element* r, Py_ssize_t n, double low, double high
) noexcept nogil:
    """Numbers as another type; floats are held within an integer type's range.

    `high` is the first power of two above the range: the last number below it may
    not be a float.
    """
    cdef Py_ssize_t i
    cdef stored top
    if (element is float or element is double) and not (
            stored is float or stored is double):
        top = largest(y)
        for i in range(n):
            if r[i] >= high:
                y[i] = top
            elif r[i] <= low:
                y[i] = <stored> low
            else:
                y[i] = <stored> (r[i] if r[i] == r[i] else 0)
    else:
        for i in range(n):
            y[i] = <stored> r[i]


cdef inline void store_halves(
    uint16_t* y, const element* r, Py_ssize_t n, bint brain
) noexcept nogil:
    cdef Py_ssize_t i
    if element is float:
        if brain:
            for i in range(n):
                y[i] = to_bfloat16(r[i])
        else:
            for i in range(n):
                y[i] = to_float16(r[i])
    else:
        for i in range(n):
            y[i] = to_bfloat16(narrowed(r[i])) if brain else to_float16(narrowed(r[i]))


cdef inline stored largest(const stored* like) noexcept nogil:
    if stored is float or stored is double:
        return 0
    elif stored is int8_t:
        return 0x7f
    elif stored is int16_t:
        return 0x7fff
    elif stored is int32_t:
        return 0x7fffffff
    elif stored is int64_t:
        return 0x7fffffffffffffff
    else:
        return <stored> (-1)


cdef void store(
    void* y, Py_ssize_t start, const element* r, Py_ssize_t n, int storage
) noexcept nogil:
    """y[start : start + n] = r[0:n]."""
    cdef Py_ssize_t i
    cdef uint8_t* flags
    if storage == FLOAT32:
        store_as(<float*> y + start, r, n, 0, 0)
    elif storage == FLOAT64:
        store_as(<double*> y + start, r, n, 0, 0)
    elif storage == INT8:
        store_as(<int8_t*> y + start, r, n, -128.0, 128.0)
    elif storage == INT16:
        store_as(<int16_t*> y + start, r, n, -32768.0, 32768.0)
    elif storage == INT32:
        store_as(<int32_t*> y + start, r, n, -2147483648.0, 2147483648.0)
    elif storage == INT64:
        store_as(<int64_t*> y + start, r, n,
                 -9223372036854775808.0, 9223372036854775808.0)
    elif storage == UINT8:
        store_as(<uint8_t*> y + start, r, n, 0.0, 256.0)
    elif storage == UINT16:
        store_as(<uint16_t*> y + start, r, n, 0.0, 65536.0)
    elif storage == UINT32:
        store_as(<uint32_t*> y + start, r, n, 0.0, 4294967296.0)
    elif storage == UINT64:
        store_as(<uint64_t*> y + start, r, n, 0.0, 18446744073709551616.0)
    elif storage == FLOAT16 or storage == BFLOAT16:
        store_halves(<uint16_t*> y + start, r, n, storage == BFLOAT16)
    else:  # BOOL
        flags = <uint8_t*> y + start
        for i in range(n):
            flags[i] = r[i] != 0


# One program. `Machine` points into the integers of the call.

cdef struct Machine:
    Py_ssize_t inner
    Py_ssize_t rows_per_tile
    Py_ssize_t tile
    Py_ssize_t tiles_per_row   # 1 where a tile has whole rows
    Py_ssize_t n_rows
    Py_ssize_t n_outer
    Py_ssize_t n_inputs
    Py_ssize_t n_constants
    Py_ssize_t n_instructions
    Py_ssize_t n_outputs
    Py_ssize_t input_size      # integers that describe an input
    const Py_ssize_t* axes
    const Py_ssize_t* inputs
    const Py_ssize_t* constants
    const Py_ssize_t* code
    const Py_ssize_t* outputs


cdef inline void decode(Machine* m, const Py_ssize_t* dim) noexcept nogil:
    m.inner, m.rows_per_tile, m.tile = dim[1], dim[2], dim[3]
    m.tiles_per_row = 1 if m.rows_per_tile else (m.inner + m.tile - 1) // m.tile
    m.n_rows = dim[0] // m.inner
    m.n_outer, m.n_inputs, m.n_constants = dim[6], dim[7], dim[8]
    m.n_instructions, m.n_outputs = dim[9], dim[10]
    m.input_size = 5 + m.n_outer
    m.axes = dim + HEAD
    m.inputs = m.axes + m.n_outer
    m.constants = m.inputs + m.n_inputs * m.input_size
    m.code = m.constants + m.n_constants
    m.outputs = m.code + 5 * m.n_instructions


cdef inline Py_ssize_t row_start(
    const Machine* m, const Py_ssize_t* strides, Py_ssize_t row
) noexcept nogil:
    """Where in an input the operands of a row of the output begin."""
    cdef Py_ssize_t axis, start = 0
    for axis in range(m.n_outer - 1, -1, -1):
        start += row % m.axes[axis] * strides[axis]
        row = row // m.axes[axis]
    return start


cdef void load_rows(
    const Machine* m, element* d, const void* x, const Py_ssize_t* info,
    Py_ssize_t row, Py_ssize_t column, Py_ssize_t n
) noexcept nogil:
    """The n elements of a broadcast input from a place in the output on."""
    cdef const Py_ssize_t* strides = info + 4
    cdef Py_ssize_t step = strides[m.n_outer]
    cdef Py_ssize_t start, length
    while n > 0:
        length = least(n, m.inner - column)
        start = row_start(m, strides, row) + column * step
        load(d, x, start, length, step, <int> info[0])
        d += length
        n -= length
        row += 1
        column = 0


cdef inline void begin_tile(
    const Machine* m, element** buf, element** reg, Py_ssize_t row, Py_ssize_t column,
    Py_ssize_t n
) noexcept nogil:
    """Points registers at the operands of a tile, and loads those that need it."""
    cdef Py_ssize_t i, place = row * m.inner + column
    cdef const Py_ssize_t* info
    for i in range(m.n_outputs):
        info = m.outputs + 3 * i
        if info[2]:
            reg[info[1]] = buf[m.n_inputs + i] + place
    for i in range(m.n_inputs):
        info = m.inputs + m.input_size * i
        if info[1] == POINTER:
            if info[3]:
                reg[info[2]] = buf[i] + place
            else:
                reg[info[2]] = buf[i] + row_start(m, info + 4, row) + column
        elif info[1] == CONVERT:
            load(reg[info[2]], buf[i], place, n, 1, <int> info[0])
        elif info[1] == ROWS:
            load_rows(m, reg[info[2]], buf[i], info, row, column, n)


cdef inline int run_tile(
    const Machine* m, element** buf, element** reg, Py_ssize_t place, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef const Py_ssize_t* info
    for i in range(m.n_instructions):
        info = m.code + 5 * i
        if apply(<int> info[0], reg[info[1]], reg[info[2]], reg[info[3]],
                 reg[info[4]], n):
            return 1
    for i in range(m.n_outputs):
        info = m.outputs + 3 * i
        if not info[2]:
            store(buf[m.n_inputs + i], place, reg[info[1]], n, <int> info[0])
    return 0


cdef int run_chunk(
    const Machine* m, element** buf, const double* attr, Py_ssize_t first,
    Py_ssize_t end
) noexcept nogil:
    """Runs the tiles first ... end - 1 with registers of its own."""
    cdef double scratch[SCRATCH]
    cdef element* reg[MAX_REGISTERS + MAX_BUFFERS]
    cdef Py_ssize_t capacity = TILE_BYTES // sizeof(element)
    cdef Py_ssize_t i, t, row, column, n
    cdef const Py_ssize_t* info
    cdef element constant
    for i in range(MAX_REGISTERS):
        reg[i] = <element*> scratch + i * capacity
    for i in range(m.n_constants):
        constant = <element> attr[i]
        load(reg[m.constants[i]], &constant, 0, m.tile, 0, storage_of(&constant))
    for i in range(m.n_inputs):
        info = m.inputs + m.input_size * i
        if info[1] == ONCE:
            load_rows(m, reg[info[2]], buf[i], info, 0, 0, m.tile)
    for t in range(first, end):
        if m.rows_per_tile:
            row, column = t * m.rows_per_tile, 0
            n = least(m.rows_per_tile, m.n_rows - row) * m.inner
        else:
            row, column = t // m.tiles_per_row, (t % m.tiles_per_row) * m.tile
            n = least(m.tile, m.inner - column)
        begin_tile(m, buf, reg, row, column, n)
        if run_tile(m, buf, reg, row * m.inner + column, n):
            return 1
    return 0


cdef inline int storage_of(const element* like) noexcept nogil:
    if element is float:
        return FLOAT32
    elif element is double:
        return FLOAT64
    elif element is int:
        return INT32
    elif element is cython.longlong:
        return INT64
    else:
        return UINT64


cdef int program(
    element** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil:
    cdef Py_ssize_t n_tiles = dim[4], tiles_per_chunk = dim[5]
    cdef Py_ssize_t n_chunks, i
    cdef Machine m
    cdef int failed = 0
    if dim[0] == 0:
        return 0
    decode(&m, dim)
    if tiles_per_chunk >= n_tiles or n_threads == 1:
        return run_chunk(&m, buf, attr, 0, n_tiles)
    n_chunks = (n_tiles + tiles_per_chunk - 1) // tiles_per_chunk
    for i in prange(n_chunks, schedule="static", num_threads=n_threads):
        failed |= run_chunk(&m, buf, attr, i * tiles_per_chunk,
                            least((i + 1) * tiles_per_chunk, n_tiles))
    return failed
