"""Pooling layers: names, masks, models, and bad arguments."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_other_names(n):
    for short, long in {
        "MaxPool": "MaxPooling",
        "AvgPool": "AveragePooling",
        "GlobalMaxPool": "GlobalMaxPooling",
        "GlobalAvgPool": "GlobalAveragePooling",
    }.items():
        assert getattr(layers, f"{short}{n}D") is getattr(layers, f"{long}{n}D")


def test_sizes_that_are_not_known():
    x = ckeras.Input((None, 9, 3))
    assert layers.MaxPooling2D(2)(x).shape == (None, None, 4, 3)
    assert layers.AveragePooling2D(2, padding="same")(x).shape == (None, None, 5, 3)
    assert layers.AdaptiveMaxPooling2D(5)(x).shape == (None, 5, 5, 3)
    assert layers.GlobalMaxPooling2D()(x).shape == (None, 3)


def test_the_mask_ends_here():
    x = np.array([[[1.0], [2.0], [0.0]], [[4.0], [0.0], [0.0]]], "float32")
    masked = layers.Masking()(x)
    y = layers.GlobalAveragePooling1D()(masked)
    np.testing.assert_allclose(y, [[1.5], [4.0]])
    assert getattr(y, "_keras_mask", None) is None
    kept = layers.GlobalAveragePooling1D(keepdims=True)(masked)
    np.testing.assert_allclose(kept, [[[1.5]], [[4.0]]])


def test_a_masked_nan_does_not_count():
    x = np.array([[[1.0], [np.nan]]], "float32")
    y = layers.GlobalAveragePooling1D()(x, mask=np.array([[True, False]]))
    np.testing.assert_array_equal(y, [[1.0]])


def small_model(layout):
    shape = (9, 10, 2) if layout == "channels_last" else (2, 9, 10)
    kinds = [
        layers.ZeroPadding2D(1, data_format=layout),
        layers.MaxPooling2D(3, 2, "same", data_format=layout),
        layers.AveragePooling2D(2, data_format=layout),
        layers.UpSampling2D(2, data_format=layout, interpolation="bilinear"),
        layers.Cropping2D(1, data_format=layout),
        layers.GlobalAveragePooling2D(data_format=layout),
        layers.Dense(1, kernel_initializer="ones"),
    ]
    model = ckeras.Sequential([layers.Input(shape), *kinds])
    model.compile("sgd", "mse")
    return model


def test_both_layouts_train_alike():
    x, y = RNG.normal(size=(12, 9, 10, 2)), RNG.normal(size=(12, 1))
    last, first = small_model("channels_last"), small_model("channels_first")
    a = last.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    b = first.fit(
        x.transpose(0, 3, 1, 2), y, batch_size=4, epochs=2, shuffle=False, verbose=0
    )
    np.testing.assert_allclose(a.history["loss"], b.history["loss"], rtol=1e-6)


def test_a_saved_model_is_the_same(tmp_path):
    model = small_model("channels_last")
    model.save(tmp_path / "m.keras")
    x = RNG.normal(size=(3, 9, 10, 2)).astype("float32")
    again = ckeras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


@pytest.mark.parametrize("kind", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_bad_arguments(kind):
    with pytest.raises(ValueError, match="`pool_size` argument must be a tuple of 2"):
        kind((2, 2, 2))
    with pytest.raises(ValueError, match=r"`strides` argument.*value > 0"):
        kind(2, strides=0)
    with pytest.raises(ValueError, match=r"`data_format` argument"):
        kind(2, data_format="channels_middle")
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        kind(2)(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="`padding` must be either 'valid' or 'same'"):
        kind(2, padding="full")(ckeras.Input((4, 4, 1)))
    for x in (ckeras.Input((4, 4, 1)), np.ones((1, 4, 4, 1))):
        with pytest.raises(ValueError, match="zero or negative"):
            kind(5)(x)


def test_bad_adaptive_arguments():
    with pytest.raises(TypeError, match=r"integer or \(height, width\) tuple"):
        layers.AdaptiveMaxPooling2D((1, 2, 3))
    with pytest.raises(TypeError, match="tuple of 1 integer"):
        layers.AdaptiveMaxPooling1D("a")
    with pytest.raises(ValueError, match="must have length 1"):
        layers.AdaptiveAveragePooling1D((1, 2))
    with pytest.raises(ValueError, match="Invalid data_format: middle"):
        layers.AdaptiveAveragePooling3D(2, data_format="middle")
