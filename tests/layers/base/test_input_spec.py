import numpy as np
import pytest

from ckeras import layers
from ckeras.layers import InputSpec
from ckeras.layers.base.input_spec import assert_input_compatibility


def test_config_and_repr():
    spec = InputSpec(shape=(None, 3), dtype="float32")
    assert spec.ndim == 2
    assert repr(spec) == "InputSpec(dtype=float32, shape=(None, 3), ndim=2)"
    assert InputSpec.from_config({"axes": {-1: 3}}).axes == {-1: 3}
    with pytest.raises(TypeError, match="integer keys"):
        InputSpec(axes={"a": 1})
    with pytest.raises(ValueError, match="greater than the maximum"):
        InputSpec(ndim=2, axes={2: 1})


@pytest.mark.parametrize(
    "spec, message",
    [
        (InputSpec(ndim=3), "expected ndim=3, found ndim=2"),
        (InputSpec(min_ndim=3), "expected min_ndim=3, found ndim=2"),
        (InputSpec(max_ndim=1), "expected max_ndim=1, found ndim=2"),
        (InputSpec(dtype="int32"), "expected dtype=int32, found dtype=float32"),
        (InputSpec(axes={-1: 4}), "expected axis -1 of input shape to have value 4"),
        (InputSpec(shape=(2, 4)), r"expected shape=\(2, 4\), found shape=\(2, 3\)"),
        ([InputSpec(), InputSpec()], r"expects 2 input\(s\), but it received 1"),
    ],
)
def test_messages(spec, message):
    with pytest.raises(ValueError, match=message):
        assert_input_compatibility(spec, np.ones((2, 3), "float32"), "layer")


def test_squeeze_and_optional():
    squeezed = InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True)
    assert_input_compatibility(squeezed, np.ones((2, 3)), "layer")
    assert_input_compatibility([InputSpec(ndim=1, optional=True)], [None], "layer")
    with pytest.raises(ValueError, match="Missing data for input"):
        assert_input_compatibility([InputSpec(name="a")], {"b": np.ones(2)}, "layer")


def test_dense_checks_its_input():
    layer = layers.Dense(2, name="head")
    layer(np.ones((2, 3)))
    with pytest.raises(ValueError, match="'head' is incompatible with the layer"):
        layer(np.ones((2, 4)))
    with pytest.raises(ValueError, match="expected min_ndim=2"):
        layers.Dense(2)(np.ones(3))
