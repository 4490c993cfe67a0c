"""Images to arrays and back."""

import numpy as np
import pytest

from ckeras.preprocessing import image

pytest.importorskip("PIL")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_saved_image_loads_the_same(tmp_path, channels):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (5, 7, channels)).astype("float32")
    image.save_img(tmp_path / "a.png", x, scale=False)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    loaded = image.img_to_array(image.load_img(tmp_path / "a.png", color_mode=mode))
    np.testing.assert_array_equal(loaded, x)


def test_layouts_and_sizes(tmp_path):
    x = np.zeros((6, 12, 3), "float32")
    x[:, 4:8] = 255
    image.save_img(tmp_path / "a.png", x, scale=False)
    img = image.load_img(tmp_path / "a.png", target_size=(3, 2), keep_aspect_ratio=True)
    array = image.img_to_array(img, data_format="channels_first")
    np.testing.assert_array_equal(array, np.full((3, 3, 2), 255))


def test_says_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="rank 3"):
        image.array_to_img(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="channel number: 2"):
        image.array_to_img(np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match="color_mode"):
        image.load_img(tmp_path / "a.png", color_mode="cmyk")
