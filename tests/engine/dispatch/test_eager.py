"""Ops that run at once: what a prepared call must not get wrong."""

import threading

import numpy as np
import pytest

from ckeras import GradientTape, Variable, ops
from ckeras.engine.primitive import registry
from ckeras.engine.tracing import tapes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, movement


def values(*shape, dtype="float32"):
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


@pytest.fixture
def signatures():
    """The prepared calls of `add`, without any at first."""
    prepared = registry["add"].prepared
    prepared.clear()
    return prepared


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (7,), (3, 5)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
def test_repeated_calls_of_any_shape_and_type(shape, dtype):
    for round in range(3):
        a = np.asarray(10 * values(*shape) + round).astype(dtype)
        y = ops.add(a, a)
        assert (y.shape, y.dtype) == (shape, dtype)
        assert y.numpy().flags.c_contiguous and y.numpy().flags.writeable
        np.testing.assert_array_equal(y.numpy(), a + a)


def test_inputs_that_are_not_contiguous():
    a = values(6, 8)
    for view in (a.T, a[::2, ::3], a[:, ::-1], np.broadcast_to(a[0], (6, 8))):
        np.testing.assert_array_equal(ops.add(view, view).numpy(), view + view)
        np.testing.assert_array_equal(
            ops.reshape(view, (-1,)).numpy(), view.reshape(-1)
        )


def test_inputs_that_are_read_only():
    a = values(4, 4)
    a.flags.writeable = False
    np.testing.assert_array_equal(ops.add(a, a).numpy(), a + a)
    np.testing.assert_array_equal(ops.convert_to_tensor(a)[1:3].numpy(), a[1:3])
    assert not ops.reshape(a, (16,)).numpy().flags.writeable


def test_types_meet():
    a, b = values(3), np.arange(3)
    assert ops.add(a, b).dtype == "float32"
    assert ops.add(a, a.astype("float64")).dtype == "float64"
    assert ops.add(b, 1.5).dtype == "float32"
    assert ops.add(b.astype("int8"), 1).dtype == "int8"
    assert ops.add(Tensor(a), np.float64(2)).dtype == "float32"
    assert ops.divide(b, b + 1).dtype == "float32"
    assert ops.add(a, True).dtype == "float32"
    assert ops.add(True, True).dtype == "bool"
    swapped = a.astype(a.dtype.newbyteorder())
    np.testing.assert_array_equal(ops.add(Tensor(swapped), a).numpy(), a + a)


def test_both_zeros_and_types_of_numbers_are_kept_apart():
    one = Tensor(np.ones(1, "float32"))
    for _ in range(2):
        assert ops.divide(one, 0.0).numpy() == np.inf
        assert ops.divide(one, -0.0).numpy() == -np.inf
        assert ops.divide(one, 0).numpy() == np.inf
    assert ops.multiply(Tensor(np.ones(1, "int32")), 2).dtype == "int32"
    assert ops.multiply(Tensor(np.ones(1, "int32")), 2.0).dtype == "float32"


@pytest.mark.parametrize("number", [0.0, 3.0])
def test_a_number_that_was_cast_shares_no_memory_with_constants(number):
    ops.cast(number, "float32").numpy()[...] = 9
    one = Tensor(np.ones(1, "float32"))
    assert float(ops.add(one, number)[0]) == 1 + number


def test_views_share_memory_and_copies_do_not():
    x = Tensor(values(4, 6))
    for view in (x[1], x[1:3], x[..., None], ops.reshape(x, (-1,)), x[3, 2:4]):
        assert np.shares_memory(view.numpy(), x.numpy())
    for copy in (x[:, 1], x[::2], ops.transpose(x)):
        assert not np.shares_memory(copy.numpy(), x.numpy())


@pytest.mark.parametrize("shape", [(4, 6), (4, 0), (1, 6), (2, 3, 4)])
def test_indices_as_in_numpy(shape):
    a = values(*shape)
    x = Tensor(a)
    keys = [0, -1, slice(1, None), slice(None, None, -1), (..., None), (None, 0)]
    keys += [(slice(None), slice(0, 2)), (0, slice(1, 3)), (0, ..., slice(None, 2))]
    for key in keys * 2:
        np.testing.assert_array_equal(x[key].numpy(), a[key])
    for key in (True, (0, True)):  # equal to 1 as a key of a table
        with pytest.raises(IndexError, match="boolean"):
            x[key]


def test_gradients_through_indices():
    a = values(3, 4, 5)
    weights = values(4)
    x = Tensor(a)
    for key in ((1, slice(None), 2), (slice(1, 2), slice(None), -3)):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(x[key] * weights)
        expected = np.zeros_like(a)
        expected[key] = weights
        np.testing.assert_array_equal(tape.gradient(y, x).numpy(), expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gradients_through_stacks(axis):
    a, b = Tensor(values(3, 4)), Tensor(values(3, 4) + 1)
    weights = values(*np.stack([a, b], axis).shape)
    with GradientTape() as tape:
        tape.watch([a, b])
        stacked = ops.stack([a, b], axis)
        y = ops.sum(stacked * weights)
    np.testing.assert_array_equal(stacked.numpy(), np.stack([a, b], axis))
    for i, gradient in enumerate(tape.gradient(y, [a, b])):
        np.testing.assert_array_equal(gradient.numpy(), np.take(weights, i, axis))


class Recorder:
    """A tape that only keeps the nodes."""

    def __init__(self):
        self.nodes = []

    def record(self, node):
        self.nodes.append(node)


def test_tapes_record_each_call_with_its_own_values():
    a, b = Tensor(values(2)), Tensor(values(2) + 1)
    recorder = Recorder()
    elementwise.add(a, b)
    tapes.push(recorder)
    try:
        results = [elementwise.add(a, b), elementwise.add(b, a)]
        with tapes.paused():
            elementwise.add(a, a)
        movement.slice(a, start=(0,), shape=(1,), strides=(1,))
    finally:
        tapes.pop(recorder)
    elementwise.add(b, b)
    first, second, third = recorder.nodes
    assert first.inputs[0] is a and first.outputs[0] is results[0]
    assert second.inputs[0] is b and second.outputs[0] is results[1]
    assert third.attrs == {"start": (0,), "shape": (1,), "strides": (1,)}


def test_a_tape_keeps_what_a_variable_was():
    v = Variable(2.0)
    with GradientTape() as tape:
        y = v * v
        v.assign(5.0)
    assert float(tape.gradient(y, v)) == 4.0


def test_four_threads_at_once(signatures):
    wrong = []

    def work(seed):
        # Each thread has shapes of its own and some that all of them prepare.
        rng = np.random.default_rng(seed)
        for n in range(150):
            a = rng.normal(size=(n % 7 + 1, seed + 2)).astype("float32")
            v = Tensor(a)
            with GradientTape() as tape:
                tape.watch(v)
                y = ops.sum(ops.add(v, 1.0) * v)
            if not np.allclose(tape.gradient(y, v), 2 * a + 1, atol=1e-6):
                wrong.append((seed, n))
            if not np.array_equal(ops.add(np.ones(n % 5), n), np.full(n % 5, n + 1.0)):
                wrong.append((seed, n, "shared"))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(signatures) >= 5


def test_signatures_do_not_pile_up(signatures):
    a = np.ones(5000, "float32")
    for n in range(5000):
        x = Tensor(a[:n])
        elementwise.add(x, x)
    assert 0 < len(signatures) <= 4096
    assert float(ops.sum(elementwise.add(x, x))) == 2 * 4999


def test_a_call_that_fails_is_not_kept(signatures):
    a, b = Tensor(values(2)), Tensor(values(3))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"`add`: inputs of shapes \(2,\) and"):
            elementwise.add(a, b)
    assert len(signatures) == 0


def test_errors_name_what_came():
    x = Tensor(values(2, 3))
    with pytest.raises(ValueError, match=r"size 6 \(shape \(2, 3\)\) into shape"):
        ops.reshape(x, (4, 2))
    with pytest.raises(IndexError, match="Index 2 is out of bounds for axis 0"):
        x[2]
    with pytest.raises(IndexError, match="Too many indices"):
        x[0, 0, 0]
    with pytest.raises(ValueError, match=r"shapes=\[\(2, 3\), \(2,\)\]"):
        ops.concatenate([x, x[:, 0]], axis=1)
    with pytest.raises(ValueError, match="`stack`: all values must"):
        ops.stack([x, x[0]])
    with pytest.raises(ValueError, match="Cannot make a tensor of dtype datetime64"):
        Tensor(np.zeros(2, "datetime64[s]"))
    with pytest.raises(ValueError, match="Invalid dtype: datetime64"):
        ops.add(np.zeros(2, "datetime64[s]"), x)
