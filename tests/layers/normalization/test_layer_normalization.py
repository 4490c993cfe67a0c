import numpy as np
import pytest

import ckeras
from ckeras import Input, Sequential, layers

CUBE = np.random.default_rng(0).normal(2.0, 3.0, size=(4, 3, 5)).astype("float32")


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], (-1, -2), [2]])
def test_moments_of_the_output(axis):
    y = np.asarray(layers.LayerNormalization(axis=axis, epsilon=0.0)(CUBE))
    over = axis if isinstance(axis, int) else tuple(axis)
    np.testing.assert_allclose(y.mean(over), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.var(over), 1.0, rtol=1e-5)


def test_weights_lie_along_their_axes():
    layer = layers.LayerNormalization(axis=[2, 1], gamma_initializer="ones")
    layer.build((None, 3, 5))
    assert [w.shape for w in layer.weights] == [(3, 5), (3, 5)]
    first = layers.LayerNormalization(axis=1)
    first.build((None, 3, None))
    first.gamma.assign([1.0, 2.0, 3.0])
    first.beta.assign([0.0, 5.0, 10.0])
    y = np.asarray(first(CUBE))
    plain = np.asarray(layers.LayerNormalization(axis=1, center=False)(CUBE))
    wanted = plain * np.array([[1.0], [2.0], [3.0]]) + np.array([[0.0], [5.0], [10.0]])
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-5)


def test_penalties_and_masks():
    layer = layers.LayerNormalization(
        gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg"
    )
    model = Sequential([Input((4,)), layers.Embedding(6, 5, mask_zero=True), layer])
    assert float(layer.losses[0]) == pytest.approx(0.01 * 5)
    assert layer.gamma.constraint is layer.gamma_constraint
    y = model(np.array([[1, 2, 0, 0]]))
    np.testing.assert_array_equal(y._keras_mask, [[True, True, False, False]])


def test_integers_and_doubles_come_out_in_the_layers_type():
    layer = layers.LayerNormalization()
    assert layer(np.arange(6).reshape(2, 3)).dtype == "float32"
    assert layer(np.ones((2, 3))).dtype == "float32"
    assert layers.LayerNormalization(dtype="float64")(CUBE).dtype == "float64"


def test_rms_scaling_warns():
    with pytest.warns(UserWarning, match="deprecated"):
        layer = layers.LayerNormalization(rms_scaling=True)
    layer(CUBE)
    assert [w.name for w in layer.weights] == ["gamma"]
    assert layer.get_config()["rms_scaling"] is True


def test_bad_arguments():
    with pytest.raises(TypeError, match="argument 'axis', but received: 'last'"):
        layers.LayerNormalization(axis="last")
    with pytest.raises(ValueError, match="Axis 3 is out of bounds"):
        layers.LayerNormalization(axis=3)(CUBE)
    with pytest.raises(ValueError, match=r"Axis 1 of the input .* known size"):
        layers.LayerNormalization(axis=1).build((None, None, 3))


def test_trains():
    ckeras.utils.set_random_seed(0)
    model = Sequential([layers.Dense(8), layers.LayerNormalization(), layers.Dense(1)])
    model.compile("adam", "mse")
    x = CUBE[:, 0]
    losses = model.fit(x, x[:, :1], epochs=60, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
