"""Windows of a series as a `PyDataset`, as in Keras 2."""

import json

import numpy as np

from ckeras.utils.py_dataset import PyDataset

__all__ = ["TimeseriesGenerator"]


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target that follows the window.

    `utils.timeseries_dataset_from_array` is the newer way to do it.

    Args:
        data: List or array whose first axis is time.
        targets: List or array with a target for each timestep.
        length: Timesteps that a window spans; its target is that of the timestep
            after it.
        sampling_rate: Timesteps between two neighbours in a window.
        stride: Timesteps from one window to the next.
        start_index, end_index: First and last timestep to use.
        shuffle: Whether every batch consists of windows drawn at random.
        reverse: Whether time runs backwards in the windows.
        batch_size: Number of windows in a batch.
        **kwargs: As of `PyDataset`.

    Raises:
        ValueError: If data and targets are not of the same length, or no window fits.

    Example:

    >>> series = np.arange(6)
    >>> x, y = TimeseriesGenerator(series, series, length=3, batch_size=2)[0]
    >>> x, y
    (array([[0, 1, 2],
           [1, 2, 3]]), array([3, 4]))
    """

    def __init__(
        self,
        data,
        targets,
        length,
        sampling_rate=1,
        stride=1,
        start_index=0,
        end_index=None,
        shuffle=False,
        reverse=False,
        batch_size=128,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(
                "Data and targets have to be of same length. Data length is "
                f"{len(data)} while target length is {len(targets)}"
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length  # the first window's target
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > "
                f"end_index={self.end_index}` is disallowed, as no part of the "
                "sequence would be left to be used as current step."
            )

    def __len__(self):
        span = self.batch_size * self.stride
        return (self.end_index - self.start_index + span) // span

    def __getitem__(self, index):
        after = self.end_index + 1
        if self.shuffle:
            rows = np.random.randint(self.start_index, after, size=self.batch_size)
        else:
            span = self.batch_size * self.stride
            first = self.start_index + index * span
            rows = np.arange(first, min(first + span, after), self.stride)
        step = self.sampling_rate
        windows = np.array([self.data[row - self.length : row : step] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (windows[:, ::-1] if self.reverse else windows), targets

    def get_config(self):
        """The arguments, data and targets as JSON.

        Raises:
            TypeError: If data or targets have no JSON.
        """
        names = ("length", "sampling_rate", "stride", "start_index", "end_index")
        names += ("shuffle", "reverse", "batch_size")
        options = {name: getattr(self, name) for name in names}
        data = _as_json("Data", self.data)
        return {"data": data, "targets": _as_json("Targets", self.targets), **options}

    def to_json(self, **kwargs):
        """The configuration as JSON.

        Args:
            **kwargs: As of `json.dumps`.
        """
        content = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(content, **kwargs)


def _as_json(what, values):
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray) else values)
    except TypeError as e:
        raise TypeError(f"{what} not JSON Serializable: {values}") from e
