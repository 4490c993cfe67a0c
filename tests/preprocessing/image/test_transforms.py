"""Rotations, shifts and the like against SciPy, and by what they must do."""

import numpy as np
import pytest
from scipy import ndimage

from ckeras.preprocessing import image

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 255, (7, 9, 3)).astype("float32")
LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
CHANGES = [
    {"theta": 30},
    {"tx": 2.5, "ty": -1.25},
    {"shear": 20},
    {"zx": 0.7, "zy": 1.3},
    {"theta": -47, "tx": 3, "ty": 5, "shear": 12, "zx": 1.4, "zy": 0.6},
]


def with_scipy(x, order, mode, theta=0, tx=0, ty=0, shear=0, zx=1, zy=1):
    """The same by SciPy, for channels last: written from Keras's definition."""
    a, s = np.deg2rad([theta, shear])
    matrix = np.array(
        [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    )
    matrix = matrix @ [[1, 0, tx], [0, 1, ty], [0, 0, 1]]
    matrix = matrix @ [[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]]
    matrix = matrix @ np.diag([zx, zy, 1])
    centre = np.eye(3)
    centre[:2, 2] = np.array(x.shape[:2]) / 2 - 0.5
    matrix = centre @ matrix @ np.linalg.inv(centre)
    matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    return np.stack(
        [
            ndimage.affine_transform(
                x[..., c], matrix[:2, :2], matrix[:2, 2], order=order, mode=mode, cval=7
            )
            for c in range(x.shape[2])
        ],
        axis=-1,
    )


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_affine_transform_is_scipys(order, mode, change):
    expected = with_scipy(X, order, mode, **change)
    options = {"fill_mode": mode, "cval": 7.0, "order": order, **change}
    found = image.apply_affine_transform(X, **LAST, **options)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    first = image.apply_affine_transform(X.transpose(2, 0, 1), **options)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), found)


def test_no_change_is_no_copy():
    assert image.apply_affine_transform(X, **LAST) is X


def test_half_a_turn():
    turned = image.apply_affine_transform(X[:7, :7], theta=180, **LAST)
    np.testing.assert_allclose(turned, X[:7, :7][::-1, ::-1], rtol=1e-4)


def test_channel_shift_stays_in_range():
    y = image.apply_channel_shift(X, 300.0, 2)
    np.testing.assert_allclose(y, X.max())
    np.testing.assert_allclose(
        image.apply_channel_shift(X, -5.0, 2), np.maximum(X - 5, X.min())
    )


def test_brightness():
    x = np.full((2, 2, 3), 100.0)
    np.testing.assert_allclose(image.apply_brightness_shift(x, 0.5, False), 50)
    np.testing.assert_allclose(image.apply_brightness_shift(x, 0.0, False), 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("random_rotation", (40,)),
        ("random_shift", (0.3, 0.4)),
        ("random_shear", (30,)),
        ("random_zoom", ((0.5, 1.5),)),
    ],
)
def test_random_changes_follow_numpys_seed(name, arguments):
    def changed(seed):
        np.random.seed(seed)
        return getattr(image, name)(X, *arguments, **LAST)

    np.testing.assert_array_equal(changed(1), changed(1))
    assert np.abs(changed(1) - changed(2)).max() > 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"row_axis": 0, "col_axis": 0, "channel_axis": 2}, "must be distinct"),
        ({"row_axis": 0, "col_axis": 3, "channel_axis": 2}, "Invalid axis' indices"),
        ({"row_axis": 0, "col_axis": 2, "channel_axis": 1}, "first and last"),
        ({**LAST, "theta": 5, "fill_mode": "mirror"}, "fill_mode='mirror'"),
        ({**LAST, "theta": 5, "order": 9}, "interpolation_order=9"),
    ],
)
def test_says_what_is_wrong(options, words):
    with pytest.raises(ValueError) as caught:
        image.apply_affine_transform(X, **options)
    assert words in str(caught.value)


def test_bad_ranges():
    with pytest.raises(ValueError, match="multi-channel 2D"):
        image.apply_affine_transform(X[0], theta=3)
    with pytest.raises(ValueError, match="`zoom_range`"):
        image.random_zoom(X, (1, 2, 3))
    with pytest.raises(ValueError, match="brightness_range"):
        image.random_brightness(X, (1,))
