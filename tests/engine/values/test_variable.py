"""Variables: values, assignments, names, errors, copies."""

import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras.engine.values.arena import Arena


def test_takes_values_and_initializers():
    assert ckeras.Variable([1, 2]).dtype == "int32"
    assert ckeras.Variable([1.0, 2.0]).dtype == "float32"
    assert ckeras.Variable(np.zeros(2)).dtype == "float64"
    v = ckeras.Variable(ckeras.initializers.Ones(), shape=(2, 3), dtype="float64")
    np.testing.assert_array_equal(v.numpy(), np.ones((2, 3)))
    assert (v.shape, v.ndim, v.size) == ((2, 3), 2, 6)


def test_assignments():
    v = ckeras.Variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]) is v
    v.assign_add([1.0, 1.0])
    v.assign_sub(np.array([0.0, 2.0]))
    np.testing.assert_array_equal(v.numpy(), [4, 3])


def test_arithmetic_gives_tensors():
    v = ckeras.Variable([1.0, 2.0])
    np.testing.assert_array_equal(2.0 - v, [1, 0])
    np.testing.assert_array_equal(-v @ [[1.0], [1.0]], [-3])
    np.testing.assert_array_equal(v[1:] ** 2, [4])
    np.testing.assert_array_equal(np.sqrt(v), np.sqrt([1, 2], dtype="float32"))
    assert float(ckeras.Variable(2.5)) == 2.5


def test_names_and_paths():
    with ckeras.name_scope("outer"), ckeras.name_scope("inner"):
        v = ckeras.Variable(1.0, name="w")
    assert (v.name, v.path) == ("w", "outer/inner/w")
    assert ckeras.Variable(1.0).name.startswith("variable")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"initializer": [1.0], "name": "a/b"}, "cannot contain character"),
        ({"initializer": ckeras.initializers.Ones()}, "`shape` argument"),
        ({"initializer": lambda shape, dtype: 1.0, "shape": (2,)}, "Expected"),
        ({"initializer": [1.0], "aggregation": "most"}, "aggregation=most"),
        ({"initializer": ckeras.initializers.Ones(), "shape": (-1,)}, "integers >= 0"),
    ],
)
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        ckeras.Variable(**arguments)


def test_a_wrong_shape_changes_nothing():
    v = ckeras.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="must match"):
        v.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(v.numpy(), [1, 2])


def test_is_no_condition():
    with pytest.raises(TypeError, match="boolean"):
        bool(ckeras.Variable(1.0))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_are_independent(copied):
    v = ckeras.Variable([1.0, 2.0], name="w", trainable=False)
    again = copied(v)
    v.assign([5.0, 5.0])
    np.testing.assert_array_equal(again.numpy(), [1, 2])
    assert (again.name, again.path, again.trainable) == ("w", "w", False)


def test_a_stateless_scope_keeps_the_variable():
    v = ckeras.Variable([1.0, 2.0])
    with ckeras.StatelessScope([(v, np.array([3.0, 4.0], "float32"))]) as scope:
        v.assign(v + 1.0)
        np.testing.assert_array_equal(v.value, [4, 5])
    np.testing.assert_array_equal(scope.get_current_value(v), [4, 5])
    np.testing.assert_array_equal(v.numpy(), [1, 2])


def test_arena_members_keep_their_values():
    a, b = ckeras.Variable([1.0, 2.0]), ckeras.Variable([[3.0]])
    arena = Arena.try_build([a, b])
    np.testing.assert_array_equal(arena.value, [1, 2, 3])
    arena.assign(ckeras.ops.convert_to_tensor([4.0, 5.0, 6.0]))
    np.testing.assert_array_equal(a.numpy(), [4, 5])
    np.testing.assert_array_equal(b.numpy(), [[6]])
    b.assign([[7.0]])
    np.testing.assert_array_equal(arena.value, [4, 5, 7])


def test_arenas_that_cannot_be():
    a, b = ckeras.Variable([1.0]), ckeras.Variable([2.0])
    assert Arena.try_build([]) is None
    assert Arena.try_build([a, a]) is None
    assert Arena.try_build([a, ckeras.Variable([1.0], dtype="float64")]) is None
    assert Arena.try_build([a, b]) is not None
    assert Arena.try_build([a]) is None


def test_a_scope_takes_values_of_the_variables_shape_only():
    v = ckeras.Variable([1.0, 2.0], name="pair")
    with pytest.raises(ValueError, match=r"pair, of shape \(2,\).*shape \(3,\)"):
        ckeras.StatelessScope([(v, np.ones(3, "float32"))])
    dense = ckeras.layers.Dense(2)
    dense.build((None, 3))
    kernel, bias = (w.value for w in dense.weights)
    with pytest.raises(ValueError, match=r"kernel, of shape \(3, 2\)"):
        dense.stateless_call([ckeras.ops.transpose(kernel), bias], [], np.ones((1, 3)))


def test_an_initializer_by_name():
    v = ckeras.Variable("ones", shape=(2,))
    assert v.numpy().tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="Could not interpret initializer"):
        ckeras.Variable("nope", shape=(2,))
    with pytest.raises(ValueError, match="`shape` argument should be specified"):
        ckeras.Variable("ones")
