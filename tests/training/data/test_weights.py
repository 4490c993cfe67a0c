import numpy as np
import pytest

from ckeras.training.data import get_data
from ckeras.training.data.weights import class_weight_to_sample_weights


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 2, 1, 2]),
        np.array([[0], [2], [1], [2]]),
        np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1.0]]),
    ],
)
def test_class_weights(y):
    weights = class_weight_to_sample_weights(y, {0: 0.5, 2: 3.0})
    np.testing.assert_array_equal(weights, np.float32([0.5, 3.0, 1.0, 3.0]))
    assert weights.dtype == np.float32


def test_class_weight_becomes_sample_weight():
    _, _, weights = get_data(np.ones(2), np.array([1, 0]), class_weight={1: 4.0}).data
    np.testing.assert_array_equal(weights, [4.0, 1.0])


def test_both_kinds_of_weights():
    with pytest.raises(ValueError, match="at the same time"):
        get_data(np.ones(2), np.ones(2), np.ones(2), class_weight={1: 4.0})


def test_class_weight_needs_one_output():
    with pytest.raises(ValueError, match="single output"):
        get_data(np.ones(2), [np.ones(2), np.ones(2)], class_weight={1: 4.0})


def test_one_weight_array_serves_all_outputs():
    y = {"a": np.ones(3), "b": np.zeros((3, 2))}
    _, _, weights = get_data(np.ones(3), y, np.array([1.0, 2.0, 3.0])).data
    assert weights.keys() == y.keys()
    with pytest.raises(ValueError, match=r"sample_weight.shape=\(3, 2\)"):
        get_data(np.ones(3), y, np.ones((3, 2)))


def test_weights_of_another_structure():
    y = [np.ones(3), np.ones(3)]
    with pytest.raises(ValueError, match="one `sample_weight` array per output"):
        get_data(np.ones(3), y, {"a": np.ones(3)})
