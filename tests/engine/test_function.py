"""Compiled functions: signatures, state, structure of results, batches of rows."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.function import Function


def test_traces_once_for_each_signature():
    traces = []

    @ckeras.function
    def double(x):
        traces.append(x.shape)
        return x * 2.0

    for n in (2, 3, 2, 3):
        np.testing.assert_array_equal(double(np.ones(n, "float32")), np.full(n, 2.0))
    assert traces == [(2,), (3,)]
    assert len(double.plans) == 2


def test_python_values_are_part_of_the_signature():
    @ckeras.function
    def power(x, exponent, negate=False):
        y = x**exponent
        return -y if negate else y

    x = np.array([2.0, 3.0], "float32")
    np.testing.assert_allclose(power(x, 2), [4, 9])
    np.testing.assert_allclose(power(x, 3), [8, 27])
    np.testing.assert_allclose(power(x, 2, negate=True), [-4, -9])


def test_keeps_the_structure_of_results():
    @ckeras.function
    def nest(d):
        return {"sum": d["a"] + d["b"][0], "none": None, "pair": (d["a"], 7)}

    out = nest({"a": np.ones(2, "float32"), "b": [np.ones(2, "float32")]})
    assert out["none"] is None and out["pair"][1] == 7
    np.testing.assert_array_equal(out["sum"], [2, 2])
    np.testing.assert_array_equal(out["pair"][0], [1, 1])


def test_variables_are_read_and_written_in_order():
    v = ckeras.Variable([1.0, 2.0])

    @ckeras.function
    def step(x):
        before = v + 0.0
        v.assign(v * x)
        middle = v + 0.0
        v.assign_add(x)
        return before, middle, v

    before, middle, after = step(np.array([3.0, 4.0], "float32"))
    np.testing.assert_array_equal(before, [1, 2])
    np.testing.assert_array_equal(middle, [3, 8])
    np.testing.assert_array_equal(after, [6, 12])
    np.testing.assert_array_equal(v.numpy(), [6, 12])


def test_variables_may_swap_their_values():
    a, b = ckeras.Variable([1.0, 1.0]), ckeras.Variable([2.0, 2.0])

    @ckeras.function
    def swap():
        old = a.value
        a.assign(b)
        b.assign(old)

    swap()
    np.testing.assert_array_equal(a.numpy(), [2, 2])
    np.testing.assert_array_equal(b.numpy(), [1, 1])


def test_an_argument_that_is_a_variables_memory_is_copied_first():
    v = ckeras.Variable([1.0, 2.0])

    @ckeras.function
    def step(x):
        v.assign(v + 1.0)
        return x * 2.0 + v

    np.testing.assert_array_equal(step(v.value), [4, 7])


def test_a_failed_trace_changes_nothing():
    v = ckeras.Variable([1.0])

    @ckeras.function
    def step(x):
        v.assign(v + 1.0)
        raise KeyError("stop")

    with pytest.raises(KeyError):
        step(np.ones(1, "float32"))
    np.testing.assert_array_equal(v.numpy(), [1])


def test_condition_on_a_traced_value_says_what_to_do():
    @ckeras.function
    def step(x):
        return x if ops.sum(x) > 0 else -x

    with pytest.raises(TypeError, match=r"ops\.cond.*run_eagerly"):
        step(np.ones(1, "float32"))


def test_traced_value_cannot_leave_its_trace():
    kept = []

    @ckeras.function
    def leak(x):
        kept.append(x * 2.0)
        return x

    leak(np.ones(1, "float32"))
    with pytest.raises(RuntimeError, match="after its trace has ended"):
        kept[0] + 1.0


def test_results_do_not_change_in_later_calls():
    v = ckeras.Variable([1.0])

    @ckeras.function
    def step():
        v.assign(v + 1.0)
        return v.value

    first = step()
    step()
    np.testing.assert_array_equal(first, [2])


def test_numpy_functions_become_ops():
    @ckeras.function
    def f(x):
        return np.tanh(x) + np.sum(x)

    x = np.array([0.5, -1.0], "float32")
    np.testing.assert_allclose(f(x), np.tanh(x) + x.sum(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("indices", [None, [6, 5, 4, 3, 2, 1, 0]])
def test_run_batches_feeds_rows(indices):
    total = ckeras.Variable(np.zeros(2, "float32"))

    @ckeras.function
    def step(data):
        x, _ = data
        total.assign_add(ops.sum(x, axis=0))
        return x

    x = np.arange(14, dtype="float32").reshape(7, 2)
    order = None if indices is None else np.array(indices)
    done, last = step.run_batches((x, None), order, 3, 0, 3, budget_seconds=10)
    assert done == 3
    np.testing.assert_array_equal(total.numpy(), x.sum(0))
    np.testing.assert_array_equal(last, x[6:] if indices is None else x[:1])


def test_run_batches_stops_when_time_is_up():
    step = ckeras.function(lambda data: data[0] * 1.0)
    x = np.zeros((100, 2), "float32")
    done, _ = step.run_batches((x,), None, 1, 0, 100, budget_seconds=0.0)
    assert done == 1


def test_map_batches_collects_all_rows():
    step = ckeras.function(lambda data: {"twice": data[0] * 2.0})
    x = np.arange(10, dtype="float32").reshape(5, 2)
    done, out = step.map_batches((x,), 2, 0, 1)
    assert done == 1
    done, out = step.map_batches((x,), 2, 1, 2, out, budget_seconds=10)
    assert done == 2
    np.testing.assert_array_equal(out["twice"], 2 * x)


def test_map_batches_needs_a_row_for_each_sample():
    step = ckeras.function(lambda data: ops.sum(data[0]))
    with pytest.raises(ValueError, match="a row for each"):
        step.map_batches((np.zeros((4, 2), "float32"),), 2, 0, 2)


def _double(x):
    return x * 2.0


def test_pickles_without_its_plans():
    double = Function(_double)
    double(np.ones(1, "float32"))
    again = pickle.loads(pickle.dumps(double))
    assert not again.plans
    np.testing.assert_array_equal(again(np.ones(1, "float32")), [2])
    assert not copy.deepcopy(double).plans


def test_methods_compile_for_each_instance():
    class Scaler:
        def __init__(self, factor):
            self.factor = factor

        @ckeras.function
        def scale(self, x):
            return x * self.factor

    a, b = Scaler(2.0), Scaler(3.0)
    x = np.ones(1, "float32")
    assert (float(a.scale(x)[0]), float(b.scale(x)[0])) == (2.0, 3.0)
    assert a.scale is a.scale


def test_one_collection_frees_all_of_a_function():
    """Loops hold graphs that refer to the graph around them."""

    def compiled():
        w = ckeras.Variable(np.ones((4, 4), "float32"))

        @ckeras.function
        def step(x):
            with ckeras.GradientTape() as tape:
                y = ops.fori_loop(
                    0,
                    2,
                    lambda i, s: ops.cond(
                        ops.sum(s) > 0, lambda: ops.tanh(s @ w), lambda: s
                    ),
                    x,
                )
                loss = ops.sum(y)
            w.assign_sub(tape.gradient(loss, w))
            return loss

        step(np.ones((3, 4), "float32"))
        return weakref.ref(w), weakref.ref(step.plan), weakref.ref(step.plan.graph)

    gc.collect()
    gc.disable()
    try:
        left = compiled()
        gc.collect()
        assert [reference() for reference in left] == [None, None, None]
    finally:
        gc.enable()
