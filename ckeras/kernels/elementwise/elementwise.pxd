"""A small interpreter: straight-line elementwise programs, tile by tile.

    for every index of the output:  r = opcode(a, b, c); ...; output = r

A register holds one tile (at most 4096 bytes of the compute type). It is scratch
memory, or it is an alias of a tile of an operand where that has the compute type:
such inputs are read and such outputs are written without a copy. Everything else is
converted when it is loaded and stored.

    buf[0 : n_inputs]        inputs, contiguous, broadcast into the output's shape
    buf[n_inputs : ]         outputs, contiguous, all of the same shape
    attr[0 : n_constants]    constants

The output's shape is given with as few axes as broadcasting allows; the last of them
is `inner`. A tile is part of one row of `inner` elements (rows_per_tile = 0) or
several whole rows. Threads take chunks of tiles.

    dim[0]  n              elements of an output
    dim[1]  inner          size of the last axis
    dim[2]  rows_per_tile  whole rows in a tile, or 0
    dim[3]  tile           elements in a tile, the last one of a row may have fewer
    dim[4]  n_tiles
    dim[5]  tiles_per_chunk
    dim[6]  n_outer        axes before the last one
    dim[7]  n_inputs
    dim[8]  n_constants
    dim[9]  n_instructions
    dim[10] n_outputs
    then    n_outer times      size of an axis
            n_inputs times     Storage, Mode, register, flat (as many elements as the
                               output), strides of all axes in elements (1 or 0 for
                               the last one)
            n_constants times  register
            n_instructions     Opcode, register written, three registers read
            n_outputs times    Storage, register, direct (the register is the buffer)

An output may be the same memory as an input of equal shape and type if no instruction
reads that input after the output is written; `program_layout.py` lists those.
Floats become integers as in XLA: rounded to zero, NaN to 0, held within the range.
Constants of a program in uint64 are not negative.
"""

# The types in which programs compute. Unsigned integers of 32 bits and fewer are
# numbers of a wider signed type.
ctypedef fused element:
    float
    double
    int
    long long
    unsigned long long

cpdef enum Storage:
    FLOAT32 = 0
    FLOAT64
    INT8
    INT16
    INT32
    INT64
    UINT8
    UINT16
    UINT32
    UINT64
    BOOL
    FLOAT16       # half precision is computed as float32 and rounded when stored
    BFLOAT16

cpdef enum Mode:
    POINTER = 0   # the register is the operand's memory
    CONVERT       # contiguous, converted tile by tile
    ONCE          # the same in every tile: loaded once for each chunk
    ROWS          # broadcast row by row

cpdef enum Opcode:
    # of any type
    ADD = 0
    SUBTRACT
    MULTIPLY
    DIVIDE
    MAXIMUM
    MINIMUM
    MOD
    FLOOR_DIVIDE
    POWER
    NEGATIVE
    ABS
    SIGN
    SQUARE
    CLIP             # min(max(a, b), c)
    SELECT           # b where a is not 0, else c
    LESS
    LESS_EQUAL
    EQUAL
    NOT_EQUAL
    LOGICAL_AND
    LOGICAL_OR
    LOGICAL_XOR
    LOGICAL_NOT
    NONZERO
    # of integers
    BITWISE_AND
    BITWISE_OR
    BITWISE_XOR
    BITWISE_NOT
    LEFT_SHIFT
    RIGHT_SHIFT
    # of floats
    RECIPROCAL
    SQRT
    RSQRT
    FLOOR
    CEIL
    ROUND            # half to even
    ISNAN
    ISINF
    ISFINITE
    RELU
    RELU_GRADIENT    # a where b > 0, else 0
    TANH_GRADIENT    # a · (1 - b²)
    SIGMOID_GRADIENT  # a · b · (1 - b)
    EXP
    LOG
    LOG1P
    EXPM1
    TANH
    SIGMOID
    SOFTPLUS         # log(1 + exp a)
    ERF
    SIN
    COS
    TAN
    ASIN
    ACOS
    ATAN
    SINH
    COSH
    TO_FLOAT16       # rounded as if stored, for what is computed on with
    TO_BFLOAT16

cdef int program(
    element** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
