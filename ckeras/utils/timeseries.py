"""Windows of a long series, cut out when they are needed."""

import math

import numpy as np

__all__ = ["timeseries_dataset_from_array"]


class WindowDataset:
    """Batches of windows; can be iterated again and again.

    Args:
        data: array whose first axis is time.
        targets: array with a target for each start, or None.
        starts: first timestep of each window.
        offsets: timesteps of a window, counted from its start.
        batch_size: windows in a batch, or None for single windows.
        seed: seed of the order of each pass, or None for the order of `starts`.
    """

    def __init__(self, data, targets, starts, offsets, batch_size, seed):
        self._data = data
        self._targets = targets
        self._starts = starts
        self._offsets = offsets
        self._batch_size = batch_size
        self._random = None if seed is None else np.random.default_rng(seed)

    def __len__(self):
        size = self._batch_size or 1
        return (len(self._starts) + size - 1) // size

    def __iter__(self):
        starts = self._starts
        if self._random is not None:
            starts = self._random.permutation(starts)
        for i in range(len(self)):
            yield self._batch(starts, i)

    def _batch(self, starts, index):
        if self._batch_size is None:
            chosen = starts[index]
        else:
            first = index * self._batch_size
            chosen = starts[first : first + self._batch_size, np.newaxis]
        windows = self._data[chosen + self._offsets]
        if self._targets is None:
            return windows
        return windows, self._targets[np.ravel(chosen) if chosen.ndim else chosen]


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
    format="tf",
):
    """Windows of a time series with their targets, for `fit` and its kin.

    Args:
        data: Array-like whose first axis is time.
        targets: Array-like; `targets[i]` belongs to the window that starts at
            timestep `i`. None gives windows alone.
        sequence_length: Number of timesteps in a window.
        sequence_stride: Timesteps from one window's start to the next one's.
        sampling_rate: Timesteps between two neighbours in a window.
        batch_size: Number of windows in a batch; None gives single windows.
        shuffle: Whether the windows come in a new random order each time.
        seed: Integer seed of that order.
        start_index: First timestep of `data` to use.
        end_index: Timestep before which to end.
        format: `"tf"` or `"grain"`; kept for Keras's signature, what is returned is
            the same.

    Returns:
        An iterable of batches `(windows, targets)`, NumPy arrays that are cut out of
        `data` when they are needed.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> series = np.arange(10)
    >>> batches = timeseries_dataset_from_array(series[:-3], series[3:], 3)
    >>> x, y = next(iter(batches))
    >>> x[1], y[1]
    (array([1, 2, 3]), 4)
    """
    if format not in ("tf", "grain"):
        raise ValueError(
            f"`format` should be either 'tf' or 'grain'. Received: format={format}"
        )
    data = np.asarray(data)
    count = len(data)
    _check("start_index", start_index, 0, count)
    lowest_end = 1 if start_index is None else start_index + 1
    _check("end_index", end_index, lowest_end, count)
    _check("sampling_rate", sampling_rate, 1, count)
    _check("sequence_stride", sequence_stride, 1, count)
    _check("sequence_length", sequence_length, 1, math.inf)
    _check("batch_size", batch_size, 1, math.inf)
    data = data[start_index:end_index]
    windows = len(data) - (sequence_length - 1) * sampling_rate
    if targets is not None:
        targets = np.asarray(targets)[start_index:end_index]
        windows = min(windows, len(targets))
    if shuffle and seed is None:
        seed = np.random.randint(1_000_000)
    return WindowDataset(
        data,
        targets,
        starts=np.arange(0, max(windows, 0), sequence_stride),
        offsets=np.arange(sequence_length) * sampling_rate,
        batch_size=batch_size,
        seed=seed if shuffle else None,
    )


def _check(name, value, low, high):
    whole = value is None or isinstance(value, (int, np.integer))
    if not whole or (value is not None and not low <= value < high):
        below = "" if high == math.inf else f" and below {high}"
        raise ValueError(
            f"Argument `{name}` must be at least {low}{below}, and an integer. "
            f"Received: {name}={value}"
        )
