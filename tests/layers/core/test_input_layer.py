import pytest

import ckeras
from ckeras import layers


def test_shapes():
    assert ckeras.Input((3,)).shape == (None, 3)
    assert ckeras.Input((3, None), batch_size=2).shape == (2, 3, None)
    x = ckeras.Input(batch_shape=(4, 3), dtype="int32", name="x")
    assert (x.shape, x.dtype, x.name) == ((4, 3), "int32", "x")
    assert ckeras.Input(()).shape == (None,)


def test_layer():
    layer = layers.InputLayer((3,), name="in")
    assert layer.output._keras_history.operation is layer
    assert layers.InputLayer.from_config(layer.get_config()).batch_shape == (None, 3)
    x = ckeras.KerasTensor((2, 3))
    assert ckeras.Input(tensor=x) is x


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "You must pass a `shape`"),
        ({"shape": (3,), "batch_shape": (1, 3)}, "cannot pass both `shape`"),
        ({"batch_size": 1, "batch_shape": (1, 3)}, "cannot pass both `batch_size`"),
        ({"shape": 3}, "Cannot convert '3' to a shape"),
        ({"shape": (3,), "sparse": True}, "not supported"),
        ({"shape": (3,), "dtype": "text"}, "Invalid dtype"),
        ({"tensor": 3}, "must be a KerasTensor"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ckeras.Input(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shape", (4,)),
        ("batch_size", 5),
        ("batch_shape", (2, 4)),
        ("dtype", "float64"),
        ("sparse", True),
        ("ragged", True),
    ],
)
def test_arguments_that_contradict_the_placeholder(name, value):
    placeholder = ckeras.KerasTensor((2, 3), dtype="float32")
    layer = layers.InputLayer((3,), 2, "float32", input_tensor=placeholder)
    assert layer.output is placeholder
    with pytest.raises(ValueError, match=f"an incompatible `{name}` argument"):
        layers.InputLayer(input_tensor=placeholder, **{name: value})


def test_input_shape_is_an_old_name():
    with pytest.warns(UserWarning, match="`input_shape` is deprecated"):
        assert layers.InputLayer(input_shape=(3,)).batch_shape == (None, 3)
