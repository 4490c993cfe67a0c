"""Group, root-mean-square, unit and spectral normalization."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, layers, ops

X = np.random.default_rng(0).normal(3, 2, (4, 6, 8)).astype("float32")


@pytest.mark.parametrize("groups", [1, 2, 4, 8, -1])
def test_every_group_is_normalized(groups):
    layer = layers.GroupNormalization(groups, epsilon=0)
    y = layer(X).numpy().reshape(4, 6, layer.groups, -1)
    np.testing.assert_allclose(y.mean((1, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std((1, 3)), 1, rtol=1e-5)


def test_one_group_is_layer_normalization():
    one = layers.GroupNormalization(1)(X)
    two = layers.LayerNormalization(axis=[1, 2])(X)
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2, -2])
def test_channels_on_any_axis(axis):
    layer = layers.GroupNormalization(2, axis=axis)
    moved = layers.GroupNormalization(2)(np.moveaxis(X, axis, -1)).numpy()
    np.testing.assert_allclose(
        layer(X), np.moveaxis(moved, -1, axis), rtol=1e-5, atol=1e-5
    )


def test_bad_groups():
    for groups in (0, -2, 1.5):
        with pytest.raises(ValueError, match="argument `groups`"):
            layers.GroupNormalization(groups)
    with pytest.raises(TypeError, match="`axis`"):
        layers.GroupNormalization(axis=[1])
    with pytest.raises(ValueError, match=r"\(9\) cannot be more .* \(8\)"):
        layers.GroupNormalization(9)(X)
    with pytest.raises(ValueError, match=r"\(3\) must be a multiple .* \(8\)"):
        layers.GroupNormalization(3)(X)
    with pytest.raises(ValueError, match="should have a defined dimension"):
        layers.GroupNormalization(3)(ckeras.Input((2, None)))
    with pytest.raises(ValueError, match="Axis 4 is out of bounds"):
        layers.GroupNormalization(2, axis=4)(X)


def test_rms():
    y = layers.RMSNormalization(epsilon=0)(X).numpy()
    np.testing.assert_allclose((y**2).mean(-1), 1, rtol=1e-5)
    layer = layers.RMSNormalization(axis=[2, 1])
    layer.build(X.shape)
    assert layer.scale.shape == (6, 8)
    with pytest.raises(ValueError, match="Axis 3 is out of bounds"):
        layers.RMSNormalization(axis=3)(X)


def test_unit():
    y = layers.UnitNormalization()(X).numpy()
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), 1, rtol=1e-5)
    assert not layers.UnitNormalization()(np.zeros((2, 3))).numpy().any()
    with pytest.raises(TypeError, match="`axis`"):
        layers.UnitNormalization(axis=None)
    with pytest.raises(ValueError, match="out of bounds"):
        layers.UnitNormalization(axis=3)(X)


def spectral(**options):
    layer = layers.SpectralNormalization(layers.Dense(5), **options)
    layer.build(X.shape)
    return layer


def test_the_largest_singular_value_becomes_one():
    layer = spectral(power_iterations=50)
    kernel = layer.kernel.numpy()
    layer(X, training=True)
    largest = np.linalg.svd(kernel)[1][0]
    np.testing.assert_allclose(layer.kernel, kernel / largest, rtol=1e-4, atol=1e-5)
    before = layer.get_weights()
    layer(X)
    for one, two in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_power_iteration_goes_on_from_call_to_call():
    layer = spectral()
    for _ in range(60):
        layer(X, training=True)
    assert np.linalg.svd(layer.kernel.numpy())[1][0] == pytest.approx(1, abs=1e-4)


def test_a_kernel_of_zeros_stays():
    layer = spectral()
    layer.kernel.assign(np.zeros((8, 5)))
    u = layer.vector_u.numpy()
    layer(X, training=True)
    assert not layer.kernel.numpy().any()
    np.testing.assert_array_equal(layer.vector_u, u)


def test_the_gradient_is_that_of_the_divided_kernel():
    layer = spectral()
    with GradientTape() as tape:
        loss = ops.sum(ops.square(layer(X, training=True)))
    found = tape.gradient(loss, layer.kernel).numpy()
    with GradientTape() as tape:
        loss = ops.sum(ops.square(layer(X)))
    np.testing.assert_allclose(found, tape.gradient(loss, layer.kernel), rtol=1e-5)


def test_it_trains_compiled():
    model = ckeras.Sequential(
        [layers.Input((8,)), layers.SpectralNormalization(layers.Dense(5))]
    )
    model.compile("sgd", "mse")
    x = X.reshape(-1, 8)
    model.fit(x, x[:, :5], epochs=20, verbose=0)
    largest = np.linalg.svd(model.layers[0].kernel.numpy())[1][0]
    assert largest < 1.5


def test_embeddings_and_bad_layers():
    layer = layers.SpectralNormalization(layers.Embedding(6, 4))
    layer(np.array([[1, 2]]), training=True)
    assert layer.vector_u.shape == (1, 4)
    with pytest.raises(ValueError, match="'kernel' nor 'embeddings'"):
        layers.SpectralNormalization(layers.ReLU())(X)
    with pytest.raises(ValueError, match="power_iterations=0"):
        layers.SpectralNormalization(layers.Dense(5), power_iterations=0)
    with pytest.raises(ValueError, match="supplied to Wrapper"):
        layers.SpectralNormalization("dense")
