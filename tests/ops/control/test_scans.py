"""`scan`, `map`, `vectorized_map` and `associative_scan`."""

import itertools

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops.control.scans import scan_some
from ckeras.saving import register_keras_serializable
from tests.gradients import check_gradients, check_traced

X = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")


@register_keras_serializable(package="tests")
def doubled(x):
    return x + x


def step(c, r):
    return c * 0.5 + r, {"sum": c + r, "none": None}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, 3, 7, 9, True, False])
def test_blocks_of_rows(reverse, unroll):
    now, rows = ops.scan(step, X[0], X, reverse=reverse)
    c, sums = X[0], []
    for r in X[::-1] if reverse else X:
        sums.append(c + r)
        c = c * np.float32(0.5) + r
    np.testing.assert_allclose(now, c, rtol=1e-6)
    np.testing.assert_allclose(rows["sum"], sums[::-1] if reverse else sums, rtol=1e-6)
    f = ckeras.function(
        lambda x: ops.scan(step, x[0], x, reverse=reverse, unroll=unroll)
    )
    last, found = f(X)
    assert found["none"] is None
    np.testing.assert_array_equal(last, now)
    np.testing.assert_array_equal(found["sum"], rows["sum"])


def test_without_rows_to_read():
    f = ckeras.function(lambda: ops.scan(lambda c, _: (c * 2, c), 1.0, length=5))
    last, ys = f()
    assert float(last) == 32.0
    np.testing.assert_array_equal(ys, [1, 2, 4, 8, 16])


@pytest.mark.parametrize(
    "wrap", [lambda f: f, ckeras.function], ids=["now", "compiled"]
)
def test_no_rows_at_all(wrap):
    empty = ops.convert_to_tensor(X[:0])
    last, rows = wrap(lambda x: ops.scan(step, X[0], x))(empty)
    np.testing.assert_array_equal(last, X[0])
    assert rows["sum"].shape == (0, 3)
    assert wrap(lambda x: ops.map(lambda r: r[0] > 0, x))(empty).dtype == "bool"


@pytest.mark.parametrize("name", ["map", "vectorized_map"])
def test_maps(name):
    function = getattr(ops, name)
    call = lambda x: function(lambda d: (d["a"] * d["b"], 1.0), {"a": x, "b": x[:, 0]})  # noqa: E731
    for found in (call(X), ckeras.function(call)(X)):
        np.testing.assert_allclose(found[0], X * X[:, :1], rtol=1e-6)
        np.testing.assert_array_equal(found[1], np.ones(7))


def test_a_long_scan_is_one_step():
    f = ckeras.function(lambda x: ops.scan(lambda c, r: (c + r, None), 0.0, x)[0])
    ones = np.ones(100_000, "float32")
    assert float(f(ones)) == 100_000.0
    assert len(f.plan.steps) == 1


def test_refusals():
    with pytest.raises(TypeError, match="should be a callable"):
        ops.scan(3, X[0], X)
    with pytest.raises(ValueError, match="must be an positive integer or boolean"):
        ops.scan(step, X[0], X, unroll=0)
    with pytest.raises(ValueError, match="to scan over and"):
        ops.scan(step, X[0])
    with pytest.raises(ValueError, match="`length` must be the length of `xs`, 7"):
        ops.scan(step, X[0], X, length=6)
    with pytest.raises(TypeError, match="must return a pair"):
        ops.scan(lambda c, r: c, X[0], X)
    with pytest.raises(TypeError, match=r"ops.scan.*must keep their structure"):
        ckeras.function(lambda x: ops.scan(lambda c, r: ((c, c), r), x[0], x))(X)
    with pytest.raises(ValueError, match=r"agree in their first axis.*\[3, 7\]"):
        ops.map(lambda a: a[0], (X, X[:3]))
    with pytest.raises(ValueError, match="at least one axis"):
        ops.map(lambda a: a, 3.0)


def test_placeholders():
    last, rows = ops.scan(
        lambda c, r: (c, {"sum": c + r}), KerasTensor((None,)), KerasTensor((6, None))
    )
    assert last.shape == (None,) and rows["sum"].shape == (6, None)
    assert ops.map(lambda r: r[0], KerasTensor((None, 5))).shape == (None,)


def test_a_function_in_a_models_config():
    inputs = ckeras.layers.Input((3,))
    for op in (ops.vectorized_map, lambda f, x: ops.map(f, x)):
        model = ckeras.Model(inputs, op(doubled, inputs))
        again = ckeras.Model.from_config(model.get_config())
        np.testing.assert_array_equal(again(X), X * 2)


@pytest.mark.parametrize("n", range(1, 10))
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan(n, reverse):
    def combine(a, b):
        return a[0] * b[0], b[0] * a[1] + b[1]

    def call(x):
        return ops.associative_scan(combine, (x * 0.5, x), reverse=reverse, axis=1)

    x = np.random.default_rng(n).normal(size=(2, n, 3))
    elements = [(x[:, i] * 0.5, x[:, i]) for i in range(n)]
    if reverse:
        elements.reverse()
    rows = list(itertools.accumulate(elements, combine))
    if reverse:
        rows.reverse()
    for found in (call(x), ckeras.function(call)(x)):
        for k in range(2):
            expected = np.stack([r[k] for r in rows], axis=1)
            np.testing.assert_allclose(found[k], expected, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_of_an_associative_scan(reverse, n):
    """Of the linear recurrence h = a h + x, whose gradient runs the other way."""

    def states(a, x):
        def combine(left, right):
            return left[0] * right[0], right[0] * left[1] + right[1]

        return ops.associative_scan(combine, (a, x), reverse=reverse, axis=1)[1]

    rng = np.random.default_rng(n)
    values = rng.normal(size=(2, 2, n, 3))
    check_gradients(states, *values)
    check_traced(lambda *v: ops.sum(ops.sin(states(*v))), *values)


def test_associative_scan_calls_few_times():
    calls = []

    def add(a, b):
        calls.append(a.shape)
        return a + b

    ops.associative_scan(add, np.ones(1000, "float32"))
    assert len(calls) < 20


def test_associative_scan_refusals():
    with pytest.raises(ValueError, match="same first dimension"):
        ops.associative_scan(lambda a, b: a, (X, X[:2]))
    with pytest.raises(TypeError, match="must return what it gets"):
        ops.associative_scan(lambda a, b: a[:, :1], X)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_some_of_the_rows(count, reverse):
    """Their results, zeros for the others, and gradients; constants stay outside."""

    def run(x, w, count):
        with ckeras.GradientTape() as tape:
            tape.watch([x, w])

            def step(c, r):
                c = ops.tanh(c * ops.exp(w) + r)
                return c, c

            c, ys = scan_some(step, ops.ones(3), x, count, reverse)
            loss = ops.sum(c) + ops.sum(ys**2)
        return c, ys, *tape.gradient(loss, [x, w])

    def expected(x, w):
        with ckeras.GradientTape() as tape:
            tape.watch([x, w])
            c, rows = ops.ones(3), []
            for r in range(count)[::-1] if reverse else range(count):
                c = ops.tanh(c * ops.exp(w) + x[r])
                rows.append(c)
            rows = rows[::-1] if reverse else rows
            ys = ops.stack([*rows, *[ops.zeros(3)] * (7 - count)])
            loss = ops.sum(c) + ops.sum(ys**2)
        gradients = tape.gradient(loss, [x, w], unconnected_gradients="zero")
        return c, ys, *gradients

    w = np.linspace(-1, 0, 3).astype("float32")
    found = ckeras.function(run)
    wanted = expected(*map(ops.convert_to_tensor, (X, w)))
    values = found(X, w, np.array(count, "int64"))
    for a, b in zip(values, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    (loop, *_) = [s for s in found.plan.steps if s.plans]
    names = [n.primitive.name for n in loop.plans[0].graph.nodes]
    assert "exp" not in names
