"""Every layer's gradients, for every input and weight, against central differences."""

import zlib

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from tests.gradients import check_gradients
from tests.layers.convolution import gradient_cases as convolution
from tests.layers.normalization import gradient_cases as normalization
from tests.layers.rnn.gradient_cases import recurrent_cases

RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.normal(scale=0.8, size=shape)


def dense(**options):
    return (layers.Dense(3, dtype="float64", **options), [normal(4, 5)])


def conv(kind, shape, *arguments, **options):
    layer = getattr(layers, kind)(*arguments, dtype="float64", **options)
    return (layer, [normal(*shape)])


def merging(kind, *shapes, **options):
    return (kind(dtype="float64", **options), [[normal(*s) for s in shapes]])


def for_images():
    """The layers of sequences, images and volumes, on odd sizes."""
    arguments = {
        "MaxPooling": {"pool_size": 2, "strides": 1},
        "AveragePooling": {"pool_size": 2, "padding": "same"},
        "GlobalMaxPooling": {},
        "GlobalAveragePooling": {"keepdims": True},
        "AdaptiveMaxPooling": {"output_size": 2},
        "AdaptiveAveragePooling": {"output_size": 4},
        "ZeroPadding": {"padding": 2},
        "Cropping": {"cropping": 1},
        "UpSampling": {"size": 2},
    }
    for name, options in arguments.items():
        for n, shape in {1: (2, 5, 3), 2: (2, 3, 5, 2), 3: (1, 3, 3, 5, 2)}.items():
            layer = getattr(layers, f"{name}{n}D")(dtype="float64", **options)
            yield layer.name, (layer, [normal(*shape)])


MASK = np.array([[True, True, False, False], [True, True, True, False]])


# name: (layer, inputs) or (layer, inputs, options of the call)
def attention_cases():
    query, value = normal(2, 4, 6), normal(2, 5, 6)
    heads = {"dtype": "float64", "use_bias": True}
    return {
        "heads": (
            layers.MultiHeadAttention(2, 3, value_dim=5, **heads),
            [query, value],
        ),
        "heads, causal": (
            layers.MultiHeadAttention(3, 2, **heads),
            [query, query],
            {"use_causal_mask": True},
        ),
        "groups of heads": (
            layers.GroupQueryAttention(3, 4, 2, **heads),
            [query, value],
            {"attention_mask": normal(2, 4, 5) > -1},
        ),
        "attention, scaled": (
            layers.Attention(use_scale=True, dtype="float64"),
            [[query, value]],
        ),
        "attention, additive": (
            layers.AdditiveAttention(dtype="float64"),
            [[query, value]],
        ),
    }


CASES = {
    "dense": dense(),
    "dense tanh": dense(activation="tanh", use_bias=False),
    "dense softmax": dense(activation="softmax"),
    "dense gelu": dense(activation="gelu"),
    "dense penalized": dense(
        kernel_regularizer=ckeras.regularizers.L1L2(0.1, 0.2),
        bias_regularizer="l2",
        activity_regularizer="l2",
    ),
    "dense of 3 axes": (layers.Dense(2, dtype="float64"), [normal(2, 3, 4)]),
    "conv 1d": conv("Conv1D", (2, 7, 3), 4, 3, strides=2, padding="same"),
    "conv 1d causal": conv(
        "Conv1D", (2, 6, 2), 3, 2, padding="causal", dilation_rate=2, activation="tanh"
    ),
    "conv 2d": conv("Conv2D", (2, 6, 5, 3), 4, (3, 2), strides=(2, 1)),
    "conv 2d same": conv("Conv2D", (2, 5, 6, 2), 3, 3, padding="same", strides=3),
    "conv 2d groups": conv("Conv2D", (2, 4, 5, 4), 6, 2, groups=2, dilation_rate=2),
    "conv 2d first": conv(
        "Conv2D",
        (2, 3, 4, 5),
        2,
        2,
        data_format="channels_first",
        kernel_regularizer="l2",
        bias_regularizer="l1",
        activation="sigmoid",
    ),
    "conv 1d groups": conv("Conv1D", (2, 6, 4), 6, 3, groups=2, padding="same"),
    "conv 1d causal, first": conv(
        "Conv1D", (2, 3, 6), 2, 3, padding="causal", data_format="channels_first"
    ),
    "conv 2d pixels apart": conv("Conv2D", (2, 5, 4, 3), 2, 1, strides=2),
    "conv 2d dilated same": conv(
        "Conv2D", (1, 5, 6, 2), 3, 3, dilation_rate=(1, 2), padding="same"
    ),
    "conv 2d of many": conv("Conv2D", (1, 2, 3, 5), 17, 3, padding="same"),
    "conv 3d groups": conv(
        "Conv3D", (1, 3, 4, 3, 2), 4, 2, strides=(1, 2, 1), groups=2
    ),
    "conv 2d of pixels": conv("Conv2D", (2, 3, 4, 5), 3, 1, activation="softplus"),
    "conv 3d": conv("Conv3D", (1, 4, 3, 5, 2), 3, (2, 1, 3), padding="same"),
    "conv transpose 1d": conv("Conv1DTranspose", (2, 4, 3), 2, 3, strides=2),
    "conv transpose 2d": conv(
        "Conv2DTranspose", (2, 3, 4, 2), 3, (2, 3), strides=2, padding="same"
    ),
    "conv transpose 2d more": conv(
        "Conv2DTranspose",
        (2, 3, 2, 2),
        3,
        3,
        strides=(3, 2),
        padding="same",
        output_padding=(2, 1),
    ),
    "conv transpose 3d": conv(
        "Conv3DTranspose", (1, 2, 3, 2, 2), 2, 2, dilation_rate=2, use_bias=False
    ),
    "conv transpose 2d first": conv(
        "Conv2DTranspose", (2, 2, 3, 4), 2, 3, 2, data_format="channels_first"
    ),
    "conv transpose 2d dilated": conv(
        "Conv2DTranspose", (1, 3, 4, 2), 2, 2, dilation_rate=2, padding="same"
    ),
    "conv transpose 2d far": conv("Conv2DTranspose", (1, 3, 2, 2), 2, 2, strides=3),
    "depthwise 2d both": conv(
        "DepthwiseConv2D", (2, 7, 6, 2), 3, strides=2, dilation_rate=2, padding="same"
    ),
    "depthwise 2d first": conv(
        "DepthwiseConv2D", (2, 3, 4, 5), 2, strides=2, data_format="channels_first"
    ),
    "separable 2d strides": conv(
        "SeparableConv2D", (2, 6, 5, 2), 3, 3, strides=2, activation="tanh"
    ),
    "depthwise 1d": conv("DepthwiseConv1D", (2, 7, 3), 3, strides=2, padding="same"),
    "depthwise 2d": conv(
        "DepthwiseConv2D", (2, 5, 4, 3), (3, 2), depth_multiplier=2, dilation_rate=2
    ),
    "separable 1d": conv("SeparableConv1D", (2, 6, 3), 4, 3, depth_multiplier=2),
    "separable 2d": conv("SeparableConv2D", (2, 5, 4, 3), 2, 2, padding="same"),
    "embedding": (
        layers.Embedding(6, 3, dtype="float64", embeddings_regularizer="l2"),
        [np.array([[0, 2, 2], [5, 1, 0]])],
    ),
    "layer normalization": (
        layers.LayerNormalization(dtype="float64", beta_regularizer="l2"),
        [normal(3, 4)],
    ),
    "layer normalization, inner axes": (
        layers.LayerNormalization([1, 2], 0.1, dtype="float64"),
        [normal(3, 2, 4)],
    ),
    "activation": (layers.Activation("sigmoid", dtype="float64"), [normal(3, 4)]),
    "activity": (
        layers.ActivityRegularization(0.3, 0.2, dtype="float64"),
        [normal(3, 4)],
    ),
    "identity": (layers.Identity(dtype="float64"), [normal(3, 4)]),
    "lambda": (
        layers.Lambda(lambda x: ops.sin(x) * x, dtype="float64"),
        [normal(3, 4)],
    ),
    "masking": (layers.Masking(dtype="float64"), [normal(2, 3, 4)]),
    "column": (
        layers.Column(
            [
                layers.Dense(3, activation="tanh", dtype="float64"),
                layers.Dense(2, dtype="float64"),
            ],
            dtype="float64",
        ),
        [normal(3, 4)],
    ),
    "flatten": (layers.Flatten(dtype="float64"), [normal(2, 3, 4)]),
    "flatten first": (
        layers.Flatten("channels_first", dtype="float64"),
        [normal(2, 3, 4, 2)],
    ),
    "reshape": (layers.Reshape((-1, 2), dtype="float64"), [normal(2, 3, 4)]),
    "permute": (layers.Permute((3, 1, 2), dtype="float64"), [normal(2, 3, 4, 2)]),
    "repeat": (layers.RepeatVector(3, dtype="float64"), [normal(2, 4)]),
    "add": merging(layers.Add, (3, 4), (3, 4), (3, 4)),
    "add, broadcast": merging(layers.Add, (3, 2, 4), (3, 4)),
    "subtract": merging(layers.Subtract, (3, 4), (3, 4)),
    "multiply": merging(layers.Multiply, (3, 4), (3, 4), (3, 1)),
    "average": merging(layers.Average, (3, 4), (3, 4), (3, 4)),
    "maximum": merging(layers.Maximum, (3, 4), (3, 4)),
    "minimum": merging(layers.Minimum, (3, 4), (3, 4)),
    "concatenate": merging(layers.Concatenate, (3, 2, 4), (3, 5, 4), axis=1),
    "dot": merging(layers.Dot, (3, 2, 4), (3, 5, 4), axes=2),
    "softmax": (layers.Softmax(dtype="float64"), [normal(3, 4)]),
    "softmax of two axes, masked": (
        layers.Softmax(axis=[1, 2], dtype="float64"),
        [normal(2, 3, 4)],
        {"mask": np.arange(12).reshape(1, 3, 4) % 3 > 0},
    ),
    "einsum dense": (
        layers.EinsumDense(
            "abc,cd->abd", (None, 5), "tanh", bias_axes="d", dtype="float64"
        ),
        [normal(3, 2, 4)],
    ),
    "reversible embedding": (
        layers.ReversibleEmbedding(6, 4, dtype="float64"),
        [normal(3, 4)],
        {"reverse": True},
    ),
    "dot, normalized": merging(layers.Dot, (3, 4), (3, 4), axes=1, normalize=True),
    "dropout": (
        layers.Dropout(0.4, seed=1, dtype="float64"),
        [normal(4, 5)],
        {"training": True},
    ),
    "dropout, noise shape": (
        layers.Dropout(0.4, noise_shape=(4, 1), seed=1, dtype="float64"),
        [normal(4, 5)],
        {"training": True},
    ),
    "spatial dropout": (
        layers.SpatialDropout1D(0.4, seed=1, dtype="float64"),
        [normal(2, 3, 5)],
        {"training": True},
    ),
    "gaussian dropout": (
        layers.GaussianDropout(0.4, seed=1, dtype="float64"),
        [normal(4, 5)],
        {"training": True},
    ),
    "gaussian noise": (
        layers.GaussianNoise(0.4, seed=1, dtype="float64"),
        [normal(4, 5)],
        {"training": True},
    ),
    **recurrent_cases(),
    **attention_cases(),
    **dict(for_images()),
    "average of steps, masked": (
        layers.GlobalAveragePooling1D(dtype="float64"),
        [normal(2, 4, 3)],
        {"mask": MASK},
    ),
    "upsampling, interpolated": (
        layers.UpSampling2D(2, interpolation="bicubic", dtype="float64"),
        [normal(1, 3, 4, 2)],
    ),
}
CASES.update(normalization.CASES)
CASES.update(convolution.CASES)
# Bases and markers without a computation of their own.
OTHERS = {"InputLayer", "Layer", "Wrapper"}


def test_every_layer_is_here():
    public = [getattr(layers, n) for n in layers.__all__]
    known = {
        c.__name__
        for c in public
        if isinstance(c, type) and issubclass(c, layers.Layer)
    }
    tested = {type(case[0]).__name__ for case in CASES.values()}
    assert known - OTHERS == tested


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    layer, inputs, options = (*CASES[name], {})[:3]
    tensors = ckeras.tree.map_structure(ops.convert_to_tensor, inputs)
    layer(*tensors, **options)
    # The penalties of the first call hold its values; from here on each has its own.
    fixed = [v.numpy() for v in layer.non_trainable_variables]
    rng = np.random.default_rng(zlib.crc32(name.encode()))  # whatever ran before
    weights = [rng.normal(scale=0.6, size=v.shape) for v in layer.trainable_variables]
    arrays = ckeras.tree.flatten(inputs)

    def call(*values):
        given = ckeras.tree.pack_sequence_as(inputs, values[: len(arrays)])
        outputs, _, losses = layer.stateless_call(
            values[len(arrays) :], fixed, *given, return_losses=True, **options
        )
        return ckeras.tree.flatten(outputs) + list(losses)

    found = check_gradients(call, *arrays, *weights)
    assert len(found) == len(arrays) + len(layer.trainable_variables)
    assert any(np.any(g) for g in found if g is not None)
