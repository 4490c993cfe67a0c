import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import Function, KerasTensor, Operation, layers, ops
from ckeras.engine import scope
from ckeras.engine.symbolic.op_operation import keras_name, op_class


def test_keras_tensor():
    x = KerasTensor((None, 3), dtype="int32", name="x")
    assert (x.shape, x.dtype, x.ndim, x.name) == ((None, 3), "int32", 2, "x")
    assert x.size is None
    assert KerasTensor((2, 3)).size == 6
    assert "shape=(None, 3), dtype=int32" in repr(x)


@pytest.mark.parametrize(
    "use, error",
    [
        (np.asarray, ValueError),
        (lambda x: x.numpy(), ValueError),
        (bool, TypeError),
        (float, TypeError),
        (int, TypeError),
        (len, TypeError),
        (list, TypeError),
    ],
)
def test_keras_tensors_have_no_numbers(use, error):
    with pytest.raises(error, match="KerasTensor is a placeholder"):
        use(KerasTensor((2,)))


@pytest.mark.parametrize("shape", [3, ("a",), (-1,), (1.5,)])
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match="to a shape"):
        KerasTensor(shape)


def test_operators_and_numpy_functions():
    x = KerasTensor((None, 3))
    y = np.tanh((2.0 - x) ** 2 / x)[:, 1:] @ KerasTensor((2, 5))
    assert y.shape == (None, 5)
    assert (x > 0).dtype == "bool"
    assert ops.concatenate([x, x], axis=0).shape == (None, 3)
    assert ops.reshape(x, (-1, 1, 3)).shape == (None, 1, 3)


def test_function():
    a, b = KerasTensor((None, 2)), KerasTensor((None, 2))
    f = Function([a, b], {"sum": a + b, "twice": (a + b) * 2.0})
    x = np.ones((3, 2), "float32")
    y = f([x, x * 2])
    np.testing.assert_array_equal(y["sum"], x * 3)
    np.testing.assert_array_equal(y["twice"], x * 6)
    assert f.compute_output_shape([(4, 2), (4, 2)]) == {"sum": (4, 2), "twice": (4, 2)}
    assert len(f.operations) == 3
    outer = KerasTensor((None, 2))
    g = Function(outer, f([outer, outer])["sum"])
    np.testing.assert_array_equal(g(x), x * 2)
    with pytest.raises(ValueError, match="incompatible inputs"):
        f([np.ones((3, 4)), x])
    with pytest.raises(ValueError, match="invalid input structure"):
        f(x)


def test_functions_that_cannot_be():
    a, b = KerasTensor((2,)), KerasTensor((2,))
    with pytest.raises(ValueError, match=r"not connected|disconnected"):
        Function(a + 1.0, b + 1.0)
    with pytest.raises(ValueError, match="`outputs` argument cannot be empty"):
        Function(a, [])


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_function_copies(copied):
    a = KerasTensor((None, 2))
    f = Function(a, ops.sum(ops.exp(a), axis=1, keepdims=True) - a)
    x = np.arange(6, dtype="float32").reshape(3, 2)
    np.testing.assert_array_equal(copied(f)(x), f(x))


def test_operation():
    class Shift(Operation):
        def __init__(self, by, name=None):
            super().__init__(name=name)
            self.by = by

        def call(self, x):
            return x + self.by

    scope.reset_names()
    op = Shift(2.0)
    assert op.name == "shift"
    assert op.get_config() == {"name": "shift", "by": 2.0}
    assert float(op(np.float32(1.0) * np.ones(()))) == 3.0
    with pytest.raises(AttributeError, match="never been called"):
        _ = op.output
    x = KerasTensor((None, 2))
    y = op(x)
    assert op.input is x
    assert op.output is y
    assert op._inbound_nodes[0].parent_nodes == []
    assert y._keras_history.operation is op
    with pytest.raises(TypeError, match="Error when deserializing class 'Shift'"):
        Shift.from_config({"to": 1})
    with pytest.raises(ValueError, match="cannot contain character"):
        Shift(1, name="a/b")


def test_arguments_that_are_not_plain():
    class Holder(Operation):
        def __init__(self, value):
            super().__init__()

    class Several(Operation):
        def __init__(self, *values):
            super().__init__()

    with pytest.raises(NotImplementedError, match="cannot be serialized"):
        Holder(np.ones(2)).get_config()
    with pytest.raises(NotImplementedError, match="variadic positional"):
        Several(1, 2).get_config()


def test_names_of_ops_are_those_of_keras():
    assert keras_name("add") == ("keras.src.ops.numpy", "Add")
    assert keras_name("expand_dims") == ("keras.src.ops.numpy", "ExpandDims")
    assert keras_name("relu") == ("keras.src.ops.nn", "Relu")
    assert keras_name("cast") == ("keras.src.ops.core", "Cast")
    assert keras_name("rsqrt") == ("keras.src.ops.math", "Rsqrt")
    x = KerasTensor((None, 2))
    y = ops.sum(x, axis=-1)
    operation = y._keras_history.operation
    assert type(operation) is op_class(ops.sum)
    assert operation.get_config() == {
        "name": operation.name,
        "axis": -1,
        "keepdims": False,
    }


def test_nodes_of_several_calls():
    dense = layers.Dense(2)
    a, b = ckeras.Input((3,)), ckeras.Input((3,))
    first, second = dense(a), dense(b)
    assert first._keras_history.node_index == 0
    assert second._keras_history.node_index == 1
    assert dense.input is a
    assert dense._inbound_nodes[1].input_tensors == [b] or (
        dense._inbound_nodes[1].input_tensors[0] is b
    )
    assert a._keras_history.operation._outbound_nodes[0] is dense._inbound_nodes[0]


def test_deep_graphs():
    x = inputs = KerasTensor((None, 2))
    for _ in range(2000):
        x = x + 1.0
    f = Function(inputs, x)
    assert len(f.operations) == 2000
    copied = pickle.loads(pickle.dumps(f))
    assert float(copied(np.zeros((1, 2), "float32"))[0, 0]) == 2000.0
