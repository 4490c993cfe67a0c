"""Softmax and cross-entropies as primitives: gradients, and both ways to the same."""

import numpy as np
import pytest

from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.ops.primitives import elementwise, losses
from tests.gradients import check_gradients

EPS = 1e-7
RNG = np.random.default_rng(3)
LOGITS = RNG.normal(0, 1.5, (4, 5))
PROBS = RNG.random((4, 5)) + 0.1
TARGET = RNG.random((4, 5)) + 0.05
LABELS = np.array([0, 4, 2, 2], "int32")
CHANCES = RNG.random((3, 4)) * 0.9 + 0.05

CASES = {
    "softmax": (losses.softmax, LOGITS),
    "log_softmax": (losses.log_softmax, LOGITS),
    "categorical": (
        lambda t, x: losses.categorical_crossentropy(t, x, from_logits=False),
        TARGET,
        PROBS,
    ),
    "categorical_logits": (
        lambda t, x: losses.categorical_crossentropy(t, x, from_logits=True),
        TARGET,
        LOGITS,
    ),
    "categorical_softmax": (
        lambda t, x: losses.softmax_categorical_crossentropy(t, x, epsilon=EPS),
        TARGET,
        LOGITS,
    ),
    "sparse": (
        lambda t, x: losses.sparse_categorical_crossentropy(t, x, from_logits=False),
        LABELS,
        PROBS,
    ),
    "sparse_logits": (
        lambda t, x: losses.sparse_categorical_crossentropy(t, x, from_logits=True),
        LABELS,
        LOGITS,
    ),
    "sparse_softmax": (
        lambda t, x: losses.softmax_sparse_categorical_crossentropy(t, x),
        LABELS,
        LOGITS,
    ),
    "binary": (
        lambda t, x: losses.binary_crossentropy(t, x, from_logits=False),
        RNG.random((3, 4)),
        CHANCES,
    ),
    "binary_logits": (
        lambda t, x: losses.binary_crossentropy(t, x, from_logits=True),
        RNG.random((3, 4)),
        LOGITS[:3, :4],
    ),
    "binary_sigmoid": (
        lambda t, x: losses.sigmoid_binary_crossentropy(t, x),
        RNG.random((3, 4)),
        LOGITS[:3, :4],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    function, *arrays = CASES[name]
    check_gradients(function, *arrays)


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives(name):
    function, *arrays = CASES[name]

    def gradients(*tensors):
        sources = [x for x in tensors if x.dtype == "float64"]
        with GradientTape() as tape:
            tape.watch(sources)
            outputs = function(*tensors)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            squares = [elementwise.square(y) for y in outputs]
        return tape.gradient(squares, sources)

    check_gradients(gradients, *arrays, rtol=1e-4, atol=1e-6)


def value_and_gradient(function, target, x):
    target, x = convert_to_tensor(target), convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        loss = function(target, x)
    return loss.numpy(), tape.gradient(loss, x).numpy()


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("kind", ["categorical", "sparse", "binary"])
def test_one_kernel_or_two_give_the_same(kind, scale):
    logits = (RNG.normal(0, 1, (50, 7)) * scale).astype("float32")
    two, one = {
        "categorical": (
            lambda t, x: losses.categorical_crossentropy(
                t, losses.softmax(x), from_logits=False
            ),
            lambda t, x: losses.softmax_categorical_crossentropy(t, x)[0],
        ),
        "sparse": (
            lambda t, x: losses.sparse_categorical_crossentropy(
                t, losses.softmax(x), from_logits=False
            ),
            lambda t, x: losses.softmax_sparse_categorical_crossentropy(t, x)[0],
        ),
        "binary": (
            lambda t, x: losses.binary_crossentropy(
                t, elementwise.sigmoid(x), from_logits=False
            ),
            lambda t, x: losses.sigmoid_binary_crossentropy(t, x)[0],
        ),
    }[kind]
    labels = RNG.integers(0, 7, 50).astype("int32")
    target = labels if kind == "sparse" else np.eye(7, dtype="float32")[labels]
    loss, gradient = value_and_gradient(one, target, logits)
    other, other_gradient = value_and_gradient(two, target, logits)
    np.testing.assert_allclose(loss, other, rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(gradient, other_gradient, atol=2e-6)


def test_labels_out_of_range_are_named():
    x = convert_to_tensor(PROBS.astype("float32"))
    bad = convert_to_tensor(np.array([0, 1, 7, 2], "int32"))
    with pytest.raises(ValueError, match=r"labels from 0 to 4.*labels from 0 to 7"):
        losses.sparse_categorical_crossentropy(bad, x, from_logits=False)
    found = losses.sparse_categorical_crossentropy(
        bad, x, from_logits=False, strict=False
    )
    assert found.numpy()[2] == 0


@pytest.mark.parametrize("sparse", [False, True])
def test_leading_axes_and_no_elements(sparse):
    for shape in [(2, 3, 4), (0, 4), (4,)]:
        x = convert_to_tensor(np.full(shape, 0.25, "float32"))
        if sparse:
            target = convert_to_tensor(np.zeros(shape[:-1], "int32"))
            function = losses.sparse_categorical_crossentropy
        else:
            target, function = x, losses.categorical_crossentropy
        loss = function(target, x, from_logits=False)
        assert loss.shape == shape[:-1]
        np.testing.assert_allclose(loss.numpy(), np.log(4), rtol=1e-6)


def test_shapes_that_do_not_fit():
    x = convert_to_tensor(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="target of shape"):
        losses.categorical_crossentropy(
            convert_to_tensor(np.ones((3, 2), "float32")), x, from_logits=True
        )
    with pytest.raises(ValueError, match="int32"):
        losses.sparse_categorical_crossentropy(
            convert_to_tensor(np.ones(2, "float32")), x, from_logits=True
        )
