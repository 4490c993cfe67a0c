"""The interpreter of elementwise programs against NumPy."""

import itertools

import numpy as np
import pytest

from ckeras.engine.program import Instruction, Operand, Program, compute_dtype
from tests.kernels.harness import poisoned, run

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
STORED = ["float32", "float64", *INTEGERS, "bool"]
A, B, C = (Operand("input", i) for i in range(3))


def program(opcode, arrays, dtype, out_dtype=None, constants=()):
    operands = [Operand("input", i) for i in range(len(arrays))]
    operands += [Operand("constant", i) for i in range(len(constants))]
    return Program(
        dtype,
        np.broadcast_shapes(*[a.shape for a in arrays]),
        tuple([(a.shape, str(a.dtype)) for a in arrays]),
        tuple(constants),
        (Instruction(opcode, tuple(operands)),) if opcode else (),
        ((Operand("result", 0) if opcode else A, out_dtype or dtype),),
    )


def execute(prog, arrays, n_threads=1):
    step = prog.step()
    outs = [
        np.full(prog.shape, 173, "uint8").view(bool)
        if dtype == "bool"
        else poisoned(prog.shape, dtype)
        for _, dtype in prog.outputs
    ]
    arrays = [np.ascontiguousarray(a) for a in arrays]
    buffers = [*arrays, *outs]
    assert run(step.kernel, step.dtype, buffers, step.dims, step.attrs, n_threads) == 0
    return outs[0] if len(outs) == 1 else outs


def numbers(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if np.dtype(dtype).kind == "f":
        return rng.uniform(-3, 3, shape).astype(dtype)
    low = 0 if dtype.startswith("u") else -100
    return rng.integers(low, 100, shape).astype(dtype)


BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "mod": np.mod,
    "floor_divide": np.floor_divide,
}
UNARY = {
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "square": np.square,
    "logical_not": np.logical_not,
    "nonzero": lambda x: x != 0,
    "relu": lambda x: np.maximum(x, 0),
}
FLOAT_UNARY = {
    "reciprocal": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
}
COMPUTE = ["float32", "float64", "int32", "int64"]


@pytest.mark.parametrize("dtype", COMPUTE)
@pytest.mark.parametrize("opcode", sorted(BINARY))
@pytest.mark.parametrize("size", [0, 1, 5, 1024, 2049])
def test_binary(opcode, dtype, size):
    a, b = numbers(size, dtype), numbers(size, dtype, 1)
    with np.errstate(all="ignore"):
        expected = BINARY[opcode](a, b)
    found = execute(program(opcode, [a, b], dtype), [a, b])
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == dtype


@pytest.mark.parametrize(
    ("opcode", "dtype"),
    [
        *itertools.product(sorted(UNARY), COMPUTE),
        *itertools.product(sorted(FLOAT_UNARY), ["float32", "float64"]),
    ],
)
def test_unary(opcode, dtype):
    a = numbers(1027, dtype)
    if dtype.startswith("float"):
        a[:6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 2.5]
    with np.errstate(all="ignore"):
        expected = (UNARY | FLOAT_UNARY)[opcode](a)
    np.testing.assert_array_equal(execute(program(opcode, [a], dtype), [a]), expected)


@pytest.mark.parametrize("opcode", ["maximum", "minimum", "mod", "floor_divide"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_floats(opcode, dtype):
    special = np.array([0.0, -0.0, 1.5, -1.5, np.inf, -np.inf, np.nan], dtype)
    a, b = np.repeat(special, special.size), np.tile(special, special.size)
    with np.errstate(all="ignore"):
        expected = BINARY[opcode](a, b)
    found = execute(program(opcode, [a, b], dtype), [a, b])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_wrap_and_survive_zero(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    a = np.array([low, high, 7, -7, low, 0, low], dtype)
    b = np.array([-1, 1, 0, 0, 2, 0, low], dtype)
    for opcode in ("add", "subtract", "multiply", "floor_divide", "mod"):
        with np.errstate(all="ignore"):
            expected = BINARY[opcode](a, b)
        found = execute(program(opcode, [a, b], dtype), [a, b])
        np.testing.assert_array_equal(found, expected, opcode)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_bits_and_powers(dtype):
    a, b = numbers(1031, dtype), numbers(1031, dtype, 2)
    for opcode in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        expected = getattr(np, opcode)(a, b)
        np.testing.assert_array_equal(
            execute(program(opcode, [a, b], dtype), [a, b]), expected
        )
    np.testing.assert_array_equal(execute(program("bitwise_not", [a], dtype), [a]), ~a)
    bits = 8 * a.itemsize
    shift = np.arange(1031, dtype=dtype) % bits
    for opcode in ("left_shift", "right_shift"):
        expected = getattr(np, opcode)(a, shift)
        np.testing.assert_array_equal(
            execute(program(opcode, [a, shift], dtype), [a, shift]), expected
        )
    far = np.full(1031, bits, dtype)
    found = execute(program("right_shift", [a, far], dtype), [a, far])
    np.testing.assert_array_equal(found, np.where(a < 0, -1, 0))
    small = np.abs(b) % 8
    found = execute(program("power", [a, small], dtype), [a, small])
    np.testing.assert_array_equal(found, np.power(a, small))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("size", [1, 1500])
def test_choices_of_three(dtype, size):
    c, a, b = numbers(size, "bool"), numbers(size, dtype, 1), numbers(size, dtype, 2)
    prog = program("select", [c, a, b], dtype)
    np.testing.assert_array_equal(execute(prog, [c, a, b]), np.where(c, a, b))
    prog = program("clip", [a], dtype, constants=(-1.0, 2.0))
    np.testing.assert_array_equal(execute(prog, [a]), np.clip(a, -1, 2))
    prog = program("relu_gradient", [a, b], dtype)
    np.testing.assert_array_equal(execute(prog, [a, b]), np.where(b > 0, a, 0))


@pytest.mark.parametrize("name", ["tanh_gradient", "sigmoid_gradient"])
def test_gradients_from_outputs(name):
    d_y, y = numbers(1300, "float64"), numbers(1300, "float64", 1)
    expected = d_y * (1 - y * y if name == "tanh_gradient" else y * (1 - y))
    found = execute(program(name, [d_y, y], "float64"), [d_y, y])
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("source", STORED)
@pytest.mark.parametrize("target", STORED)
@pytest.mark.parametrize("size", [3, 2500])
def test_conversion(source, target, size):
    a = numbers(size, source)
    dtype = compute_dtype(source, target)
    opcode = "nonzero" if target == "bool" else None
    found = execute(program(opcode, [a], dtype, target), [a])
    if source.startswith("float") and target not in ("float32", "float64", "bool"):
        limits = np.iinfo(target)
        expected = np.clip(np.trunc(a), limits.min, limits.max).astype(target)
    else:
        expected = a.astype(target)
    assert found.dtype == target
    np.testing.assert_array_equal(found.view("uint8"), expected.view("uint8"))


@pytest.mark.parametrize("source", ["float32", "float64"])
@pytest.mark.parametrize("target", INTEGERS)
def test_floats_stay_within_an_integer_type(source, target):
    a = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 2.9, -2.9, 0], source)
    limits = np.iinfo(target)
    low = -2 if limits.min < 0 else 0
    expected = [0, limits.max, limits.min, limits.max, limits.min, 2, low, 0]
    found = execute(program(None, [a], source, target), [a])
    np.testing.assert_array_equal(found, np.array(expected, target))


SHAPES = [
    [(), ()],
    [(1, 1), (1,)],
    [(7,), ()],
    [(5, 4), (4,)],
    [(300, 7), (7,)],
    [(300, 7), (300, 1)],
    [(3, 1500), (1500,)],
    [(3, 1500), (3, 1)],
    [(9, 300), (300,)],
    [(300, 1), (1, 7)],
    [(2, 1100), (2, 1), (1100,)],
    [(4, 3, 5), (3, 1), (4, 1, 5)],
    [(4, 3, 600), (3, 1), (4, 1, 600)],
    [(2, 3, 4, 5), (3, 1, 5), (2, 1, 4, 1)],
    [(7, 1, 6, 1), (1, 5, 1, 3)],
    [(0, 3), (3,)],
    [(3, 0), (3, 1)],
    [(4, 1), (0,)],
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("source", ["float32", "float64", "int16"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_broadcasting(shapes, source, n_threads):
    arrays = [numbers(s, source, i) for i, s in enumerate(shapes)]
    if len(arrays) == 2:
        arrays.append(numbers((), source, 2))
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    prog = Program(
        "float64",
        shape,
        tuple([(a.shape, source) for a in arrays]),
        (0.25,),
        (
            Instruction("multiply", (A, B)),
            Instruction("subtract", (Operand("result", 0), C)),
            Instruction("add", (Operand("result", 1), Operand("constant", 0))),
        ),
        ((Operand("result", 2), "float64"),),
    )
    a, b, c = (x.astype("float64") for x in arrays)
    found = execute(prog, arrays, n_threads=n_threads)
    np.testing.assert_array_equal(found, a * b - c + 0.25)


def test_same_bits_for_any_number_of_threads():
    a, b = numbers((301, 1003), "float32"), numbers((1003,), "float32", 1)
    prog = program("power", [abs(a), b], "float32")
    one, two = (execute(prog, [abs(a), b], n_threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.view("int32"), two.view("int32"))


@pytest.mark.parametrize("opcode", ["add", "tanh", "sin", "power", "select", "mod"])
@pytest.mark.parametrize("size", [5, 3001])
def test_output_in_the_memory_of_an_input(opcode, size):
    n_inputs = {"tanh": 1, "sin": 1, "select": 3}.get(opcode, 2)
    arrays = [abs(numbers(size, "float32", i)) for i in range(n_inputs)]
    prog = program(opcode, arrays, "float32")
    expected = execute(prog, arrays)
    assert prog.step().in_place == {0: tuple(range(n_inputs))}
    for i in range(n_inputs):
        taken = [a.copy() for a in arrays]
        step = prog.step()
        buffers = [*taken, taken[i]]
        assert run(step.kernel, step.dtype, buffers, step.dims, step.attrs) == 0
        np.testing.assert_array_equal(taken[i], expected)
