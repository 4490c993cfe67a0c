"""Gradients of loops and branches: compiled, at once, and by finite differences."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.passes import switched_off
from ckeras.engine.tracing.gradient import GradientTape
from tests.gradients import check_gradients, check_traced

rng = np.random.default_rng(0)
W = rng.normal(size=(3, 3))
X = rng.normal(size=(5, 2, 3))
H = rng.normal(size=(2, 3))
V = rng.normal(size=3)


def recurrent(w, x, h, **options):
    def step(c, r):
        c = ops.tanh(ops.matmul(c, w) + r)
        return c, c * r

    last, ys = ops.scan(step, h, x, **options)
    return ops.sum(ys**2) + ops.sum(ops.sin(last))


def chosen(x):
    positive = ops.sum(x) > 0
    return ops.cond(
        positive,
        lambda: ops.sum(ops.sin(x) ** 2),
        lambda: ops.sum(ops.exp(x) * x[0]),
    )


def switched(x, y):
    index = ops.cast(ops.sum(x) > -100, "int32") + 1
    branches = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a * a * ops.sin(b)]
    return ops.sum(ops.switch(index, branches, x, y))


def counted(x, w):
    return ops.sum(
        ops.fori_loop(0, 4, lambda i, v: ops.tanh(v * w) + ops.cast(i, "float64"), x)
    )


def limited(x, w):
    (last,) = ops.while_loop(
        lambda v: ops.sum(v) < 20,
        lambda v: (v * w + ops.sin(v),),
        (x,),
        maximum_iterations=50,
    )
    return ops.sum(last)


def nested(w, x):
    def inner(d, s):
        return ops.tanh(d * w + s), d * s

    def outer(c, r):
        c, ys = ops.scan(inner, c, r)
        c = ops.cond(ops.sum(c) > 0, lambda: c * w, lambda: ops.sin(c))
        return c, ops.sum(ys * w)

    last, ys = ops.scan(outer, x[0, 0], x)
    return ops.sum(last) + ops.sum(ys**2)


def gathered(x):
    """An index that is carried, and a carried value that restarts in each round."""

    def step(c, i):
        i, _ = c
        return (i + 1, x[i, 0] * 2.0), x[i, 1] * c[1]

    (_, last), ys = ops.scan(step, (0, V), length=4)
    return ops.sum(last * V) + ops.sum(ys**2)


CASES = {
    "scan": (recurrent, W, X, H),
    "scan reversed": (lambda *a: recurrent(*a, reverse=True), W, X, H),
    "scan in blocks": (lambda *a: recurrent(*a, unroll=2), W, X, H),
    "cond true": (chosen, np.abs(X)),
    "cond false": (chosen, -np.abs(X)),
    "switch": (switched, X, X * 2 + 1),
    "fori_loop": (counted, W, W * 0.3),
    "while_loop": (limited, np.abs(W), np.abs(W) + 1),
    "map": (lambda x: ops.sum(ops.map(lambda r: ops.sin(r) * r[0], x) ** 2), X),
    "nested": (nested, V, X),
    "gathered": (gathered, X),
    "associative": (
        lambda x: ops.sum(ops.associative_scan(lambda a, b: a * b, x, axis=1) ** 2),
        X,
    ),
}


def penalty(fn):
    """The squared gradients of a function, as a function."""

    def squares(*xs):
        with GradientTape() as tape:
            tape.watch(list(xs))
            y = fn(*xs)
        found = tape.gradient(y, list(xs))
        return sum(ops.sum(g**2) for g in found if g is not None)

    return squares


@pytest.mark.parametrize("name", CASES)
def test_first(name):
    fn, *arrays = CASES[name]
    check_gradients(fn, *arrays)
    check_traced(fn, *arrays)


@pytest.mark.parametrize("name", CASES)
def test_second(name):
    fn, *arrays = CASES[name]
    check_traced(penalty(fn), *arrays)


@pytest.mark.parametrize("name", CASES)
def test_without_passes(name):
    fn, *arrays = CASES[name]
    with switched_off():
        check_traced(fn, *arrays)


@pytest.mark.parametrize("name", ["scan", "nested", "while_loop"])
def test_same_bits_on_one_and_two_threads(name):
    fn, *arrays = CASES[name]
    compiled = check_traced(penalty(fn), *arrays)
    threads = ckeras.config.get_num_threads()
    results = []
    for n in (1, 2):
        ckeras.config.set_num_threads(n)
        value, gradients = compiled(*arrays)
        results.append([value.numpy(), *(g.numpy() for g in gradients)])
    ckeras.config.set_num_threads(threads)
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_third():
    check_traced(penalty(penalty(chosen)), np.abs(X))
    check_traced(penalty(penalty(counted)), W * 0.3, W * 0.2)


def test_variables_have_gradients():
    w = ckeras.Variable(W)

    def gradient(x, h):
        with GradientTape() as tape:
            last, _ = ops.scan(lambda c, r: (ops.tanh(c @ w) * r, None), h, x)
            loss = ops.cond(ops.sum(x) > 0, lambda: ops.sum(last * w[0]), lambda: 0.0)
        return tape.gradient(loss, w)

    x = np.abs(X)
    expected = gradient(ops.convert_to_tensor(x), ops.convert_to_tensor(H))
    found = ckeras.function(gradient)(x, H)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_tape_inside_a_body():
    def inside(x):
        def branch():
            with GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(x**3)
            return tape.gradient(y, x)

        return ops.cond(ops.sum(x) > 0, branch, lambda: x)

    np.testing.assert_allclose(ckeras.function(inside)(np.abs(X)), 3 * X**2)


def test_a_tape_outside_asked_inside():
    def outside(x):
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = ops.sum(x**3)
        return ops.cond(ops.sum(x) > 0, lambda: tape.gradient(y, x), lambda: x)

    np.testing.assert_allclose(ckeras.function(outside)(np.abs(X)), 3 * X**2)


def test_no_gradient_where_nobody_knows_how_often():
    def gradient(x, n):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.fori_loop(0, n, lambda i, v: v * 2.0, x)
        return tape.gradient(y, x)

    np.testing.assert_array_equal(
        gradient(ops.convert_to_tensor(V), ops.convert_to_tensor(3)), np.full(3, 8.0)
    )
    with pytest.raises(NotImplementedError, match="maximum_iterations"):
        ckeras.function(gradient)(V, np.int32(3))


def test_rows_never_reached_have_no_gradient():
    def gradient(x):
        with GradientTape() as tape:
            tape.watch(x)
            _, last = ops.while_loop(
                lambda i, v: i < 2,
                lambda i, v: (i + 1, v * x[i]),
                (0, x[3]),
                maximum_iterations=5,
            )
            total = ops.sum(last)
        return tape.gradient(total, x)

    found = ckeras.function(gradient)(X[:, 0])
    expected = gradient(ops.convert_to_tensor(X[:, 0]))
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(found.numpy()[[2, 4]], 0)
