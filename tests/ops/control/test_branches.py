"""`cond` and `switch`: results, structures, refusals."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor

X = np.arange(6, dtype="float32").reshape(2, 3)


def compiled(call, *args):
    return ckeras.function(call)(*args)


def test_a_known_condition_calls_one_function():
    calls = []
    result = ops.cond(True, lambda: calls.append("true"), lambda: calls.append("false"))
    assert result is None and calls == ["true"]
    f = ckeras.function(lambda x: ops.cond(x.shape[0] == 2, lambda: x, lambda: 1 / 0))
    np.testing.assert_array_equal(f(X), X)


@pytest.mark.parametrize("pred", [True, 1, 2.5, np.bool_(False), np.int64(0)])
def test_conditions_of_all_types(pred):
    f = ckeras.function(lambda p: ops.cond(p, lambda: 1.0, lambda: 2.0))
    assert float(f(np.asarray(pred))) == (1.0 if pred else 2.0)
    assert ops.cond(pred, lambda: 1.0, lambda: 2.0) == (1.0 if pred else 2.0)


def test_nested_results_and_none():
    def call(x):
        return ops.cond(
            ops.sum(x) > 0,
            lambda: {"a": (x, None), "b": 1},
            lambda: {"a": (-x, None), "b": 2},
        )

    found = compiled(call, -X)
    assert found["a"][1] is None and int(found["b"]) == 2
    np.testing.assert_array_equal(found["a"][0], X)
    nothing = lambda x: ops.cond(x[0, 0] > 0, lambda: None, lambda: None)  # noqa: E731
    assert compiled(nothing, X) is None


def test_python_numbers_take_the_other_branchs_type():
    f = ckeras.function(lambda x: ops.cond(x[0, 0] > 0, lambda: 1, lambda: x[0, 1]))
    assert f(X).dtype == "float32" and float(f(X)) == 1.0
    assert float(f(X + 1)) == 1.0
    integers = ckeras.function(lambda x: ops.cond(x[0, 0] > 0, lambda: 3, lambda: 4))
    assert integers(X).dtype == "int32" and int(integers(X)) == 4


DIFFERENT = {
    "shape": (lambda x: x, lambda x: x[0], r"float32\[2,3\] and float32\[3\]"),
    "type": (lambda x: x, lambda x: x > 0, "float32.*bool"),
    "structure": (lambda x: (x, x), lambda x: [x, x], "same kind"),
    "count": (lambda x: (x, x), lambda x: x, "same kind"),
    "none": (lambda x: x, lambda x: None, "same kind"),
    "number": (lambda x: 1.5, lambda x: ops.cast(x[0, 0], "int32"), "same kind"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_results_must_agree(name):
    first, second, message = DIFFERENT[name]
    with pytest.raises(TypeError, match=message):
        compiled(
            lambda x: ops.cond(x[0, 0] > 0, lambda: first(x), lambda: second(x)), X
        )
    with pytest.raises(TypeError, match="`branches` should return outputs"):
        compiled(
            lambda x: ops.switch(ops.cast(x[0, 0], "int32"), [first, second], x), X
        )


def test_refusals():
    with pytest.raises(TypeError, match=r"`pred` must be a scalar.*shape \(2,\)"):
        ops.cond(np.array([True, False]), lambda: 1, lambda: 2)
    with pytest.raises(TypeError, match="`false_fn` must be a function"):
        ops.cond(True, lambda: 1, 2)
    with pytest.raises(ValueError, match="at least one function"):
        ops.switch(0, [])
    with pytest.raises(TypeError, match="`index` must be an integer"):
        ops.switch(0.0, [lambda: 1])
    with pytest.raises(TypeError, match="`index` must be an integer"):
        ops.switch(True, [lambda: 1])
    with pytest.raises(TypeError, match=r"branches\[1\]"):
        ops.switch(0, [lambda: 1, 2])


@pytest.mark.parametrize("index", [-5, 0, 1, 2, 9])
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8"])
def test_indices_are_moved_into_range(index, dtype):
    index = np.asarray(max(index, 0) if dtype == "uint8" else index).astype(dtype)
    branches = [lambda x: x + 1, lambda x: x * 2, lambda x: -x]
    expected = branches[min(max(int(index), 0), 2)](X)
    np.testing.assert_array_equal(ops.switch(index, branches, X), expected)
    f = ckeras.function(lambda i, x: ops.switch(i, branches, x))
    np.testing.assert_array_equal(f(index, X), expected)


def test_operands_may_be_nested():
    f = ckeras.function(
        lambda i, x: ops.switch(
            i, [lambda d: d["a"], lambda d: d["b"][0]], {"a": x, "b": [x * 2]}
        )
    )
    np.testing.assert_array_equal(f(np.int32(1), X), X * 2)


def test_placeholders():
    pred = KerasTensor((), "bool")
    result = ops.cond(pred, lambda: ops.ones((1, 3)), lambda: np.zeros((1, 3), "f4"))
    assert result.shape == (1, 3)
    with pytest.raises(ValueError, match="`true_fn` and `false_fn` should return"):
        ops.cond(pred, lambda: ops.ones(3), lambda: ops.zeros(4))
    x, y = KerasTensor((None, 2)), KerasTensor((5, None))
    rows = ops.switch(KerasTensor((), "int32"), [lambda x, y: (x[:, 0], y[0])], x, y)
    assert [r.shape for r in rows] == [(None,), (None,)]


def test_a_python_condition_names_the_line():
    def call(x):
        if ops.sum(x) > 0:
            return x
        return -x

    line = call.__code__.co_firstlineno + 1
    with pytest.raises(
        TypeError, match=rf'(?s)ops.cond.*test_branches.py", line {line}, in call'
    ):
        compiled(call, X)
