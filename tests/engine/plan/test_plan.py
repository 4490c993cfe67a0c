"""Plans: who shares memory with whom, what they print, and what they time."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.passes import switched_off
from ckeras.engine.plan.buffers import Buffer, assign_offsets
from ckeras.engine.values.arena import Arena
from tests.engine.control.raising import refuse_negative


def buffer(nbytes, first, last):
    made = Buffer("scratch", None, nbytes, first)
    made.use(last)
    return made


def test_buffers_alive_together_do_not_overlap():
    rng = np.random.default_rng(0)
    buffers = []
    for _ in range(60):
        first = int(rng.integers(0, 40))
        last = first + int(rng.integers(0, 10))
        buffers.append(buffer(int(rng.integers(0, 5000)), first, last))
    total = assign_offsets(buffers)
    assert total < sum(b.nbytes for b in buffers)
    for i, a in enumerate(buffers):
        assert a.offset % 64 == 0 and a.offset + a.nbytes <= total
        for b in buffers[:i]:
            if a.first <= b.last and b.first <= a.last and a.nbytes and b.nbytes:
                apart = a.offset + a.nbytes <= b.offset or (
                    b.offset + b.nbytes <= a.offset
                )
                assert apart


def test_a_variables_new_value_is_computed_in_place():
    v = ckeras.Variable(np.ones(100, "float32"))

    @ckeras.function
    def step(x):
        v.assign(v + x)

    step(np.ones(100, "float32"))
    assert not step.plan.copies
    assert step.plan.scratch_bytes == 0
    np.testing.assert_array_equal(v.numpy(), np.full(100, 2.0))


def test_an_old_value_that_is_read_later_survives():
    v = ckeras.Variable(np.full(4, 3.0, "float32"))

    @ckeras.function
    def step(x):
        old = v.value
        v.assign(ops.matmul(x, ops.reshape(old, (4, 1)))[:, 0])
        return ops.matmul(x, ops.reshape(old, (4, 1)))[:, 0] + ops.max(old)

    x = np.eye(4, dtype="float32") * 2
    np.testing.assert_array_equal(step(x), np.full(4, 9.0))
    np.testing.assert_array_equal(v.numpy(), np.full(4, 6.0))


def test_what_is_packed_is_computed_in_the_pack():
    a = ckeras.Variable(np.ones((3, 2), "float32"))
    b = ckeras.Variable(np.ones(5, "float32"))
    arena = Arena([a, b])

    @ckeras.function
    def step(x, y):
        flat = ops.pack([ops.matmul(x, y), ops.exp(y[0, :1]) * ops.ones(5)])
        arena.assign(arena.value + flat)

    x, y = np.ones((3, 4), "float32"), np.zeros((4, 2), "float32")
    step(x, y)
    np.testing.assert_array_equal(a.numpy(), np.ones((3, 2)))
    np.testing.assert_array_equal(b.numpy(), np.full(5, 2.0))


def test_members_and_arena_see_each_others_assignments():
    a, b = ckeras.Variable([1.0, 2.0]), ckeras.Variable([[3.0]])
    arena = Arena([a, b])

    @ckeras.function
    def step():
        b.assign(b * 10.0)
        arena.assign(arena.value + 1.0)
        a.assign(a * 2.0)
        return arena.value

    np.testing.assert_array_equal(step(), [4, 6, 31])
    np.testing.assert_array_equal(a.numpy(), [4, 6])
    np.testing.assert_array_equal(b.numpy(), [[31]])


def test_a_plan_follows_a_variable_into_an_arena():
    v = ckeras.Variable([1.0, 2.0])
    read = ckeras.function(lambda: v * 2.0)
    np.testing.assert_array_equal(read(), [2, 4])
    Arena([v])
    v.assign([5.0, 6.0])
    np.testing.assert_array_equal(read(), [10, 12])


def test_prints_its_steps():
    w = ckeras.Variable(np.ones((4, 3), "float32"), name="w")
    f = ckeras.function(lambda x: ops.matmul(x, w))
    f(np.ones((2, 4), "float32"))
    text = str(f.plan)
    assert "gemm" in text and "f4[2x4]@in0" in text and "@w" in text
    assert "48 FLOPs" in text


def test_times_its_steps():
    f = ckeras.function(lambda x: ops.exp(x))
    x = np.ones(1000, "float32")
    f(x)
    f.plan.time_steps()
    f(x)
    assert f.plan.step_seconds()[0] > 0
    f.plan.time_steps(False)
    f(x)
    assert f.plan.step_seconds() == [0.0] * len(f.plan.steps)


def test_passes_change_no_number():
    rng = np.random.default_rng(0)
    w = ckeras.Variable(rng.normal(size=(5, 4)).astype("float32"))
    x = rng.normal(size=(3, 5)).astype("float32")

    def loss(x):
        with ckeras.GradientTape() as tape:
            y = ops.tanh(ops.matmul(x, w) + ops.ones(4))
            total = ops.sum(y * y) + ops.sum(y * y)
        return total, tape.gradient(total, w)

    with switched_off():
        plain = ckeras.function(loss)
        expected = plain(x)
    fused = ckeras.function(loss)
    for a, b in zip(fused(x), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert len(fused.plan.steps) < len(plain.plan.steps)


def _names(step):
    return [s.node.primitive.name for s in step.plan.steps]


def test_what_may_fail_comes_before_what_changes_variables():
    count, table = ckeras.Variable(0.0), ckeras.Variable(np.arange(4, dtype="float32"))

    @ckeras.function
    def step(x, rows):
        count.assign_add(ops.sum(x))
        table.assign(table * 2.0 + ops.sum(x))
        return ops.take(x, rows) + ops.sort(x)

    x = np.ones(4, "float32")
    np.testing.assert_array_equal(step(x, np.array([0, 1, 2, 3])), np.full(4, 2.0))
    assert not step.plan.copies
    assert step.plan.commit > max(_names(step).index(n) for n in ("gather", "sort"))
    before = count.numpy(), table.numpy()
    with pytest.raises(IndexError):
        step(x, np.array([0, 1, 2, 4]))
    np.testing.assert_array_equal(before[0], count.numpy())
    np.testing.assert_array_equal(before[1], table.numpy())
    step(x, np.array([0, 1, 2, 3]))
    assert float(count) == 8.0


def test_a_new_value_that_a_failing_step_reads_is_copied_at_the_end():
    v = ckeras.Variable(np.zeros(3, "float32"))

    @ckeras.function
    def step(x, rows):
        v.assign(v + x)
        return ops.take(v.value, rows)

    step(np.ones(3, "float32"), np.array([0, 2]))
    assert len(step.plan.copies) == 1
    with pytest.raises(IndexError):
        step(np.ones(3, "float32"), np.array([0, 3]))
    np.testing.assert_array_equal(v.numpy(), np.ones(3))


def test_a_numpy_step_that_raises_changes_no_variable():
    v = ckeras.Variable(1.0)

    @ckeras.function
    def step(x):
        v.assign_add(1.0)
        return refuse_negative(x)

    step(np.eye(2, dtype="float32"))
    with pytest.raises(ArithmeticError):
        step(-np.eye(2, dtype="float32"))
    assert float(v) == 2.0
