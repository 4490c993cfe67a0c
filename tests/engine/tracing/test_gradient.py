"""GradientTape: what is watched, nesting, second derivatives, misuse."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.tracing.gradient import GradientTape


def value(*numbers):
    return ops.convert_to_tensor(np.array(numbers, "float64"))


def test_trainable_variables_are_watched_by_themselves():
    v = ckeras.Variable(3.0)
    frozen = ckeras.Variable(2.0, trainable=False)
    with GradientTape() as tape:
        y = v * v * frozen
    assert tape.watched_variables() == (v,)
    d_v, d_frozen = tape.gradient(y, [v, frozen])
    assert float(d_v) == 12.0
    assert d_frozen is None


def test_tensors_are_watched_on_request():
    x = value(1.0, 2.0)
    with GradientTape() as tape:
        y = ops.sum(x * x)
    assert tape.gradient(y, x) is None
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = ops.sum(x * x)
    np.testing.assert_array_equal(tape.gradient(y, x), [2.0, 4.0])


def test_second_derivative():
    x = value(0.3, -1.2)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sum(ops.tanh(x))
        first = inner.gradient(y, x)
    t = np.tanh(np.asarray(x))
    np.testing.assert_allclose(first, 1 - t**2)
    np.testing.assert_allclose(outer.gradient(first, x), -2 * t * (1 - t**2))


def test_structures_of_sources_and_targets():
    x = {"a": value(2.0), "b": [value(3.0), value(5.0)]}
    with GradientTape() as tape:
        tape.watch(x)
        y = [x["a"] * x["b"][0], x["a"] * 4.0]
    found = tape.gradient(y, x, output_gradients=[value(1.0), value(10.0)])
    assert float(found["a"][0]) == 43.0
    assert float(found["b"][0][0]) == 2.0
    assert found["b"][1] is None


def test_unconnected_gradients():
    x, z = value(1.0), value(2.0, 3.0)
    with GradientTape() as tape:
        tape.watch([x, z])
        y = x * 2.0
    found = tape.gradient(y, [x, z], unconnected_gradients="zero")
    np.testing.assert_array_equal(found[1], [0.0, 0.0])


def test_unconnected_gradients_have_two_forms():
    with pytest.raises(ValueError, match="must be 'none' or 'zero'"):
        GradientTape().gradient(value(1.0), [], unconnected_gradients="other")


def test_persistent_tapes_are_asked_again():
    x = value(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * x
    assert float(tape.gradient(y, x)[0]) == 4.0
    assert float(tape.gradient(z, x)[0]) == 12.0


def test_other_tapes_are_asked_once():
    x = value(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)


def test_stop_recording():
    x = value(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            z = y * x
    assert tape.gradient(z, x) is None


def test_a_value_read_before_an_assignment_keeps_its_gradient():
    v = ckeras.Variable(3.0)
    with GradientTape() as tape:
        before = v * v
        v.assign(10.0)
        after = v * v
        y = before + after
    assert float(tape.gradient(y, v)) == 6.0 + 20.0


def test_compiled_and_eager_agree():
    v = ckeras.Variable(np.linspace(-1, 1, 6).reshape(2, 3), dtype="float64")

    def step(x):
        with GradientTape() as tape:
            y = ops.sum(ops.softmax(ops.matmul(x, v)) * ops.exp(v[0]))
        return tape.gradient(y, v)

    x = np.random.default_rng(0).normal(size=(4, 2))
    np.testing.assert_allclose(ckeras.function(step)(x), step(x), rtol=1e-12)


def test_misuse_is_named():
    tape = GradientTape()
    with tape, pytest.raises(ValueError, match="entered twice"), tape:
        pass
    with pytest.raises(TypeError, match="expects tensors or variables"):
        tape.watch("x")


def test_equal_constants_of_a_trace_are_sources_of_their_own():
    @ckeras.function
    def slopes(x, y):
        a, b = ops.zeros((3,)), ops.zeros((3,))
        with ckeras.GradientTape() as tape:
            tape.watch(a)
            total = ops.sum(a * x) + ops.sum(b * y)
        return tape.gradient(total, a)

    x = np.arange(3, dtype="float32")
    np.testing.assert_array_equal(slopes(x, 10 * x), x)
