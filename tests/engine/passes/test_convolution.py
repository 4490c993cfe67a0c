"""Scale, bias, residual and activation join the convolution before them."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, config, function, layers, ops
from ckeras.engine import passes

BOTH = "convolutions", "dense"


def values(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def with_and_without(f, *arrays):
    """Results with the passes and without, and both plans."""
    with_them = function(lambda *a: f(*a))
    found = with_them(*arrays)
    without = function(lambda *a: f(*a))
    with passes.switched_off(*BOTH):
        wanted = without(*arrays)
    return found, wanted, with_them.plan, without.plan


def assert_same(found, wanted):
    pairs = zip(ckeras.tree.flatten(found), ckeras.tree.flatten(wanted), strict=True)
    for one, two in pairs:
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)


def kernels(plan):
    """The kernels that a plan runs, but for those that work on vectors only."""
    return [
        step.kernel
        for node, step, *_ in plan.steps
        if any(len(v.shape) > 1 for v in node.outputs)
    ]


def finished(plan):
    return [k for k in kernels(plan) if k.endswith("forward_finished")]


SHAPES = {
    "direct": ((2, 9, 8, 3), (5, 5, 3, 7)),
    "winograd": ((3, 13, 12, 18), (3, 3, 18, 33)),
    "groups": ((2, 9, 8, 6), (3, 3, 2, 6)),
    "a row": ((4, 21, 5), (3, 5, 17)),
    "volumes": ((1, 5, 6, 4, 3), (2, 3, 2, 3, 5)),
}


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", [None, "relu", "tanh", "sigmoid"])
def test_everything_that_may_follow(shapes, scale, bias, residual, activation):
    x, w = values(*shapes[0]), values(*shapes[1])
    filters, spatial = w.shape[-1], x.ndim - 2
    more = values(*ops.conv(x, w, padding="same").shape, seed=1)

    def f(x, w, a, b, r):
        y = ops.conv(x, w, padding="same")
        y = y * ops.reshape(a, (*(1,) * spatial, -1)) if scale else y
        y = b + y if bias else y
        y = y + r if residual else y
        return y if activation is None else getattr(ops, activation)(y)

    arrays = x, w, values(filters), values(filters, seed=2), more
    found, wanted, plan, other = with_and_without(f, *arrays)
    assert_same(found, wanted)
    some = scale or bias or residual or activation
    assert len(kernels(plan)) == 1
    assert len(kernels(other)) == 1 + bool(some)
    assert bool(finished(plan)) == (scale or residual)


def test_values_that_are_needed_stay():
    def f(x, w, a):
        y = ops.conv(x, w)
        z = y * a
        return z, ops.relu(z + y), y * y, ops.conv(x, w[:2]) * 2.0

    arrays = values(2, 6, 5, 3), values(3, 3, 3, 4), values(4)
    found, wanted, plan, _ = with_and_without(f, *arrays)
    assert_same(found, wanted)
    assert finished(plan) == []


def test_constants_and_several_of_each():
    a, b = values(4), values(1, 1, 1, 4, seed=3)

    def f(x, w):
        y = (ops.conv(x, w) + a) * b * a + b
        return ops.tanh(y + a)

    found, wanted, plan, _ = with_and_without(f, values(2, 5, 6, 3), values(2, 2, 3, 4))
    assert_same(found, wanted)
    assert len(kernels(plan)) == 1


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (2, 1, 1, 1), (0, 4, 4, 3)])
def test_axes_of_size_one_and_none(shape):
    def f(x, w, a, r):
        return ops.relu(ops.conv(x, w, padding="same") * a + r)

    more = values(*shape[:-1], 1, seed=4)
    arrays = values(*shape), values(3, 3, shape[-1], 1), values(1), more
    found, wanted, plan, _ = with_and_without(f, *arrays)
    assert_same(found, wanted)
    assert len(kernels(plan)) == 1


def test_a_sum_is_joined_to_one_of_its_convolutions():
    def f(x, w, v, b):
        return ops.relu(ops.conv(x, w) + b + (ops.conv(x, v) + b))

    arrays = values(2, 6, 5, 3), values(3, 3, 3, 4), values(3, 3, 3, 4, seed=3)
    found, wanted, plan, _ = with_and_without(f, *arrays, values(4))
    assert_same(found, wanted)
    assert len(finished(plan)) == 1 and len(kernels(plan)) == 2


def test_a_residual_that_is_the_input():
    """Twice, so that the second takes over the first one's memory or not."""

    def f(x, w):
        y = ops.relu(ops.conv(x, w, padding="same") + x)
        return ops.relu(ops.conv(y, w, padding="same") + y)

    found, wanted, _, _ = with_and_without(f, values(2, 7, 6, 4), values(3, 3, 4, 4))
    assert_same(found, wanted)


@pytest.mark.parametrize("rows", [2, 9])
def test_scaled_weights_of_a_matrix_product(rows):
    """Where a product has more rows than the weights, these are scaled."""

    def f(x, w, a, b):
        return ops.relu(ops.conv(x, w) * a + b)

    arrays = values(1, rows, 2, 6), values(1, 1, 6, 5), values(5), values(5, seed=1)
    found, wanted, plan, _ = with_and_without(f, *arrays)
    assert_same(found, wanted)
    assert ("gemm.dense" in kernels(plan)) == (rows == 9)


def block(layout, kernel):
    """A residual block with batch normalization and the pooling of another one."""
    axis = 1 if layout == "channels_first" else -1
    shape = (16, 10, 12) if axis == 1 else (10, 12, 16)
    options = {"padding": "same", "data_format": layout}
    x = ckeras.Input(shape)
    y = layers.Conv2D(16, kernel, use_bias=False, **options)(x)
    y = layers.ReLU()(layers.BatchNormalization(axis=axis)(y))
    y = layers.Conv2D(16, kernel, **options)(y)
    y = layers.BatchNormalization(axis=axis)(y)
    y = layers.Activation("relu")(layers.Add()([y, x]))
    y = layers.BatchNormalization(axis=axis)(layers.Conv2D(8, 3, **options)(y))
    y = layers.MaxPooling2D(data_format=layout)(layers.Activation("relu")(y))
    return ckeras.Model(x, y)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("kernel", [3, 5])
def test_normalization_of_inference(layout, kernel):
    model = block(layout, kernel)
    for i, w in enumerate(model.weights):
        w.assign(np.abs(values(*w.shape, seed=i)) * 0.3 + 0.1)
    x = values(3, *model.input_shape[1:], seed=5).astype("float32")
    found = model.predict(x, verbose=0)
    borders = 2 if layout == "channels_first" else 0
    assert len(finished(model.predict_plan)) == 3
    assert len(kernels(model.predict_plan)) == 3 + borders
    np.testing.assert_allclose(found, model(x), rtol=2e-5, atol=2e-5)


def test_frozen_normalization_in_training():
    def trained(*off):
        ckeras.utils.set_random_seed(2)
        model = block("channels_last", 3)
        for layer in model.layers:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)
        model.compile("sgd", "mse")
        x = values(8, 10, 12, 16).astype("float32")
        y = values(8, 5, 6, 8).astype("float32")
        with passes.switched_off(*off or ["crossentropy"]):
            losses = model.fit(x, y, epochs=3, verbose=0, shuffle=False).history
        return losses["loss"], model.get_weights(), model.train_plan

    losses, weights, plan = trained()
    wanted, others, _ = trained(*BOTH)
    np.testing.assert_allclose(losses, wanted, rtol=1e-5)
    for one, two in zip(weights, others, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert len(finished(plan)) == 3


def test_gradients_of_what_is_joined():
    def f(x, w, a, b, r):
        with GradientTape() as tape:
            tape.watch([x, w, b, r])
            y = ops.relu(ops.conv(x, w, padding="same") * a + b + r)
            loss = ops.sum(ops.square(y))
        return tape.gradient(loss, [x, w, b, r])

    arrays = values(2, 6, 7, 3), values(3, 3, 3, 4), values(4), values(4, seed=1)
    found, wanted, plan, _ = with_and_without(f, *arrays, values(2, 6, 7, 4))
    assert_same(found, wanted)
    assert len(finished(plan)) == 1


def test_same_bits_on_any_number_of_threads():
    before, results = config.get_num_threads(), []
    x, w, r = values(5, 19, 17, 20), values(3, 3, 20, 20), values(5, 19, 17, 20, seed=1)
    for threads in (1, 2, 5):
        config.set_num_threads(threads)
        f = function(lambda x, w, r: ops.relu(ops.conv(x, w, padding="same") + r))
        results.append(f(x, w, r))
    config.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
