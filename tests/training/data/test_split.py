import numpy as np
import pytest

from ckeras.training.data import train_validation_split


def test_last_part_is_set_aside_without_copying():
    x, y = np.arange(10), {"a": np.arange(10) * 2}
    train, rest = train_validation_split((x, y, None), 0.25)
    np.testing.assert_array_equal(train[0], np.arange(7))
    np.testing.assert_array_equal(rest[0], [7, 8, 9])
    np.testing.assert_array_equal(rest[1]["a"], [14, 16, 18])
    assert train[2] is None
    assert rest[0].base is x


@pytest.mark.parametrize("share", [1e-17, 0.999])
def test_empty_part(share):
    with pytest.raises(ValueError, match="not sufficient to split"):
        train_validation_split((np.arange(3), None, None), share)


@pytest.mark.parametrize("share", [-0.1, 1.0, 7])
def test_share_out_of_range(share):
    with pytest.raises(ValueError, match=f"validation_split={share}"):
        train_validation_split((np.arange(3), None, None), share)


def test_only_arrays_can_be_split():
    with pytest.raises(ValueError, match="only supported for tensors or NumPy"):
        train_validation_split(((i for i in range(3)), None, None), 0.5)
