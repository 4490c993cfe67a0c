"""Images changed by `ImageDataGenerator` against Keras's, for the same seeds."""

import pathlib

import numpy as np
import pytest

from ckeras.preprocessing import image
from ckeras.utils import save_img
from tests.reference.images import generator

STORED = np.load(pathlib.Path(generator.__file__).parent / "generator.npz")


def assert_stored(pairs):
    for key, found in pairs:
        expected = STORED[key]
        assert found.dtype == expected.dtype, key
        bound = 1e-5 * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=bound, err_msg=key)


@pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies")
@pytest.mark.parametrize("name", generator.OPTIONS)
def test_changed_images(name):
    assert_stored(generator.batches(image, name))


@pytest.mark.parametrize("name", generator.FOLDER)
def test_images_of_a_folder(name, tmp_path):
    generator.fill(tmp_path, lambda path, x: save_img(path, x, scale=False))
    assert_stored(generator.from_folder(image, name, tmp_path))
