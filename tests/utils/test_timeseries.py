import numpy as np
import pytest

from ckeras.utils import timeseries_dataset_from_array as windows_of

SERIES = np.arange(20.0)


def test_windows_and_targets():
    batches = list(windows_of(SERIES[:-3], SERIES[3:], 3, batch_size=4))
    x = np.concatenate([b[0] for b in batches])
    y = np.concatenate([b[1] for b in batches])
    assert [len(b[0]) for b in batches] == [4, 4, 4, 3]
    np.testing.assert_array_equal(x, np.arange(15.0)[:, np.newaxis] + [0, 1, 2])
    np.testing.assert_array_equal(y, np.arange(15.0) + 3)


def test_stride_rate_and_range():
    (x,) = windows_of(
        SERIES, None, 3, sequence_stride=4, sampling_rate=2, start_index=2, end_index=18
    )
    np.testing.assert_array_equal(x, [[2, 4, 6], [6, 8, 10], [10, 12, 14]])


def test_several_features_and_single_windows():
    data = np.stack([SERIES, -SERIES], axis=1)
    dataset = windows_of(data, SERIES, 5, batch_size=None)
    assert len(dataset) == 16
    x, y = list(dataset)[2]
    np.testing.assert_array_equal(x, data[2:7])
    assert y == 2


def test_shuffled_anew_each_time():
    dataset = windows_of(SERIES, SERIES, 2, batch_size=None, shuffle=True, seed=1)
    one, two = ([y for _, y in dataset] for _ in range(2))
    assert sorted(one) == sorted(two) == list(range(19))
    assert one != two
    again = windows_of(SERIES, SERIES, 2, batch_size=None, shuffle=True, seed=1)
    assert [y for _, y in again] == one


@pytest.mark.parametrize(
    "arguments",
    [
        {"start_index": 20},
        {"end_index": 0},
        {"start_index": 5, "end_index": 5},
        {"sampling_rate": 0},
        {"sequence_stride": 30},
        {"sequence_stride": 1.5},
        {"batch_size": 0},
        {"batch_size": -2},
    ],
)
def test_out_of_range(arguments):
    with pytest.raises(ValueError, match=f"`{list(arguments)[-1]}` must be at least"):
        windows_of(SERIES, None, 3, **arguments)


@pytest.mark.parametrize("length", [0, -3, 2.0])
def test_windows_have_timesteps(length):
    with pytest.raises(ValueError, match="`sequence_length` must be at least 1"):
        windows_of(SERIES, None, length)


def test_format():
    for kind in ("tf", "grain"):
        (batch,) = windows_of(np.arange(5), None, 3, format=kind)
        np.testing.assert_array_equal(batch[0], [0, 1, 2])
    with pytest.raises(ValueError, match="`format` should be"):
        windows_of(np.arange(5), None, 3, format="list")
