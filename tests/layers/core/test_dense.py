import numpy as np
import pytest

from ckeras import layers
from tests.gradients import check_gradients


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True])
def test_units(units):
    with pytest.raises(ValueError, match="invalid value for `units`"):
        layers.Dense(units)


def test_quantization_is_refused():
    with pytest.raises(ValueError, match="`lora_rank` of layer Dense"):
        layers.Dense(2, lora_rank=4)


def test_unknown_feature_count():
    with pytest.raises(ValueError, match="must have a known size"):
        layers.Dense(2).build((None, None))


def test_initializers_and_penalties():
    layer = layers.Dense(
        3,
        kernel_initializer="ones",
        bias_initializer="ones",
        kernel_regularizer="l2",
        kernel_constraint="non_neg",
    )
    y = layer(np.full((2, 4), 2.0))
    np.testing.assert_array_equal(y, np.full((2, 3), 9.0))
    assert float(layer.losses[0]) == pytest.approx(0.01 * 12)
    assert layer.kernel.constraint is layer.kernel_constraint


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (2, 1, 3, 4)])
@pytest.mark.parametrize("activation", [None, "tanh", "softmax"])
def test_gradients(shape, activation):
    layer = layers.Dense(5, activation=activation, dtype="float64")
    layer.build((None, 4))

    def call(x, kernel, bias):
        return layer.stateless_call([kernel, bias], [], x)[0]

    rng = np.random.default_rng(0)
    shapes = (shape, (4, 5), (5,))
    check_gradients(call, *[rng.normal(size=s) for s in shapes])


def test_empty_batch():
    assert layers.Dense(3)(np.ones((0, 2))).shape == (0, 3)
