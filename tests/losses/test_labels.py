"""Labels that a loss cannot use are named, with what to change."""

import numpy as np
import pytest

from ckeras import losses
from ckeras.losses.labels import check_labels

ONEHOT = np.eye(20, dtype="float32")[np.arange(40) % 20]


@pytest.mark.parametrize(
    ("loss", "y", "shape"),
    [
        ("mse", np.zeros((4, 3)), (None, 3)),
        ("mse", np.zeros(4), (None, 1)),
        ("mse", np.zeros((4, 1)), (None,)),
        ("mse", np.zeros((4, 1, 3)), (None, 2, 3)),
        ("sparse_categorical_crossentropy", np.arange(4), (None, 4)),
        ("sparse_categorical_crossentropy", np.arange(4.0)[:, None], (None, 4)),
        ("categorical_crossentropy", ONEHOT, (None, 20)),
        ("binary_crossentropy", np.array([0, 1, 1]), (None, 1)),
        ("binary_crossentropy", np.array([0.1, 0.5]), (None, 1)),
        (lambda y, p: p, np.array([np.nan]), (None, 7)),
        ("mse", np.zeros((0, 3)), (None, 5)),
        (
            losses.SparseCategoricalCrossentropy(ignore_class=-1),
            np.array([-1, 0, 3]),
            (None, 4),
        ),
    ],
)
def test_good_labels(loss, y, shape):
    check_labels(loss, y, shape)


@pytest.mark.parametrize(
    ("loss", "y", "shape", "message"),
    [
        ("mse", np.array([[0.0], [np.nan]]), (None, 1), r"`y` holds NaN .*\(1, 0\)"),
        ("mse", np.zeros((4, 3)), (None, 2), r"expected \(4, 2\).*shape \(4, 3\)"),
        ("mae", np.zeros((4, 3)), (None, 5, 2), "wrong shape"),
        (
            "sparse_categorical_crossentropy",
            np.array([0, 3]),
            (None, 3),
            "from 0 to 2.*from 0 to 3.*units=4",
        ),
        (
            losses.SparseCategoricalCrossentropy(),
            np.array([[-1], [0]]),
            (None, 3),
            "from -1 to 0",
        ),
        (
            "sparse_categorical_crossentropy",
            ONEHOT,
            (None, 20),
            "use 'categorical_crossentropy'",
        ),
        ("categorical_crossentropy", ONEHOT, (None, 1), "units=20"),
        ("categorical_crossentropy", np.arange(5)[:, None], (None, 1), "units=5"),
        ("categorical_crossentropy", np.arange(5), (None, 5), "to_categorical"),
        ("categorical_crossentropy", ONEHOT, (None, 10), "wrong shape"),
        ("binary_crossentropy", np.array([0, 2]), (None, 1), "from 0 to 1.*0 to 2"),
        (losses.BinaryCrossentropy(), np.array([-1, 1]), (None, 1), "from -1 to 1"),
        ("binary_crossentropy", ONEHOT, (None, 1), None),
    ],
)
def test_bad_labels(loss, y, shape, message):
    if message is None:  # broadcasts, as Keras lets it
        check_labels(loss, y, shape)
        return
    with pytest.raises(ValueError, match=message):
        check_labels(loss, y, shape)


def test_name_of_the_output():
    with pytest.raises(ValueError, match="`labels`"):
        check_labels("mse", np.array([np.nan]), (None, 1), name="labels")
