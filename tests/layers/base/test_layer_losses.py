import numpy as np
import pytest

import ckeras
from ckeras import layers, ops


class Penalized(layers.Layer):
    def call(self, x):
        self.add_loss(ops.sum(x))
        return x


def test_losses_of_the_last_call():
    layer = Penalized()
    layer(np.ones((2, 3)))
    layer(np.ones((2, 2)))
    assert [float(x) for x in layer.losses] == [4.0]


def test_losses_come_from_inside_and_from_weights():
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Penalized()
            self.dense = layers.Dense(2, kernel_regularizer=ckeras.regularizers.L2(0.5))

        def call(self, x):
            return self.dense(self.inner(x))

    layer = Outer()
    layer(np.ones((1, 3)))
    layer.dense.kernel.assign(np.full((3, 2), 2.0))
    assert [float(x) for x in layer.losses] == [3.0, 12.0]
    layer.trainable = False
    assert [float(x) for x in layer.losses] == [3.0]


def test_activity_regularizer_is_a_mean_over_the_batch():
    layer = layers.Identity(activity_regularizer=ckeras.regularizers.L1(0.1))
    layer(np.full((4, 3), 2.0))
    assert float(layer.losses[0]) == pytest.approx(0.1 * 2.0 * 3)


def test_shapes_only_add_nothing():
    layer = Penalized()
    layer(ckeras.Input((3,)))
    assert layer.losses == []


def test_only_tensors():
    with pytest.raises(ValueError, match="on a tensor input"):
        layers.Layer().add_loss(3.0)
