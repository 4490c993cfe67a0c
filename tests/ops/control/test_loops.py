"""`while_loop` and `fori_loop`: results, structures, refusals."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor

X = np.arange(1, 7, dtype="float32").reshape(2, 3)


def both(call, *args):
    """The results at once and compiled, which must be equal, types included."""
    now = ckeras.tree.map_structure(ops.convert_to_tensor, call(*args))
    later = ckeras.function(call)(*args)
    ckeras.tree.assert_same_structure(now, later)
    pairs = zip(ckeras.tree.flatten(now), ckeras.tree.flatten(later), strict=True)
    for a, b in pairs:
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-6)
    return later


def test_structures_of_loop_variables():
    assert int(both(lambda: ops.while_loop(lambda i: i < 5, lambda i: i + 2, 0))) == 6
    found = both(
        lambda x: ops.while_loop(
            lambda i, v: i < 3, lambda i, v: [i + 1, v * 2], [0, x]
        ),
        X,
    )
    assert isinstance(found, tuple)
    np.testing.assert_array_equal(found[1], X * 8)
    found = both(
        lambda x: ops.while_loop(
            lambda d: d["i"] < 3,
            lambda d: {"i": d["i"] + 1, "v": (d["v"][0] + 1,)},
            {"i": 0, "v": (x,)},
        ),
        X,
    )
    np.testing.assert_array_equal(found["v"][0], X + 3)


@pytest.mark.parametrize("limit", [0, 1, 3, 99])
def test_maximum_iterations(limit):
    found = both(
        lambda x: ops.while_loop(
            lambda v: v[0] < 30, lambda v: v * 2, x, maximum_iterations=limit
        ),
        X[0],
    )
    np.testing.assert_array_equal(found, X[0] * 2 ** min(limit, 5))


def test_the_number_of_iterations_may_depend_on_the_data():
    def collatz(n):
        return ops.while_loop(
            lambda n, steps: n != 1,
            lambda n, steps: (ops.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1),
            (n, 0),
        )[1]

    f = ckeras.function(collatz)
    assert [int(f(np.int32(n))) for n in (1, 6, 27, 97)] == [0, 8, 111, 118]
    assert len(f.plans) == 1


def test_python_numbers_take_the_type_of_what_they_meet():
    found = both(lambda: ops.while_loop(lambda v: v < 3, lambda v: v + 0.5, 0))
    assert found.dtype == "float32" and float(found) == 3.0
    both(lambda x: ops.fori_loop(0, 3, lambda i, v: (v[0] + x[0, 0], v[1]), (0, 1)), X)


@pytest.mark.parametrize("bounds", [(0, 5), (2, 5), (5, 2), (-3, 1)])
def test_fori_loop(bounds):
    expected = X + sum(range(*bounds))
    found = both(lambda x: ops.fori_loop(*bounds, lambda i, v: v + i, x), X)
    np.testing.assert_array_equal(found, expected)
    found = both(
        lambda a, b, x: ops.fori_loop(a, b, lambda i, v: v + i, x),
        np.int32(bounds[0]),
        np.int64(bounds[1]),
        X,
    )
    np.testing.assert_array_equal(found, expected)


def test_nested_loops_and_branches():
    def call(n, x):
        def inner(j, v):
            return ops.cond(j % 2 == 0, lambda: v + j, lambda: v * 2)

        return ops.fori_loop(0, n, lambda i, v: ops.fori_loop(0, i + 1, inner, v), x)

    both(call, np.int32(5), X)


CHANGES = {
    "shape": lambda v: ops.concatenate([v, v]),
    "type": lambda v: v > 0,
    "structure": lambda v: (v, v),
    "none": lambda v: None,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(
    "wrap", [lambda f: f, ckeras.function], ids=["now", "compiled"]
)
def test_what_is_carried_may_not_change(name, wrap):
    call = wrap(lambda x: ops.fori_loop(0, 3, lambda i, v: CHANGES[name](v), x))
    with pytest.raises(TypeError, match="must keep their structure, shapes and types"):
        call(ops.convert_to_tensor(X))
    call = wrap(
        lambda x: ops.while_loop(
            lambda v: v[0, 0] < 9, lambda v: (CHANGES[name](v),), [x]
        )
    )
    with pytest.raises(TypeError, match=r"ops.while_loop.*float32\[2,3\]"):
        call(ops.convert_to_tensor(X))


def test_refusals():
    with pytest.raises(TypeError, match="`cond` must return a boolean scalar"):
        ops.while_loop(lambda v: v < 3, lambda v: v, X)
    with pytest.raises(TypeError, match="`cond` must return a boolean scalar"):
        ckeras.function(lambda x: ops.while_loop(lambda v: v < 3, lambda v: v, x))(X)
    with pytest.raises(TypeError, match="`body` must be a function"):
        ops.while_loop(lambda v: v < 3, None, X)
    with pytest.raises(TypeError, match="a value for each of the 1 parts"):
        ops.while_loop(lambda v: v < 3, lambda v: v + 1, (0,))
    with pytest.raises(TypeError, match="`maximum_iterations` must be an integer"):
        ops.while_loop(lambda v: v < 3, lambda v: v + 1, 0, maximum_iterations=1.5)
    with pytest.raises(TypeError, match="`upper` must be an integer scalar"):
        ops.fori_loop(0, X, lambda i, v: v, X)
    with pytest.raises(TypeError, match="`body_fun` must be a function"):
        ops.fori_loop(0, 3, None, X)


def test_placeholders():
    values = [KerasTensor((None, 3)), KerasTensor((2,), "int32")]
    found = ops.while_loop(lambda a, b: a < 1, lambda a, b: (a + 1, b), values)
    assert [(v.shape, v.dtype) for v in found] == [
        ((None, 3), "float32"),
        ((2,), "int32"),
    ]
    assert ops.fori_loop(0, 3, lambda i, v: v + i, values[0]).shape == (None, 3)


def test_a_loop_in_a_functional_model():
    inputs = ckeras.layers.Input((3,))
    outputs = ops.fori_loop(0, 3, lambda i, v: v * 2 + 1, inputs)
    model = ckeras.Model(inputs, ckeras.layers.Dense(1)(outputs))
    (inner,) = [s for s in model.operations if s.name.startswith("fori_loop")]
    np.testing.assert_array_equal(inner(ops.convert_to_tensor(X)), X * 8 + 7)
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    assert model.predict(X, verbose=0).shape == (2, 1)
