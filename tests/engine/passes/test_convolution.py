"""Scale, bias, residual and activation join the convolution or product before them."""

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
        s.step.kernel
        for s in plan.steps
        if any(len(v.shape) > 1 for v in s.node.outputs)
    ]


def finished(plan):
    names = "forward_finished", "dense"
    return [k for k in kernels(plan) if k.endswith(names)]


def convolved(x, w, **options):
    """With a kernel (*kernel, channels, 1), every channel on its own."""
    own = w.shape[-1] == 1 < w.shape[-2] == x.shape[-1]
    return (ops.depthwise_conv if own else ops.conv)(x, w, **options)


SHAPES = {
    "direct": ((2, 9, 8, 3), (5, 5, 3, 7)),
    "winograd": ((3, 13, 12, 18), (3, 3, 18, 33)),
    "groups": ((2, 9, 8, 6), (3, 3, 2, 6)),
    "a row": ((4, 21, 5), (3, 5, 17)),
    "volumes": ((1, 5, 6, 4, 3), (2, 3, 2, 3, 5)),
    "depthwise": ((2, 9, 8, 19), (3, 3, 19, 1)),
    "depthwise, a row": ((4, 21, 5), (3, 5, 1)),
    "a product": ((2, 9, 8, 19), (1, 1, 19, 33)),
    "a deep product": ((2, 9, 8, 530), (1, 1, 530, 17)),
}


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", [None, "relu", "relu6", "tanh", "sigmoid"])
def test_everything_that_may_follow(shapes, scale, bias, residual, activation):
    x, w = values(*shapes[0]), values(*shapes[1])
    more = values(*convolved(x, w, padding="same").shape, seed=1)
    filters, spatial = more.shape[-1], x.ndim - 2

    def f(x, w, a, b, r):
        y = convolved(x, w, padding="same")
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
    assert bool(finished(plan)) == bool(some)


KERNELS = {"conv": (3, 3, 4, 5), "depthwise": (3, 3, 4, 1), "product": (1, 1, 4, 4)}


@pytest.mark.parametrize("shape", KERNELS.values(), ids=KERNELS)
def test_values_that_are_needed_stay(shape):
    def f(x, w, a):
        y = convolved(x, w)
        z = y * a
        return z, ops.relu(z + y), y * y, convolved(x, w[:1]) * 2.0

    filters = max(shape[-2:]) if shape[-1] == 1 else shape[-1]
    arrays = values(2, 6, 5, 4), values(*shape), values(filters)
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
    assert len(finished(plan)) == 2 and len(kernels(plan)) == 2


@pytest.mark.parametrize("shape", [(3, 3, 4, 4), (3, 3, 4, 1), (1, 1, 96, 96)])
def test_a_residual_that_is_the_input(shape):
    """Twice, so that the second takes over the first one's memory or not."""

    def f(x, w):
        y = ops.relu(convolved(x, w, padding="same") + x)
        return ops.relu(convolved(y, w, padding="same") + y)

    x, w = values(2, 17, 26, shape[-2]), values(*shape) / 10
    found, wanted, plan, _ = with_and_without(f, x, w)
    assert_same(found, wanted)
    assert len(kernels(plan)) == 2


def test_a_residual_of_one_row():
    """Which is a bias as well."""
    f = function(lambda x, w, r: ops.relu(ops.matmul(x, w) + r))
    x, w, r = values(1, 7), values(7, 5), values(1, 5)
    np.testing.assert_allclose(f(x, w, r), np.maximum(x @ w + r, 0), atol=1e-12)
    assert kernels(f.plan) == ["gemm.dense"]


@pytest.mark.parametrize("depth", [512, 513])
def test_a_product_added_to_its_residual_in_place(depth):
    """The sum takes over the residual's memory, but not where partial sums would."""

    def f(x, w, r):
        return ops.exp(ops.matmul(x, w) + ops.exp(r))

    arrays = values(90, depth), values(depth, 70), values(90, 70)
    found, wanted, plan, _ = with_and_without(f, *arrays)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    assert kernels(plan).count("gemm.dense") == 1
    (step,) = [s for s in plan.steps if s.step and s.step.kernel == "gemm.dense"]
    assert bool(step.step.in_place) == (depth == 512)


def test_bounds_of_relu6_alone():
    """Other bounds are a step of their own."""

    def f(x, w):
        y = ops.hard_tanh(ops.matmul(x, w))
        return ops.relu6(ops.matmul(y, w)), ops.clip(ops.matmul(x, w), 0, 5)

    found, wanted, plan, _ = with_and_without(f, values(5, 4), values(4, 4) * 4)
    assert_same(found, wanted)
    assert finished(plan) == ["gemm.dense"]


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


def mobile(layout):
    """Blocks of a MobileNet: with an expansion and a residual, and separable."""
    axis = 1 if layout == "channels_first" else -1
    shape = (8, 10, 12) if axis == 1 else (10, 12, 8)
    options = {"data_format": layout, "use_bias": False, "padding": "same"}
    x = ckeras.Input(shape)
    y = layers.Conv2D(20, 1, **options)(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization(axis=axis)(y))
    y = layers.DepthwiseConv2D(3, **options)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization(axis=axis)(y))
    y = layers.BatchNormalization(axis=axis)(layers.Conv2D(8, 1, **options)(y))
    y = layers.Add()([x, y])
    y = layers.SeparableConv2D(24, 3, strides=2, **options)(y)
    y = layers.Activation("relu")(layers.BatchNormalization(axis=axis)(y))
    options["use_bias"] = True
    y = layers.DepthwiseConv2D(5, activation="relu", **options)(y)
    return ckeras.Model(x, y)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_mobile_networks(layout):
    model = mobile(layout)
    for i, w in enumerate(model.weights):
        w.assign(np.abs(values(*w.shape, seed=i)) * 0.3 + 0.1)
    x = values(3, *model.input_shape[1:], seed=5).astype("float32")
    found = model.predict(x, verbose=0)
    product, own = "gemm.dense", "depthwise.forward_finished"
    steps = [k for k in kernels(model.predict_plan) if k.startswith(("gemm", "depth"))]
    assert steps == [product, own, product, "depthwise.forward", product, own]
    borders = 2 if layout == "channels_first" else 0
    assert len(kernels(model.predict_plan)) == 6 + borders
    np.testing.assert_allclose(found, model(x), rtol=2e-5, atol=2e-5)
    with passes.switched_off():
        np.testing.assert_allclose(found, mobile_again(model, x), rtol=2e-5, atol=2e-5)


def mobile_again(model, x):
    return function(lambda x: model(x, training=False))(x)


@pytest.mark.parametrize("kind", ["DepthwiseConv2D", "Conv2D"])
@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_bias_and_activation_in_training(kind, activation):
    """Gradients of these need the results alone."""

    def trained():
        ckeras.utils.set_random_seed(2)
        layer = {
            "DepthwiseConv2D": lambda **o: layers.DepthwiseConv2D(3, **o),
            "Conv2D": lambda **o: layers.Conv2D(4, 1, **o),
        }[kind](activation=activation, bias_initializer="ones")
        model = ckeras.Sequential([layer, layers.Flatten(), layers.Dense(2)])
        model.compile("sgd", "mse")
        x, y = values(8, 6, 5, 4).astype("float32") * 4, values(8, 2).astype("float32")
        model.fit(x, y, epochs=3, verbose=0, shuffle=False)
        return model.get_weights(), model.train_plan

    weights, plan = trained()
    with passes.switched_off(*BOTH):
        wanted, _ = trained()
    for one, two in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-5, atol=1e-6)
    assert len(finished(plan)) == 2


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
    others = values(3, 3, 20, 1), values(1, 1, 20, 20)
    a = values(20)
    for threads in (1, 2, 5):
        config.set_num_threads(threads)
        f = function(
            lambda x, w, r: ops.relu6(convolved(x, w, padding="same") * a + a + r)
        )
        results.append([f(x, v, r).numpy() for v in (w, *others)])
    config.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
