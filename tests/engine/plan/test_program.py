"""Elementwise programs: joining, constants, registers."""

import numpy as np
import pytest

from ckeras.engine.plan.program_layout import MAX_BUFFERS, MAX_REGISTERS
from ckeras.engine.primitive import Spec, registry
from ckeras.engine.program import Program, compute_dtype, join
from ckeras.engine.tracing.graph import Node
from ckeras.ops.primitives import elementwise  # noqa: F401
from tests.kernels.elementwise.test_elementwise import execute
from tests.kernels.harness import poisoned, run


def program(name, *specs, **attrs):
    primitive = registry[name]
    inputs = [Spec(*s) for s in specs]
    outputs = [primitive.infer(*inputs, **attrs)]
    return primitive.program(Node(primitive, inputs, outputs, attrs, True))


F = ((40, 30), "float32")
ROW = ((30,), "float32")


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return [rng.uniform(1, 2, s).astype("float32") for s in (F[0], F[0], ROW[0])]


def test_compute_dtype():
    assert compute_dtype("float32", "bool") == "float32"
    assert compute_dtype("float32", "float64", "int8") == "float64"
    assert compute_dtype("int8", "uint16", "bool") == "int32"
    assert compute_dtype("uint32") == "int64"


def test_join_computes_both(arrays):
    x, y, row = arrays
    first, second = program("multiply", F, F), program("add", F, ROW)
    joined, keys = join(first, second, ["x", "y"], ["p"], ["p", "row"])
    assert keys == ["x", "y", "row"]
    assert joined.outputs[0][1] == "float32"
    assert len(joined.outputs) == 1
    np.testing.assert_array_equal(execute(joined, arrays), x * y + row)


def test_join_keeps_what_is_needed_elsewhere(arrays):
    x, y, row = arrays
    first, second = program("multiply", F, F), program("add", F, ROW)
    joined, _ = join(first, second, ["x", "y"], ["p"], ["p", "row"], keep={"p"})
    product, total = execute(joined, arrays)
    np.testing.assert_array_equal(product, x * y)
    np.testing.assert_array_equal(total, x * y + row)


def test_join_merges_inputs_of_the_same_key(arrays):
    x = arrays[0]
    first, second = program("multiply", F, F), program("add", F, F)
    joined, keys = join(first, second, ["x", "x"], ["p"], ["p", "x"])
    assert keys == ["x"]
    np.testing.assert_array_equal(execute(joined, [x]), x * x + x)


def test_join_of_programs_that_do_not_use_each_other(arrays):
    x, y, _ = arrays
    first, second = program("square", F), program("negative", F)
    joined, keys = join(first, second, ["x"], ["a"], ["y"], keep=["a"])
    assert keys == ["x", "y"]
    a, b = execute(joined, [x, y])
    np.testing.assert_array_equal(a, x * x)
    np.testing.assert_array_equal(b, -y)


def test_join_of_a_mask(arrays):
    x, y, _ = arrays
    mask = program("less", F, F)
    flipped, keys = join(
        mask, program("logical_not", (F[0], "bool")), ["x", "y"], ["m"], ["m"]
    )
    assert flipped.dtype == "float32"
    chosen = program("where", (F[0], "bool"), F, F)
    joined, keys = join(flipped, chosen, keys, ["n"], ["n", "x", "y"])
    np.testing.assert_array_equal(execute(joined, [x, y]), np.maximum(x, y))


def test_no_join_across_types_and_shapes():
    wide = program("cast", F, dtype="float64")
    assert join(program("square", F), wide, ["x"], ["p"], ["p"]) is None
    # The rounding to an integer in between would be lost.
    there = program("cast", F, dtype="int32")
    back = program("cast", (F[0], "int32"), dtype="float32")
    assert there.dtype == back.dtype
    assert join(there, back, ["x"], ["p"], ["p"]) is None
    bias = program("square", ROW)
    assert join(bias, program("add", F, ROW), ["r"], ["p"], ["x", "p"]) is None


def test_cast_to_bool_is_normal_before_it_is_used():
    x = np.array([0.0, 3.0, -2.5, np.nan], "float32")
    mask = program("cast", ((4,), "float32"), dtype="bool")
    number = program("cast", ((4,), "bool"), dtype="float32")
    joined, _ = join(mask, number, ["x"], ["m"], ["m"])
    np.testing.assert_array_equal(execute(joined, [x]), [0, 1, 1, 1])


def test_constants(arrays):
    x = arrays[0]
    scaled = program("multiply", F, ((), "float32")).with_constant(1, 2.5)
    shifted = program("subtract", ((), "float32"), F).with_constant(0, 1)
    assert len(scaled.inputs) == len(shifted.inputs) == 1
    np.testing.assert_array_equal(execute(scaled, [x]), x * np.float32(2.5))
    np.testing.assert_array_equal(execute(shifted, [x]), 1 - x)
    joined, _ = join(scaled, shifted, ["x"], ["p"], ["p"])
    assert joined.constants == (2.5, 1.0)
    joined, _ = join(joined, scaled, ["x"], ["p"], ["p"])
    assert joined.constants == (2.5, 1.0)
    expected = (1 - x * np.float32(2.5)) * np.float32(2.5)
    np.testing.assert_array_equal(execute(joined, [x]), expected)
    with pytest.raises(ValueError, match="no constant"):
        program("add", F, F).with_constant(1, 2.0)


def test_long_chains_reuse_registers(arrays):
    x = arrays[0]
    joined, keys, expected = program("square", F), ["x"], x * x
    for _ in range(40):
        joined, keys = join(joined, program("add", F, F), keys, ["p"], ["p", "x"])
        expected = expected + x
    np.testing.assert_array_equal(execute(joined, [x]), expected)
    assert joined.step().in_place == {0: (0,)}


def test_too_many_registers_or_buffers_are_not_joined():
    row, joined, keys = ((30, 1), "float32"), program("add", F, F), ["x", "y"]
    for i in range(MAX_BUFFERS + 1):
        following = join(joined, program("add", F, F), keys, ["p"], ["p", i])
        if following is None:
            break
        joined, keys = following
    assert len(joined.inputs) + len(joined.outputs) == MAX_BUFFERS
    row, joined, keys = ((1, 30), "float32"), program("add", F, F), ["x", "y"]
    for i in range(MAX_REGISTERS + 1):
        following = join(joined, program("add", F, row), keys, ["p"], ["p", i])
        if following is None:
            break
        joined, keys = following
    assert i < MAX_REGISTERS + 1 and following is None


@pytest.mark.parametrize("seed", range(30))
def test_random_programs_in_place(seed):
    """Any output may take any buffer that `in_place` lists, and nothing changes."""
    rng = np.random.default_rng(seed)
    shape = [(7,), (40, 30), (3, 700), (2, 1100)][seed % 4]
    full, others = (shape, "float32"), [(shape[-1:], "float32"), ((), "float32")]
    types = [full, full, full, *others, (shape, "float64"), (shape, "int32")]
    leaves = {f"x{i}": s for i, s in enumerate(types[:5])}
    joined = keys = None
    made = []
    for k in range(9):
        names = [*leaves, *[m for m in made]]
        a, b = rng.choice(names, 2)
        while a not in made and leaves[a] != full:
            a = rng.choice(names)
        following = program("add" if k % 2 else "subtract", full, leaves.get(b, full))
        if joined is None:
            joined, keys, made = following, [a, b], ["r0"]
            continue
        keep = {m for m in made if rng.uniform() < 0.7}
        joined, keys = join(joined, following, keys, made, [a, b], keep=keep)
        made = [*[m for m in made if m in keep], f"r{k}"]
    arrays = [rng.integers(-9, 9, s).astype(t) for s, t in joined.inputs]
    expected = execute(joined, arrays)
    expected = expected if isinstance(expected, list) else [expected]
    step = joined.step()

    for out, allowed in step.in_place.items():
        for i in allowed:
            taken = [a.copy() for a in arrays]
            outs = [poisoned(joined.shape, d) for _, d in joined.outputs]
            outs[out] = taken[i]
            run(step.kernel, step.dtype, [*taken, *outs], step.dims, step.attrs)
            for found, wanted in zip(outs, expected, strict=True):
                np.testing.assert_array_equal(found, wanted)


def test_a_program_can_be_read():
    text = str(program("clip", F, low=0.0, high=6.0))
    assert "clip x0 c0 c1" in text
    assert isinstance(program("clip", F, low=0.0, high=6.0), Program)


def test_programs_with_other_zeros_are_not_the_same(arrays):
    x = arrays[0]
    for sign in (1.0, -1.0):
        divided = program("divide", ((), "float32"), F).with_constant(0, sign * 0.0)
        halved = program("multiply", F, ((), "float32")).with_constant(1, 0.5)
        joined, _ = join(divided, halved, ["x"], ["p"], ["p"])
        np.testing.assert_array_equal(
            np.signbit(execute(joined, [x])), np.signbit(sign * x)
        )
