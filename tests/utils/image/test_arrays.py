"""Images to arrays and back."""

import io

import numpy as np
import pytest
from PIL import Image

import ckeras
from ckeras.preprocessing import image


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
    with pytest.raises(ValueError, match="`target_size` to be a tuple of 2 integers"):
        image.load_img(tmp_path / "a.png", target_size=5)


def test_says_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="rank 3"):
        image.array_to_img(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="channel number: 2"):
        image.array_to_img(np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match="color_mode"):
        image.load_img(tmp_path / "a.png", color_mode="cmyk")


def test_the_same_functions_are_in_utils():
    for name in ("array_to_img", "img_to_array", "load_img", "save_img"):
        assert getattr(ckeras.utils, name) is getattr(image, name)


def test_images_that_are_none(tmp_path):
    empty, cut = tmp_path / "empty.png", tmp_path / "cut.png"
    empty.write_bytes(b"")
    x = np.random.default_rng(1).integers(0, 256, (30, 30, 3)).astype("float32")
    image.save_img(cut, x, scale=False)
    cut.write_bytes(cut.read_bytes()[:500])
    for path in (empty, cut):
        with pytest.raises(OSError, match=path.name):
            image.load_img(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        image.load_img(tmp_path / "nowhere.png")
    with pytest.raises(TypeError, match="path-like"):
        image.load_img(3)


def test_scaled_images_have_eight_bits():
    """Whatever the range: 255 is not exceeded by rounding."""
    rng = np.random.default_rng(4)
    for scale in rng.uniform(0.001, 1e5, 300):
        x = (rng.random((3, 3, 1)) * scale).astype("float32")
        img = image.array_to_img(x)
        assert img.mode == "L" and np.asarray(img).max() == 255
        exact = (x - x.min()) / (x - x.min()).max() * np.float32(255)
        np.testing.assert_array_equal(np.asarray(img), exact[..., 0].astype("uint8"))


def test_an_open_file(tmp_path):
    x = np.arange(48.0).reshape(4, 4, 3)
    image.save_img(tmp_path / "a.png", x, scale=False)
    data = io.BytesIO((tmp_path / "a.png").read_bytes())
    np.testing.assert_array_equal(image.img_to_array(image.load_img(data)), x)


def test_sixteen_bits_of_gray_stay(tmp_path):
    x = np.array([[0, 300], [70, 60000]], "uint16")
    Image.fromarray(x).save(tmp_path / "a.png")
    loaded = image.load_img(tmp_path / "a.png", color_mode="grayscale")
    np.testing.assert_array_equal(image.img_to_array(loaded)[..., 0], x)


def test_jpeg_has_no_transparency(tmp_path):
    x = np.full((4, 4, 4), 128.0)
    with pytest.warns(UserWarning, match="does not support RGBA"):
        image.save_img(tmp_path / "a.jpg", x, scale=False)
    assert image.load_img(tmp_path / "a.jpg").mode == "RGB"


def test_smart_resize():
    x = np.zeros((6, 12, 3), "float32")
    x[:, 3:9] = 1
    y = image.smart_resize(x, (3, 3))
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(y, np.ones((3, 3, 3)))
    first = image.smart_resize(
        x.transpose(2, 0, 1), (3, 3), data_format="channels_first"
    )
    np.testing.assert_array_equal(first, np.ones((3, 3, 3)))
    with pytest.raises(ValueError, match="incorrect rank"):
        image.smart_resize(np.zeros((2, 2)), (1, 1))
    with pytest.raises(ValueError, match="tuple of 2 integers"):
        image.smart_resize(x, (1, 1, 1))
    with pytest.raises(ValueError, match="tuple of 2 integers"):
        image.smart_resize(x, 4)
    y = image.smart_resize(x, (3, 3), backend_module=None)
    np.testing.assert_array_equal(y, np.ones((3, 3, 3)))
