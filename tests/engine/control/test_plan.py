"""Loops and branches as steps of a plan: printing, memory, errors, interruption."""

import signal
import threading
import tracemalloc

import numpy as np
import pytest

import ckeras
from ckeras import ops
from tests.engine.control.raising import refuse_negative

X = np.arange(12, dtype="float32").reshape(4, 3)


def accumulate(x):
    return ops.scan(lambda c, r: (c + r, c * r), ops.zeros(3), x)


def test_a_loop_is_one_step_and_prints_its_body():
    f = ckeras.function(accumulate)
    f(X)
    lines = str(f.plan).splitlines()
    assert len(f.plan.steps) == 1
    assert lines[1].lstrip().startswith("0 loop(")
    assert lines[2].startswith("       body: 2 steps")
    assert lines[3].startswith("          0 add(")
    assert f.plan.flops == 4 * 6
    assert f.plan.nbytes == 4 * 2 * 36


def test_a_switch_prints_its_branches_and_counts_the_dearest():
    f = ckeras.function(
        lambda i, x: ops.switch(
            i, [lambda v: v * 2, lambda v: v @ ops.transpose(v) @ v], x
        )
    )
    f(np.int32(1), X)
    text = str(f.plan)
    assert "branch 0: 1 steps" in text and "branch 1:" in text
    assert f.plan.flops == 2 * (2 * 4 * 4 * 3)


def test_conditions_are_printed():
    f = ckeras.function(
        lambda x: ops.while_loop(lambda v: v[0] < 9, lambda v: v + 1, x)
    )
    f(X[0])
    assert "       condition: " in str(f.plan)


def test_steps_inside_are_timed():
    f = ckeras.function(accumulate)
    f(X)
    f.plan.time_steps()
    f(X)
    assert str(f.plan).count(" us") == 3


def test_the_plan_does_not_grow_with_the_iterations():
    steps = set()
    for n in (3, 300):
        f = ckeras.function(lambda n=n: ops.fori_loop(0, n, lambda i, v: v + i, 0))
        assert int(f()) == n * (n - 1) // 2
        steps.add(len(f.plan.steps))
    assert steps == {1}


def test_memory_stays_flat():
    f = ckeras.function(
        lambda x: ops.while_loop(lambda v: v[0] < 99, lambda v: v + 1, x)
    )
    f(X[0])
    tracemalloc.start()
    f(X[0])
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        f(X[0])
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 2000


def test_several_python_threads_at_once():
    f = ckeras.function(
        lambda x: ops.scan(lambda c, r: (ops.sin(c) + r, ops.cos(c)), ops.zeros(3), x)
    )
    inputs = np.random.default_rng(0).normal(size=(4, 50, 3)).astype("float32")
    expected = [[r.numpy() for r in f(x)] for x in inputs]
    wrong = []

    def work(i):
        for _ in range(20):
            for a, b in zip(f(inputs[i]), expected[i], strict=True):
                if not np.array_equal(a, b):
                    wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_a_kernel_that_refuses_inside_a_loop():
    f = ckeras.function(lambda i: ops.map(lambda k: ops.take(X, k, axis=0), i))
    np.testing.assert_array_equal(f(np.array([0, 2], "int32")), X[[0, 2]])
    with pytest.raises(IndexError, match="indices from 9 to 9"):
        f(np.array([0, 9], "int32"))
    np.testing.assert_array_equal(f(np.array([1, 1], "int32")), X[[1, 1]])


def test_numpy_steps_inside_a_loop():
    f = ckeras.function(lambda x: ops.map(lambda r: ops.sort(r)[::-1], x))
    np.testing.assert_array_equal(f(X), X[:, ::-1])


def test_a_numpy_step_that_raises_inside_a_branch():
    f = ckeras.function(
        lambda x: ops.cond(x[0, 0] != 0, lambda: refuse_negative(x), lambda: x)
    )
    zero = np.zeros((2, 2), "float32")
    np.testing.assert_array_equal(f(zero), zero)
    with pytest.raises(ArithmeticError):
        f(zero - 1)
    np.testing.assert_array_equal(f(zero), zero)


def test_an_endless_loop_can_be_interrupted_and_changes_nothing():
    v = ckeras.Variable(1.0)

    @ckeras.function
    def endless(x):
        v.assign_add(1.0)
        return ops.while_loop(lambda a: a[0] < 1, lambda a: a * 1.0, x)

    def interrupt(*_):
        raise KeyboardInterrupt

    endless(X[1])
    assert float(v) == 2.0
    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            endless(X[0])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert float(v) == 2.0


def test_buffers_of_their_own_give_the_same():
    def f(x):
        return ops.scan(lambda c, r: (ops.tanh(c) + r, ops.exp(-c)), ops.zeros(3), x)

    shared = ckeras.function(f)(X)
    apart = ckeras.engine.function.Function(f, share_buffers=False)(X)
    for a, b in zip(shared, apart, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_carried_values_end_where_results_go(n):
    f = ckeras.function(
        lambda n, x: ops.fori_loop(0, n, lambda i, v: (v[1], v[0] + v[1]), (x, x))
    )
    static = ckeras.function(
        lambda x: ops.fori_loop(0, n, lambda i, v: (v[1], v[0] + v[1]), (x, x))
    )
    a = b = X
    for _ in range(n):
        a, b = b, a + b
    for found in (f(np.int32(n), X), static(X)):
        np.testing.assert_array_equal(found[0], a)
        np.testing.assert_array_equal(found[1], b)


def overwritten(f):
    """How many carried values the body of a plan's only loop overwrites."""
    (step,) = [s for s in f.plan.steps if s.plans]
    return len(step.plans[0].layout.overwritten)


def replace_rows(read_old):
    def call(x, row):
        def body(i, c):
            table, total = c
            new = ops.slice_update(table, [i, 0], row * ops.cast(i + 1, "float32"))
            return new, total + ops.sum((table if read_old else new)[0])

        return ops.fori_loop(0, 4, body, (x, 0.0))

    return call


@pytest.mark.parametrize("read_old", [False, True])
def test_blocks_are_replaced_in_place_where_nobody_needs_the_old_value(read_old):
    call = replace_rows(read_old)
    row = np.array([[1.0, 2.0, 3.0]], "float32")
    f = ckeras.function(call)
    start = X.copy()
    table, total = f(start, row)
    expected, expected_total = call(ops.convert_to_tensor(X), row)
    np.testing.assert_array_equal(table, expected)
    np.testing.assert_array_equal(total, expected_total)
    np.testing.assert_array_equal(start, X)
    steps = [s for s in f.plan.steps if s.plans]
    body = steps[0].plans[0]
    names = {kind for kind, *_ in map(body.layout.slot, body.graph.outputs)}
    assert ("input" in names) == bool(overwritten(f))
    assert overwritten(f) >= 1


def test_memory_of_their_own_where_sharing_is_off():
    row = np.array([[1.0, 2.0, 3.0]], "float32")
    apart = ckeras.engine.function.Function(replace_rows(False), share_buffers=False)
    shared = ckeras.function(replace_rows(False))
    for a, b in zip(apart(X, row), shared(X, row), strict=True):
        np.testing.assert_array_equal(a, b)
    assert overwritten(apart) == 0 and overwritten(shared) > 0


def test_values_that_are_exchanged_are_not_overwritten():
    f = ckeras.function(
        lambda x: ops.fori_loop(0, 3, lambda i, v: (v[1] * 2, v[0] + 1), (x, -x))
    )
    a, b = X, -X
    for _ in range(3):
        a, b = b * 2, a + 1
    found = f(X)
    np.testing.assert_array_equal(found[0], a)
    np.testing.assert_array_equal(found[1], b)
    assert overwritten(f) <= 1  # at most the counter


def test_what_was_carried_in_is_saved_before_it_is_overwritten():
    f = ckeras.function(
        lambda x: ops.scan(lambda c, r: (c * 2 + r, (c, ops.flip(c, 0))), x[0], x)
    )
    last, (old, flipped) = f(X)
    c, rows = X[0], []
    for r in X:
        rows.append(c)
        c = c * 2 + r
    np.testing.assert_array_equal(last, c)
    np.testing.assert_array_equal(old, rows)
    np.testing.assert_array_equal(flipped, np.array(rows)[:, ::-1])
