"""What nobody needs is not computed, and what never changes is computed once."""

import numpy as np

import ckeras
from ckeras import ops

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


def control(f):
    """What the only loop or switch of a function's plan does."""
    (found,) = [s for s in f.plan.steps if s.plans]
    return found.node.attrs["control"]


def test_results_of_a_loop():
    def step(c, r):
        a, b, d = c
        return (a + r, b * a, d + 1.0), (ops.exp(b), ops.sin(r))

    f = ckeras.function(lambda x: ops.scan(step, (x[0], x[1], x[2]), x)[0][0] * 1.0)
    np.testing.assert_allclose(f(X), X[0] + X.sum(0), rtol=1e-5)
    loop = control(f)
    assert loop.n_carries == 1 and len(loop.body.outputs) == 1
    assert len(loop.body.nodes) == 1


def test_carried_values_that_the_needed_ones_depend_on_stay():
    def step(c, r):
        a, b, d = c
        return (a + b, b + d, d * r), a

    f = ckeras.function(lambda x: ops.scan(step, (x[0], x[1], x[2]), x)[0][0])
    (expected, _, _), _ = ops.scan(step, (X[0], X[1], X[2]), X)
    np.testing.assert_allclose(f(X), expected, rtol=1e-5)
    assert control(f).n_carries == 3


def test_results_of_a_switch():
    branches = [lambda x, y: (x + 1, y * 2), lambda x, y: (x * y, x - y)]
    f = ckeras.function(lambda i, x: ops.switch(i, branches, x, ops.exp(x))[1])
    np.testing.assert_allclose(f(np.int32(0), X), np.exp(X) * 2, rtol=1e-5)
    np.testing.assert_allclose(f(np.int32(1), X), X - np.exp(X), rtol=1e-5)
    assert [len(g.outputs) for g in control(f).branches] == [1, 1]


def test_operands_that_no_branch_needs_are_not_computed():
    def call(i, x):
        y = ops.exp(x)
        return ops.switch(i, [lambda: (x, y), lambda: (x * 2, y * 2)])[0]

    f = ckeras.function(call)
    np.testing.assert_array_equal(f(np.int32(1), X), X * 2)
    assert "exp" not in str(f.plan)


def test_what_does_not_change_is_computed_outside():
    f = ckeras.function(
        lambda w, x: ops.scan(lambda c, r: (c * ops.exp(-w) + r, None), x[0], x)[0]
    )
    found = f(X[1], X)
    expected, _ = ops.scan(lambda c, r: (c * np.exp(-X[1]) + r, None), X[0], X)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert len(f.plan.steps) == 2
    assert len(control(f).body.nodes) == 1


def test_a_loop_that_may_not_run_computes_nothing_outside():
    f = ckeras.function(
        lambda n, i, x: ops.fori_loop(0, n, lambda _, v: v + ops.take(X, i, axis=0), x)
    )
    np.testing.assert_array_equal(f(np.int32(0), np.int32(99), X[0]), X[0])


def test_values_that_pass_through_unchanged_are_not_copied():
    f = ckeras.function(
        lambda x: ops.while_loop(
            lambda i, table, s: i < 6,
            lambda i, table, s: (i + 1, table, s + table[i]),
            (0, x, ops.zeros(3)),
        )
    )
    i, table, total = f(X)
    assert int(i) == 6
    np.testing.assert_array_equal(table, X)
    np.testing.assert_allclose(total, X.sum(0), rtol=1e-5, atol=1e-6)
    assert control(f).n_carries == 2
