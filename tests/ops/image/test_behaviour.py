"""Image ops: properties, other types, placeholders, and bad arguments."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.ops import image

RNG = np.random.default_rng(4)
X = RNG.uniform(0, 1, (2, 6, 8, 3)).astype("float32")


def test_colors_there_and_back():
    np.testing.assert_allclose(image.hsv_to_rgb(image.rgb_to_hsv(X)), X, atol=2e-6)


def test_grayscale_keeps_type_and_gray_images():
    x = (X * 255).astype("uint8")
    gray = image.rgb_to_grayscale(x)
    assert gray.dtype == "uint8"
    expected = x @ np.array([0.2989, 0.587, 0.114], "float32")
    np.testing.assert_allclose(gray[..., 0], np.floor(expected), atol=1)
    np.testing.assert_array_equal(image.rgb_to_grayscale(x[..., :1]), x[..., :1])


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "lanczos3"])
def test_resizing_a_constant_is_constant(method):
    x = np.full((5, 7, 2), 0.7, "float32")
    for size in ((11, 3), (1, 1), (5, 7), (2, 20)):
        for antialias in (False, True):
            y = image.resize(x, size, method, antialias)
            assert y.shape == (*size, 2)
            np.testing.assert_allclose(y, 0.7, rtol=1e-5)


def test_channels_first_is_a_transpose():
    first = X.transpose(0, 3, 1, 2)
    for name, arguments in {
        "resize": {"size": (4, 9)},
        "gaussian_blur": {"kernel_size": (3, 5), "sigma": (1.0, 2.0)},
        "elastic_transform": {"seed": 3},
        "affine_transform": {"transform": [1, 0.1, 2, 0, 1, -1, 0, 0]},
    }.items():
        op = getattr(image, name)
        a = op(X, **arguments, data_format="channels_last")
        b = op(first, **arguments, data_format="channels_first")
        np.testing.assert_allclose(np.asarray(a).transpose(0, 3, 1, 2), b, atol=1e-5)


def test_projective_transform():
    # The sixth pixel of a row seen at half its distance: x / (0.1 x + 1).
    x = np.arange(8.0).reshape(1, 8, 1)
    y = image.affine_transform(x, [1, 0, 0, 0, 1, 0, 0.1, 0])
    places = np.arange(8) / (0.1 * np.arange(8) + 1)
    np.testing.assert_allclose(y.numpy().ravel(), places, rtol=1e-5)


def test_ssim_of_equal_images_is_1():
    x = RNG.uniform(0, 1, (2, 12, 12, 3)).astype("float32")
    np.testing.assert_allclose(image.ssim(x, x), [1, 1], rtol=1e-4)
    assert image.ssim(x[0], x[0]).shape == ()
    assert float(image.ssim(x[0], 1 - x[0])) < 0.5


def test_elastic_transform_follows_its_seed():
    a, b = image.elastic_transform(X, seed=1), image.elastic_transform(X, seed=1)
    np.testing.assert_array_equal(a, b)
    other = image.elastic_transform(X, seed=2)
    assert np.abs(np.asarray(other) - np.asarray(a)).max() > 0.01
    np.testing.assert_allclose(image.elastic_transform(X, alpha=0.0), X, atol=1e-6)


def test_patches_hold_what_they_say():
    x = np.arange(2 * 4 * 6 * 2).reshape(2, 4, 6, 2)
    y = image.extract_patches(x, (2, 3))
    np.testing.assert_array_equal(y[1, 1, 0], x[1, 2:4, 0:3].ravel())
    assert image.extract_patches(x[0], 2).shape == (2, 3, 8)


def test_placeholders():
    x = ckeras.Input((None, None, 3))
    assert image.resize(x, (5, 6)).shape == (None, 5, 6, 3)
    padded = image.pad_images(x, 1, 2, target_height=300, right_padding=0)
    assert padded.shape == (None, 300, None, 3)
    cropped = image.crop_images(x, 0, 0, target_height=300, target_width=9)
    assert cropped.shape == (None, 300, 9, 3)
    assert image.gaussian_blur(x).shape == (None, None, None, 3)
    assert image.ssim(x, x).shape == (None,)
    with pytest.raises(ValueError, match="width of the images is unknown"):
        image.crop_images(x, 0, 0, right_cropping=2, target_height=3)


def test_a_model_with_image_ops_round_trips(tmp_path):
    x = ckeras.Input((6, 8, 3))
    y = image.resize(image.rgb_to_grayscale(x), (3, 4), "bicubic")
    y = image.pad_images(y, 1, 0, 1, 0)
    y = image.affine_transform(y, np.eye(3).ravel()[:8], fill_value=0.5)
    model = ckeras.Model(x, y)
    model.save(tmp_path / "m.keras")
    again = ckeras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(X), model(X))
    config = model.get_config()["layers"][2]["config"]
    assert config["fill_value"] == 0.0 and tuple(config["size"]) == (3, 4)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: image.resize(X, (3,)), ValueError, "tuple of 2 integers"),
        (lambda: image.resize(X, (0, 3)), ValueError, "positive height"),
        (lambda: image.resize(X, (3, 3), "area"), ValueError, "interpolation=area"),
        (lambda: image.resize(X[0, 0], (3, 3)), ValueError, "images rank"),
        (
            lambda: image.resize(X, (3, 3), fill_mode="edge"),
            ValueError,
            "fill_mode=edge",
        ),
        (
            lambda: image.resize(
                X, (3, 3), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True
            ),
            ValueError,
            "Only one of",
        ),
        (lambda: image.rgb_to_grayscale(X[..., :2]), ValueError, "channel size"),
        (lambda: image.rgb_to_hsv(X[..., :2]), ValueError, "2 channels"),
        (lambda: image.hsv_to_rgb(X.astype("int32")), ValueError, "images.dtype=int32"),
        (lambda: image.pad_images(X, 1, 1), ValueError, "exactly two of top_padding"),
        (lambda: image.pad_images(X, -1, 1, 1, 1), ValueError, "top_padding must be"),
        (
            lambda: image.pad_images(X, 1, 1, right_padding=1, target_height=3),
            ValueError,
            "bottom_padding must be >= 0. Received: bottom_padding=-4",
        ),
        (lambda: image.crop_images(X, 5, 1, 5, 1), ValueError, "target_height must be"),
        (lambda: image.extract_patches(X, "a"), TypeError, "`size` argument"),
        (lambda: image.extract_patches(X, (1, 2, 3, 4)), ValueError, "with length 4"),
        (lambda: image.extract_patches(X, 9), ValueError, "zero or negative"),
        (lambda: image.extract_patches_3d(X, (2, 2)), TypeError, "length 3"),
        (lambda: image.map_coordinates(X[0, 0], X[0, 0], 1), ValueError, "First dim"),
        (
            lambda: image.map_coordinates(X[0, 0], np.zeros((2, 3)), 2),
            ValueError,
            "order=2",
        ),
        (
            lambda: image.affine_transform(X, np.zeros((3, 8))),
            ValueError,
            "each of the 2 images",
        ),
        (
            lambda: image.affine_transform(X, np.zeros(8), "cubic"),
            ValueError,
            "interpolation=cubic",
        ),
        (
            lambda: image.perspective_transform(X, np.zeros((3, 2)), np.zeros((4, 2))),
            ValueError,
            "Invalid start_points shape",
        ),
        (
            lambda: image.scale_and_translate(X, (2, 6, 8, 3), [1.0], [0.0], (1,), "x"),
            ValueError,
            "method=x",
        ),
        (
            lambda: image.scale_and_translate(
                X, (2, 6, 8, 3), [1.0], [0.0], (1, 2), "linear"
            ),
            ValueError,
            "for each of `spatial_dims`",
        ),
        (lambda: image.sobel_edges(X[0]), ValueError, "expected rank 4"),
        (lambda: image.ssim(X, X[:1]), ValueError, "same shape"),
        (lambda: image.ssim(X, X), ValueError, "at least as large as `filter_size`=11"),
        (
            lambda: image.resize(X, 4),
            ValueError,
            "2 integers. Received: size=4",
        ),
    ],
)
def test_says_what_is_wrong(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_ops_image_is_a_namespace():
    assert ops.image is image
    assert not hasattr(ops, "resize")
