"""Gradients of gradients through layers, as gradient penalties need them: against
central differences of first ones, and compiled against at once."""

import zlib

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, layers, ops
from tests.gradients import check_gradients

ACTIVATIONS = [
    None, "elu", "exponential", "gelu", "linear", "log_softmax", "mish", "relu",
    "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh",
]  # fmt: skip


class Gated(layers.Layer):
    """An own layer out of ops."""

    def build(self, input_shape):
        self.w, self.v = (self.add_weight(shape=(input_shape[-1], 3)) for _ in "wv")

    def call(self, x):
        gate = ops.sigmoid(ops.matmul(x, self.v))
        x = ops.matmul(x, self.w) * gate
        return x / ops.sqrt(1.0 + ops.mean(ops.square(x), axis=-1, keepdims=True))


def conv(kind, *arguments, **options):
    return getattr(layers, kind)(
        *arguments, activation="tanh", dtype="float64", **options
    )


def dense(activation):
    return layers.Dense(3, activation=activation, dtype="float64")


CASES = {
    **{f"dense {a}": (dense(a), (4, 5)) for a in ACTIVATIONS},
    "own layer": (Gated(dtype="float64"), (4, 5)),
    "layer normalization": (layers.LayerNormalization(dtype="float64"), (3, 5)),
    "reshape": (
        ckeras.Sequential(
            [
                layers.Reshape((2, 3), dtype="float64"),
                layers.Permute((2, 1), dtype="float64"),
                dense("tanh"),
                layers.Flatten(dtype="float64"),
            ]
        ),
        (4, 6),
    ),
    "conv 1d": (conv("Conv1D", 2, 3, padding="causal", dilation_rate=2), (2, 6, 2)),
    "conv 2d": (conv("Conv2D", 3, 3, strides=2, padding="same"), (2, 5, 4, 2)),
    "conv 2d groups": (conv("Conv2D", 4, 2, groups=2), (1, 4, 3, 4)),
    "conv 3d": (conv("Conv3D", 2, 2), (1, 3, 3, 2, 2)),
    "conv transpose": (conv("Conv2DTranspose", 2, 3, strides=2), (1, 3, 2, 2)),
    "depthwise": (conv("DepthwiseConv2D", 2, depth_multiplier=2), (1, 4, 3, 2)),
    "separable": (conv("SeparableConv2D", 3, 2), (1, 4, 3, 2)),
    "conv lstm": (layers.ConvLSTM1D(2, 2, dtype="float64"), (1, 3, 3, 2)),
    "average pooling": (
        ckeras.Sequential(
            [conv("Conv2D", 2, 2), layers.AveragePooling2D(2, 1, dtype="float64")]
        ),
        (1, 4, 4, 2),
    ),
    "batch normalization": (
        ckeras.Sequential(
            [conv("Conv2D", 2, 2), layers.BatchNormalization(dtype="float64")]
        ),
        (2, 3, 4, 2),
    ),
    "lstm": (layers.LSTM(2, implementation=1, dtype="float64"), (2, 3, 4)),
}


def penalty_of(layer):
    """The size of the output's gradient with respect to the input, as a function of
    the input and the weights."""

    fixed = [v.value for v in layer.non_trainable_variables]

    def penalty(x, *weights):
        with GradientTape() as tape:
            tape.watch(x)
            y, _ = layer.stateless_call(weights, fixed, x)
            total = ops.sum(ops.square(y))
        return ops.sum(ops.square(tape.gradient(total, x)))

    return penalty


@pytest.mark.parametrize("name", CASES)
def test_gradient_of_a_penalty(name):
    layer, shape = CASES[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))  # whatever ran before
    x = rng.normal(size=shape)
    layer(x)
    weights = [rng.normal(scale=0.7, size=w.shape) for w in layer.trainable_variables]
    penalty = penalty_of(layer)
    check_gradients(penalty, x, *weights, rtol=2e-6, atol=2e-7)

    def gradients(*values):
        with GradientTape() as tape:
            tape.watch(values)
            result = penalty(*values)
        return tape.gradient(result, values)

    at_once = gradients(*map(ops.convert_to_tensor, (x, *weights)))
    compiled = ckeras.function(gradients)(x, *weights)
    for now, later in zip(at_once, compiled, strict=True):
        np.testing.assert_allclose(later, now, rtol=1e-10, atol=1e-12)


def test_what_has_none_says_what_to_do():
    layer = layers.LSTM(2, dtype="float64")
    x = ops.convert_to_tensor(np.linspace(-1, 1, 24).reshape(2, 3, 4))
    layer(x)
    weights = [w.value for w in layer.trainable_variables]
    with GradientTape() as tape:
        tape.watch(weights)
        penalty = penalty_of(layer)(x, *weights)
    with pytest.raises(NotImplementedError, match="RNN"):
        tape.gradient(penalty, weights)
