"""Operators of tensors, and NumPy functions called with tensors."""

import operator

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function
from ckeras.engine.values.tensor import Tensor

A = np.arange(6, dtype="float32").reshape(2, 3) + 0.5
B = np.arange(6, dtype="float32").reshape(2, 3)[::-1] - 2.25
N = np.arange(6, dtype="int32").reshape(2, 3) + 1

BINARY = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
]


@pytest.mark.parametrize("name", BINARY)
def test_operators(name):
    apply = getattr(operator, name)
    expected = apply(A, B) if name != "pow" else apply(A, N)
    other = N if name == "pow" else B
    tensor = ops.convert_to_tensor(A)
    for x, y in ((tensor, Tensor(other.copy())), (tensor, other), (A, Tensor(other))):
        result = apply(x, y)
        assert isinstance(result, Tensor)
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_operators_with_numbers_keep_the_type():
    x = ops.convert_to_tensor(A)
    for result in (x * 2, 2 * x, x + 0.5, 1 - x, x / 3, 2.0**x, x**2, x * np.sqrt(2)):
        assert result.dtype == "float32"
    n = ops.convert_to_tensor(N)
    assert (n * 2).dtype == (n // 2).dtype == "int32"
    assert (n * 2.0).dtype == (n / 2).dtype == "float32"


def test_other_operators():
    x, n = ops.convert_to_tensor(B), ops.convert_to_tensor(N)
    np.testing.assert_array_equal((-x).numpy(), -B)
    np.testing.assert_array_equal(abs(x).numpy(), abs(B))
    np.testing.assert_array_equal((n & 3).numpy(), N & 3)
    np.testing.assert_array_equal((n << 2).numpy(), N << 2)
    np.testing.assert_array_equal((~n).numpy(), ~N)
    np.testing.assert_array_equal((~(x > 0)).numpy(), ~(B > 0))
    np.testing.assert_array_equal(((x > 0) | (x < -1)).numpy(), (B > 0) | (B < -1))
    np.testing.assert_allclose((x @ x.T).numpy(), B @ B.T)
    np.testing.assert_array_equal(round(x * 1.26, 1).numpy(), np.round(B * 1.26, 1))
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == (3, 2)
    assert x.astype("int32").dtype == "int32"


CALLS = {
    "tanh": np.tanh,
    "maximum": lambda x: np.maximum(x, 0.0),
    "sum": lambda x: np.sum(x, axis=1),
    "mean": lambda x: np.mean(x),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "stack": lambda x: np.stack([x, x]),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "matmul": lambda x: np.matmul(x, np.transpose(x)),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "clip": lambda x: np.clip(x, -1, 1),
    "norm": lambda x: np.linalg.norm(x, axis=1),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2))),
    "scalar": lambda x: np.float64(2.0) * x,
    "array": lambda x: np.ones((2, 3), "float32") * x,
}


@pytest.mark.parametrize("name", CALLS)
def test_numpy_functions(name):
    call = CALLS[name]
    expected = call(B)
    now = call(ops.convert_to_tensor(B))
    assert isinstance(now, Tensor)
    np.testing.assert_allclose(now.numpy(), expected, rtol=1e-6)
    later = function(call)(B)
    np.testing.assert_allclose(later.numpy(), expected, rtol=1e-6)


def test_numpy_function_without_an_op():
    assert isinstance(np.rollaxis(ops.convert_to_tensor(A), 1), np.ndarray)
    with pytest.raises(TypeError, match="cannot be traced"):
        function(lambda x: np.rollaxis(x, 1))(A)
