import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, layers, ops

X = np.random.default_rng(0).normal(3, 2, (64, 5)).astype("float32")


def test_training_normalizes_and_moves_the_moments():
    layer = layers.BatchNormalization(momentum=0.9, epsilon=0)
    y = layer(X, training=True).numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * X.var(0), rtol=1e-5)
    for _ in range(200):
        layer(X, training=True)
    np.testing.assert_allclose(layer(X), y, atol=1e-4)


def test_inference_leaves_the_moments_alone():
    layer = layers.BatchNormalization()
    layer(X)
    before = layer.get_weights()
    np.testing.assert_allclose(layer(X, training=False), X / np.sqrt(1.001), rtol=1e-6)
    for one, two in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_frozen_means_inference_in_fit_too():
    layer = layers.BatchNormalization()
    model = ckeras.Sequential([layers.Input((5,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], epochs=1, verbose=0)
    layer.trainable = False
    assert len(layer.trainable_variables) == 0
    assert len(layer.non_trainable_variables) == 4
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    for one, two in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(layer(X, training=True), layer(X, training=False))


def test_masked_positions_count_for_nothing():
    x = np.random.default_rng(1).normal(size=(3, 6, 4)).astype("float32")
    mask = np.arange(6) < np.array([[6], [2], [3]])
    spoiled = np.where(mask[..., None], x, 1e6).astype("float32")
    one, two = layers.BatchNormalization(), layers.BatchNormalization()
    y = one(x, training=True, mask=mask).numpy()
    z = two(spoiled, training=True, mask=mask).numpy()
    np.testing.assert_allclose(z[mask], y[mask], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(two.moving_mean, one.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(
        one.moving_mean, 0.01 * x[mask].mean(0), rtol=1e-4, atol=1e-6
    )


def test_a_mask_comes_from_the_layers_before():
    tokens = np.array([[3, 1, 0, 0], [2, 2, 4, 0]])
    model = ckeras.Sequential(
        [layers.Embedding(5, 3, mask_zero=True), layers.BatchNormalization()]
    )
    model(tokens, training=True)
    embedding, layer = model.layers
    vectors = embedding(tokens).numpy()[tokens > 0]
    np.testing.assert_allclose(
        layer.moving_mean, 0.01 * vectors.mean(0), rtol=1e-4, atol=1e-7
    )


def test_a_mask_of_nothing_keeps_numbers_finite():
    x = np.ones((2, 3, 4), "float32")
    layer = layers.BatchNormalization()
    y = layer(x, training=True, mask=np.zeros((2, 3), bool))
    assert np.isfinite(y.numpy()).all()
    np.testing.assert_array_equal(layer.moving_mean, 0)


def test_one_channel_with_a_mask():
    layer = layers.BatchNormalization()
    layer(np.ones((2, 3, 1)), training=True, mask=np.ones((2, 3), bool))
    assert layer.moving_mean.shape == (1,)


def test_whole_numbers_are_normalized_as_floats():
    y = layers.BatchNormalization()(np.arange(6).reshape(3, 2), training=True)
    assert y.dtype == "float32"
    np.testing.assert_allclose(y.numpy().mean(0), 0, atol=1e-6)


def test_renorm_normalizes_by_the_moving_moments():
    layer = layers.BatchNormalization(renorm=True, momentum=0.5, renorm_momentum=0.5)
    layer.build(X.shape)
    layer.renorm_mean.assign(np.full(5, 1.0))
    layer.renorm_stddev.assign(np.full(5, 4.0))
    y = layer(X, training=True).numpy()
    np.testing.assert_allclose(y, (X - 1) / 4, rtol=1e-3, atol=1e-3)
    deviation = np.sqrt(X.var(0) + 1e-3)
    np.testing.assert_allclose(layer.renorm_stddev, 2 + deviation / 2, rtol=1e-4)
    moving = (1 + deviation) / 2
    np.testing.assert_allclose(layer.moving_variance, moving**2 - 1e-3, rtol=1e-4)


def test_renorm_takes_a_moving_deviation_from_its_initializer():
    layer = layers.BatchNormalization(
        renorm=True, moving_variance_initializer=ckeras.initializers.Constant(4.0)
    )
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.renorm_stddev, 2)
    np.testing.assert_array_equal(layer.moving_stddev, 2)


def test_synchronized_changes_nothing_on_one_device():
    one = layers.BatchNormalization(synchronized=True)
    two = layers.BatchNormalization()
    np.testing.assert_array_equal(one(X, training=True), two(X, training=True))
    assert one.get_config()["synchronized"] is True


def test_inference_is_two_vectors_and_one_pass():
    layer = layers.BatchNormalization()
    layer.build(X.shape)
    run = ckeras.function(lambda x: ops.relu(layer(x) + 1))
    run(X)
    kernels = [s.step.kernel for s in run.plan.steps]
    assert kernels == ["elementwise.program"] * 2


def test_gradient_penalty():
    layer = layers.BatchNormalization()
    x = ops.convert_to_tensor(X)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sum(ops.square(layer(x, training=True)) * X)
        slope = ops.sum(ops.square(inner.gradient(y, x)))
    found = outer.gradient(slope, [x, layer.gamma])
    assert all(np.isfinite(g.numpy()).all() and np.any(g.numpy()) for g in found)


def test_bad_arguments():
    with pytest.raises(TypeError):
        layers.BatchNormalization(axis=[1, 2])
    with pytest.raises(ValueError, match="Axis 3 is out of bounds"):
        layers.BatchNormalization(axis=3)(X)
    with pytest.raises(ValueError, match="must have a known size"):
        layers.BatchNormalization()(ckeras.Input((None,)))
    with pytest.raises(ValueError, match="one dimension less"):
        layers.BatchNormalization()(X, mask=np.ones((64, 5), bool), training=True)
    with pytest.raises(ValueError, match=r"invalid keys .* \{'r': 1\}"):
        layers.BatchNormalization(renorm=True, renorm_clipping={"r": 1})
    with pytest.raises(ValueError, match=r"rmax should be greater.*rmin=2"):
        layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 1, "rmin": 2})
    with pytest.raises(ValueError, match=r"dmax should be non-negative.*-1"):
        layers.BatchNormalization(renorm=True, renorm_clipping={"dmax": -1})
    layer = layers.BatchNormalization()
    layer(X)
    with pytest.raises(ValueError, match="expected axis -1"):
        layer(X[:, :3])
    with pytest.raises(ValueError, match="expected ndim=2"):
        layer(X[None])
