"""Models with channels first are turned at their borders only."""

import contextlib
import re

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, function, layers, ops
from ckeras.engine import passes


def values(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def network(layout):
    """A residual network with all that stands between convolutions."""
    axis = 1 if layout == "channels_first" else -1
    options = {"data_format": layout}
    shape = (3, 14, 10) if axis == 1 else (14, 10, 3)
    x = ckeras.Input(shape)
    y = layers.Conv2D(16, 3, activation="relu", padding="same", **options)(x)
    y = layers.MaxPooling2D(2, **options)(y)
    z = layers.ZeroPadding2D(1, **options)(y)
    z = layers.Conv2D(16, 3, use_bias=False, **options)(z)
    z = layers.BatchNormalization(axis=axis)(z)
    z = layers.Activation("swish")(z)
    z = layers.DepthwiseConv2D(3, padding="same", **options)(z)
    y = layers.Add()([y, z])
    y = layers.Conv2D(8, 1, strides=2, **options)(y)
    y = layers.Cropping2D(((1, 0), (0, 1)), **options)(y)
    y = layers.PReLU(shared_axes=[2, 3] if axis == 1 else [1, 2])(y)
    y = layers.GlobalAveragePooling2D(**options)(y)
    return ckeras.Model(x, layers.Dense(3, activation="softmax")(y))


def trained(layout, *off):
    """Predictions before training and losses, and the plans as text."""
    ckeras.utils.set_random_seed(3)
    model = network(layout)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = values(20, 14, 10, 3), np.arange(20) % 3
    x = np.moveaxis(x, -1, 1) if layout == "channels_first" else x
    with passes.switched_off(*off) if off else contextlib.nullcontext():
        before = model.predict(x, verbose=0)
        history = model.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0)
    plans = str(model.predict_plan), str(model.train_plan)
    return before, history.history["loss"], *plans


def moved_images(plan):
    """Steps that change the order of the axes of images."""
    found = re.findall(r"movement\.copy\(f4\[(.*?)\].* -> f4\[(.*?)\]", plan)
    pairs = [(a.split("x"), b.split("x")) for a, b in found]
    return len([a for a, b in pairs if len(a) == 4 and sorted(a) == sorted(b)])


def test_one_turning_at_each_border():
    before, losses, predict, train = trained("channels_first")
    for other in (trained("channels_last"), trained("channels_first", "layouts")):
        np.testing.assert_allclose(before, other[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(losses, other[1], rtol=1e-4)
    assert moved_images(predict) == 1 < moved_images(other[2])
    assert moved_images(train) < moved_images(other[3]) // 3


FIRST = (0, 3, 1, 2)


@pytest.mark.parametrize(
    "between",
    [
        lambda y: ops.relu(y) * 2.0,
        lambda y: y + ops.reshape(ops.arange(4, dtype="float32"), (4, 1, 1)),
        lambda y: y * ops.ones((1, 1, 4, 1)) + ops.ones((5,)),
        lambda y: y + ops.ones((3, 4, 4, 5)),
        lambda y: y + values(3, 1, 4, 5),
        lambda y: ops.pad(y, ((0, 0), (1, 0), (0, 2), (3, 1)))[:, 1:],
        lambda y: y - ops.mean(y, axis=(2, 3), keepdims=True),
        lambda y: y - ops.max(y, axis=1, keepdims=True),
        lambda y: y - ops.sum(y, axis=(1, 2), keepdims=True),
        lambda y: y * ops.sum(y, axis=(0, 2, 3), keepdims=True),
        lambda y: y / ops.sum(y, axis=3, keepdims=True),
        lambda y: y - ops.moments(y, axes=[1, 2], keepdims=True)[0],
        lambda y: ops.cast(ops.cast(y > 0, "int32"), "float32") + y,
        lambda y: ops.transpose(y, (0, 1, 3, 2)),
        lambda y: ops.softmax(y, axis=1),
        lambda y: ops.concatenate([y[:, :1], ops.relu(y), -y], axis=1)[:, 1:],
        lambda y: ops.concatenate([y, 2.0 * y], axis=3),
        lambda y: y + ops.expand_dims(y[:, 1], 1),
        lambda y: ops.concatenate([y, ops.ones((3, 1, 4, 5))], axis=1)[:, 1:],
    ],
)
def test_what_stands_between_two_convolutions(between):
    def f(x, w):
        with GradientTape() as tape:
            tape.watch([x, w])
            y = between(ops.transpose(ops.conv(x, w), FIRST))
            y = y[:, :4]
            z = ops.conv(y, w, data_format="channels_first", padding="same")
            loss = ops.sum(ops.square(z))
        return z, ops.sum(y, axis=(2, 3)), *tape.gradient(loss, [x, w])

    x, w = values(3, 6, 7, 4), values(3, 3, 4, 4, seed=1)
    found = function(lambda *a: f(*a))(x, w)
    with passes.switched_off("layouts"):
        wanted = function(lambda *a: f(*a))(x, w)
    for one, other in zip(found, wanted, strict=True):
        bound = 2e-5 + 2e-6 * np.abs(other.numpy()).max()  # sums in another order
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=bound)


@pytest.mark.parametrize("shape", [(1, 6, 7, 4), (3, 6, 7, 1), (3, 1, 7, 4)])
def test_normalization_along_axes_of_size_one(shape):
    def f(x, w):
        with GradientTape() as tape:
            tape.watch([x, w])
            y = ops.transpose(ops.conv(x, w, padding="same"), FIRST)
            mean, variance = ops.moments(y, [0, 2, 3])
            y = ops.batch_normalization(y, mean, variance, axis=1)
            z = ops.conv(y, w[..., :1, :], data_format="channels_first")
            loss = ops.sum(ops.square(z))
        return z, *tape.gradient(loss, [x, w])

    x, w = values(*shape), values(1, 1, shape[-1], 4, seed=1)
    found = function(lambda *a: f(*a))(x, w)
    with passes.switched_off("layouts"):
        wanted = function(lambda *a: f(*a))(x, w)
    for one, other in zip(found, wanted, strict=True):
        bound = 2e-5 + 2e-6 * np.abs(other.numpy()).max()
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=bound)


def test_results_in_both_orders():
    def f(x, w):
        y = ops.conv(x, w)
        first = ops.relu(ops.transpose(y, FIRST))
        return y, first, ops.transpose(first, (0, 2, 3, 1))

    x, w = values(2, 5, 5, 3), values(3, 3, 3, 4)
    y, first, last = function(f)(x, w)
    np.testing.assert_array_equal(np.maximum(y, 0), last)
    np.testing.assert_array_equal(np.transpose(last, FIRST), first)


def test_without_convolutions_nothing_changes():
    def f(x):
        return ops.transpose(ops.relu(ops.transpose(x, FIRST)), (0, 2, 3, 1))

    compiled = function(f)
    np.testing.assert_array_equal(compiled(values(2, 3, 4, 5)), f(values(2, 3, 4, 5)))
    assert str(compiled.plan).count("movement.copy") == 2
