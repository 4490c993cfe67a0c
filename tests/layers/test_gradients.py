"""Every layer's gradients, for every input and weight, against central differences."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from tests.gradients import check_gradients

RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.normal(scale=0.8, size=shape)


def lstm(units=3, **options):
    return (layers.LSTM(units, dtype="float64", **options), [normal(2, 4, 5)])


def cells(*units, **options):
    made = [layers.LSTMCell(u, dtype="float64") for u in units]
    cell = made[0] if len(made) == 1 else layers.StackedRNNCells(made, dtype="float64")
    return (layers.RNN(cell, dtype="float64", **options), [normal(2, 3, 4)])


def dense(**options):
    return (layers.Dense(3, dtype="float64", **options), [normal(4, 5)])


def merging(kind, *shapes, **options):
    return (kind(dtype="float64", **options), [[normal(*s) for s in shapes]])


MASK = np.array([[True, True, False, False], [True, True, True, False]])

# name: (layer, inputs) or (layer, inputs, options of the call)
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
    "embedding": (
        layers.Embedding(6, 3, dtype="float64", embeddings_regularizer="l2"),
        [np.array([[0, 2, 2], [5, 1, 0]])],
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
    "lstm": lstm(),
    "lstm sequences": lstm(return_sequences=True, go_backwards=True),
    "lstm states": lstm(return_state=True, use_bias=False),
    "lstm masked": (*lstm(return_sequences=True), {"mask": MASK}),
    "lstm unrolled": lstm(unroll=True),
    "lstm, other activations": lstm(activation="relu", recurrent_activation="softplus"),
    "lstm dropout": (*lstm(dropout=0.4, seed=1), {"training": True}),
    "lstm recurrent dropout": (
        *lstm(recurrent_dropout=0.4, seed=1),
        {"training": True},
    ),
    "lstm stateful": lstm(stateful=True),
    "lstm penalized": lstm(
        kernel_regularizer="l2", recurrent_regularizer="l2", activity_regularizer="l2"
    ),
    "lstm cell": (
        layers.LSTMCell(3, dtype="float64"),
        [normal(2, 4), [normal(2, 3), normal(2, 3)]],
    ),
    "rnn": cells(3),
    "rnn of stacked cells": cells(3, 2, return_sequences=True),
    "stacked cells": (
        layers.StackedRNNCells(
            [layers.LSTMCell(u, dtype="float64") for u in (3, 2)], dtype="float64"
        ),
        [normal(2, 4), [[normal(2, u), normal(2, u)] for u in (3, 2)]],
    ),
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
}
# Bases and markers without a computation of their own.
OTHERS = {"InputLayer", "Layer", "Wrapper"}


def test_every_layer_is_here():
    public = {n: getattr(layers, n) for n in layers.__all__}
    known = {
        n
        for n, c in public.items()
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
    weights = [RNG.normal(scale=0.6, size=v.shape) for v in layer.trainable_variables]
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
