"""Slopes of image ops against central differences."""

import numpy as np
import pytest

from ckeras.ops import image
from tests.gradients import check_gradients

RNG = np.random.default_rng(2)
X = RNG.uniform(0.1, 0.9, (2, 5, 6, 3))
POINTS = np.array([[0.3, 0.4], [4.6, 0.2], [0.1, 3.7], [4.9, 3.6]])
MOVED = np.array([[0.7, 0.6], [4.2, 0.9], [0.4, 3.2], [4.4, 3.9]])

CASES = {
    "resize": lambda x: image.resize(x, (7, 4)),
    "resize antialias": lambda x: image.resize(x, (3, 4), "bicubic", antialias=True),
    "resize nearest": lambda x: image.resize(x, (7, 4), "nearest"),
    "resize crop": lambda x: image.resize(x, (3, 9), crop_to_aspect_ratio=True),
    "resize pad": lambda x: image.resize(x, (3, 9), pad_to_aspect_ratio=True),
    "grayscale": image.rgb_to_grayscale,
    "hsv": image.rgb_to_hsv,
    "rgb": image.hsv_to_rgb,
    "pad": lambda x: image.pad_images(x, 1, 2, 1, 0),
    "crop": lambda x: image.crop_images(x, 1, 2, 1, 0),
    "patches": lambda x: image.extract_patches(x, 3, 2, padding="same"),
    "blur": lambda x: image.gaussian_blur(x, (3, 5), (0.8, 1.5)),
    "sobel": image.sobel_edges,
}


@pytest.mark.parametrize("name", CASES)
def test_images(name):
    check_gradients(CASES[name], X, rtol=1e-5)


def test_ssim():
    y = np.clip(X + RNG.normal(size=X.shape) * 0.1, 0, 1)
    check_gradients(lambda a, b: image.ssim(a, b, filter_size=3), X, y, rtol=1e-5)


def test_blur_with_respect_to_sigma():
    check_gradients(
        lambda x, s: image.gaussian_blur(x, (3, 3), s), X, np.array([0.8, 1.5])
    )


@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
def test_coordinates(mode):
    places = RNG.uniform(-8, 12, (2, 9))
    check_gradients(
        lambda x, c: image.map_coordinates(x, c, 1, fill_mode=mode),
        X[0, :, :, 0],
        places,
    )


def test_transforms():
    t = np.array([1.1, 0.2, -1.37, -0.1, 0.9, 0.7, 0.01, -0.02])
    check_gradients(lambda x, t: image.affine_transform(x, t), X, t, rtol=1e-5)


def test_perspective_of_images():
    # The points are taken in float32, too coarse for differences.
    check_gradients(lambda x: image.perspective_transform(x, POINTS, MOVED), X[0])


def test_scale_and_translate():
    check_gradients(
        lambda x, s, t: image.scale_and_translate(x, (2, 7, 6, 3), s, t, (1,), "cubic"),
        X,
        np.array([1.37]),
        np.array([-0.61]),
        rtol=1e-5,
    )
