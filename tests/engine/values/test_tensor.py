"""Tensors: thin shells around NumPy arrays."""

import copy
import pickle

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.engine.values.tensor import Tensor


def test_shares_memory_with_numpy():
    array = np.arange(6, dtype="float32").reshape(2, 3)
    x = Tensor(array)
    assert np.shares_memory(x.numpy(), array)
    assert np.shares_memory(np.asarray(x), array)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, "float32", 2)
    assert not np.shares_memory(Tensor(array.T).numpy(), array)


def test_numbers():
    x = Tensor(np.array(2.5, "float32"))
    assert (float(x), int(x), bool(x), x.item()) == (2.5, 2, True, 2.5)
    assert f"{x:.2f}" == "2.50"
    assert [10, 20, 30][Tensor(np.array(1))] == 20
    with pytest.raises(TypeError, match="0-dimensional"):
        len(x)


@pytest.mark.parametrize(
    "value, dtype",
    [
        (1, "int32"),
        (1.0, "float32"),
        (True, "bool"),
        ([1, 2], "int32"),
        ([[1.0], [2]], "float32"),
        (2**40, "int64"),
        (np.zeros(2), "float64"),
        (np.float32(1), "float32"),
        (np.arange(2, dtype="uint8"), "uint8"),
    ],
)
def test_types_of_what_is_converted(value, dtype):
    assert convert_to_tensor(value).dtype == dtype


@pytest.mark.parametrize("value", ["text", [object()], np.array(["a"]), [[1], [1, 2]]])
def test_refuses_what_is_no_number(value):
    with pytest.raises(ValueError, match="Cannot convert"):
        convert_to_tensor(value)


def test_lists_with_tensors_are_stacked():
    x = convert_to_tensor([Tensor(np.ones(2, "float32")), [2.0, 3.0]])
    np.testing.assert_array_equal(x, [[1, 1], [2, 3]])


def test_operators_and_numpy():
    x = Tensor(np.array([1.0, -2.0], "float32"))
    np.testing.assert_array_equal(abs(x) + 1, [2, 3])
    np.testing.assert_array_equal(x > 0, [True, False])
    assert isinstance(np.exp(x), Tensor)
    assert isinstance(np.ones(2) + x, Tensor)
    np.testing.assert_array_equal(x.T, x)
    np.testing.assert_array_equal([v.item() for v in x], [1, -2])


def test_copies():
    x = ops.ones((2,))
    for again in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(again, [1, 1])
    assert not np.shares_memory(copy.deepcopy(x).numpy(), x.numpy())
