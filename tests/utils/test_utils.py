"""Small helpers: one-hot matrices, padding, seeds, packing."""

import random

import numpy as np
import pytest

from ckeras import utils
from ckeras.engine.values.convert import convert_to_tensor


def test_to_categorical():
    result = utils.to_categorical([[1], [0], [3]])
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, np.eye(4)[[1, 0, 3]])
    assert utils.to_categorical(np.zeros((2, 3), int), 5).shape == (2, 3, 5)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_to_categorical_out_of_range(labels):
    with pytest.raises(ValueError, match=r"Received: (3|-1)"):
        utils.to_categorical(labels, 3)


def test_to_categorical_of_a_tensor():
    result = utils.to_categorical(convert_to_tensor([2, 0]), 3)
    np.testing.assert_array_equal(result, [[0, 0, 1], [1, 0, 0]])


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize(x), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(utils.normalize(x, axis=0, order=1), [[1, 1], [0, 0]])


@pytest.mark.parametrize(
    ("padding", "truncating", "expected"),
    [
        ("pre", "pre", [[0, 0, 1], [3, 4, 5]]),
        ("post", "pre", [[1, 0, 0], [3, 4, 5]]),
        ("pre", "post", [[0, 0, 1], [2, 3, 4]]),
        ("post", "post", [[1, 0, 0], [2, 3, 4]]),
    ],
)
def test_pad_sequences(padding, truncating, expected):
    result = utils.pad_sequences(
        [[1], [2, 3, 4, 5]], 3, padding=padding, truncating=truncating
    )
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, expected)


def test_pad_sequences_of_vectors_and_empty_ones():
    result = utils.pad_sequences([np.ones((1, 2)), np.zeros((0, 2))], value=7)
    np.testing.assert_array_equal(result, [[[1, 1]], [[7, 7]]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": 5}, "must be iterable"),
        ({"sequences": [1, 2]}, "list of"),
        ({"sequences": [[1]], "padding": "mid"}, "Padding type"),
        ({"sequences": [[1]], "truncating": "mid"}, "Truncating type"),
    ],
)
def test_pad_sequences_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        utils.pad_sequences(**arguments)


def test_set_random_seed():
    utils.set_random_seed(5)
    one = random.random(), np.random.rand()
    utils.set_random_seed(5)
    assert (random.random(), np.random.rand()) == one
    with pytest.raises(ValueError, match=r"seed=1\.5"):
        utils.set_random_seed(1.5)


def test_packing():
    assert utils.pack_x_y_sample_weight("x") == "x"
    assert utils.pack_x_y_sample_weight(["x"]) == (["x"],)
    assert utils.pack_x_y_sample_weight("x", "y") == ("x", "y")
    assert utils.unpack_x_y_sample_weight(["x", "y"]) == ("x", "y", None)
    assert utils.unpack_x_y_sample_weight("x") == ("x", None, None)
    with pytest.raises(ValueError, match="expected to be in format"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))


def test_progbar_averages_and_shows_the_last_line(capsys):
    bar = utils.Progbar(2, verbose=2)
    bar.update(1, [("loss", 4.0)])
    bar.update(2, [("loss", 2.0)], finalize=False)
    assert capsys.readouterr().out == ""
    bar.update(2, [("loss", 3.0)], finalize=True)
    assert capsys.readouterr().out.endswith("- loss: 3.0000\n")
    with pytest.raises(ValueError, match="Only one of"):
        utils.Progbar(1, stateful_metrics=["a"], stateless_metrics=["b"])


def test_logging_instead_of_printing(capsys, caplog):
    utils.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="ckeras"):
            utils.Progbar(1, verbose=2).update(1, [("loss", 1.0)])
    finally:
        utils.enable_interactive_logging()
    assert "loss: 1.0000" in caplog.text
    assert capsys.readouterr().out == ""
