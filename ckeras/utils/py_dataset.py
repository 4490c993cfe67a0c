"""Datasets that users write: an object that gives a batch for each index."""

import itertools
import warnings
from collections import deque

import numpy as np

__all__ = ["PyDataset"]


class PyDataset:
    """Base class of datasets that make their batches on demand.

    Override `__getitem__`, which returns the batch `(x,)`, `(x, y)` or
    `(x, y, sample_weight)` of an index, and `__len__`, the number of batches (or the
    property `num_batches`, None for a dataset without end).

    Args:
        workers: Number of threads or processes that prepare batches ahead. 0 and 1
            mean that batches are made when they are needed.
        use_multiprocessing: Whether the workers are processes.
        max_queue_size: Number of batches kept ready.

    Example:

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.full((2, 1), index, "float32")
    ...         return x, x**2
    """

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    @property
    def workers(self):
        # A subclass that forgot `super().__init__()` still works.
        if "_workers" not in self.__dict__:
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in "
                "its constructor. Do not pass these arguments to `fit()`.",
                stacklevel=2,
            )
            self._workers = 1
        return self._workers

    @workers.setter
    def workers(self, value):
        self._workers = value

    @property
    def use_multiprocessing(self):
        return self.__dict__.get("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value):
        self._use_multiprocessing = value

    @property
    def max_queue_size(self):
        return self.__dict__.get("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value):
        self._max_queue_size = value

    def __getitem__(self, index):
        """The batch of an index.

        Args:
            index: Integer from 0 to `num_batches - 1`.
        """
        raise NotImplementedError

    @property
    def num_batches(self):
        """Number of batches, or None for a dataset without end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            "You need to implement the `num_batches` property:\n\n"
            "@property\ndef num_batches(self):\n  return ..."
        )

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""

    def __iter__(self):
        try:
            count = self.num_batches
        except NotImplementedError:  # it does not say where it ends
            count = None
        for index in itertools.count() if count is None else range(count):
            yield self[index]


_worker_dataset = None


def _adopt(dataset):
    global _worker_dataset
    _worker_dataset = dataset


def _fetch(index):
    return _worker_dataset[index]


def iterate(dataset, shuffle):
    """The batches of one epoch, prepared by the dataset's workers if it has any."""
    count = dataset.num_batches
    if count is None:
        indices = itertools.count()
    else:
        indices = np.random.permutation(count).tolist() if shuffle else range(count)
    workers = dataset.workers
    if workers > 1 or (workers > 0 and dataset.use_multiprocessing):
        yield from _prefetch(dataset, iter(indices), workers)
    else:
        for index in indices:
            yield dataset[index]


def _prefetch(dataset, indices, workers):
    """Batches in order, with at most `max_queue_size` of them under way."""
    # Imported here since it brings all of `multiprocessing` with it.
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    if dataset.use_multiprocessing:
        pool = ProcessPoolExecutor(workers, initializer=_adopt, initargs=(dataset,))
        fetch = _fetch
    else:
        pool = ThreadPoolExecutor(workers)
        fetch = dataset.__getitem__
    queue = deque()
    try:
        for index in itertools.islice(indices, max(dataset.max_queue_size, workers)):
            queue.append(pool.submit(fetch, index))
        while queue:
            yield queue.popleft().result()
            for index in itertools.islice(indices, 1):
                queue.append(pool.submit(fetch, index))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
