"""Which frames a user sees of an error inside a model."""

import pathlib
import traceback

import numpy as np
import pytest

import ckeras

PACKAGE = str(pathlib.Path(ckeras.__file__).parent)


class Broken(ckeras.layers.Layer):
    def call(self, x):
        raise RuntimeError("of my own")


def frames_of(run):
    with pytest.raises(RuntimeError, match="of my own") as caught:
        run()
    return [f.filename for f in traceback.extract_tb(caught.value.__traceback__)]


@pytest.fixture
def filtering():
    ckeras.config.enable_traceback_filtering()
    assert ckeras.config.is_traceback_filtering_enabled()
    yield
    ckeras.config.disable_traceback_filtering()
    assert not ckeras.config.is_traceback_filtering_enabled()


def fit():
    model = ckeras.Sequential([Broken(), ckeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)


def inside(files):
    """How many of the frames are the library's."""
    return sum(f.startswith(PACKAGE) for f in files)


def test_the_users_frames_are_left(filtering):
    files = frames_of(fit)
    # The frame that raises anew is the only one of the library's.
    assert inside(files) == 1
    assert files.count(__file__) >= 3  # this test, `fit` and `Broken.call`


def test_all_frames_on_request():
    assert inside(frames_of(fit)) > 3


def test_a_layer_called_alone(filtering):
    files = frames_of(lambda: Broken()(np.zeros(3)))
    assert inside(files) == 1
    assert files[-1] == __file__
