"""Data that lies in memory as arrays: the adapter that C code reads rows from.

Sparse matrices are made dense batch by batch, so that they never are as a whole.
"""

import math

import numpy as np

from ckeras.engine import tree
from ckeras.training.data.convert import as_arrays, densify, is_sparse
from ckeras.training.data.weights import resolve_sample_weight
from ckeras.utils.packing import pack_x_y_sample_weight

__all__ = ["ArrayData"]


class ArrayData:
    """Batches of rows of arrays, in order or shuffled.

    Attributes:
        is_arrays: whether rows can be read in place; not so with sparse matrices.

    Args:
        x, y, sample_weight: (structures of) array-likes with a row for each sample;
            only `x` must be given.
        batch_size: rows in a batch; 32 by default, or what `steps` asks for.
        steps: number of batches that an epoch is to have, or None.
        shuffle: whether rows come in a new random order each epoch; `"batch"`
            shuffles the batches and keeps the rows within one together.
        class_weight: dict from class number to weight.

    Raises:
        ValueError: for data without samples or with different numbers of them, and
            for a batch size below 1.
    """

    def __init__(
        self,
        x,
        y=None,
        sample_weight=None,
        batch_size=None,
        steps=None,
        shuffle=False,
        class_weight=None,
    ):
        x = as_arrays(x, "x")
        y = as_arrays(y, "y")
        sample_weight = as_arrays(sample_weight, "sample_weight")
        self.num_samples = _count_samples(x=x, y=y, sample_weight=sample_weight)
        sample_weight = resolve_sample_weight(y, sample_weight, class_weight)
        self.data = pack_x_y_sample_weight(x, y, sample_weight)
        check_batch_size(batch_size)
        if batch_size is None:
            batch_size = math.ceil(self.num_samples / steps) if steps else 32
        self.batch_size = int(batch_size)
        self.num_batches = math.ceil(self.num_samples / self.batch_size)
        self._shuffle = shuffle
        self.is_arrays = not any(is_sparse(a) for a in tree.flatten(self.data))

    def convert(self, function):
        """Replaces the data by `function(data)`, which must keep the rows."""
        self.data = function(self.data)

    def first_batch(self):
        """The first rows, as a structure of arrays."""
        return self.rows(0, min(self.batch_size, self.num_samples))

    def rows(self, start, stop, order=None):
        """Rows `start` to `stop` of an epoch whose order is `order`."""
        index = slice(start, stop) if order is None else order[start:stop]
        return densify(
            tree.map_structure(lambda a: None if a is None else a[index], self.data)
        )

    def batches(self):
        """An iterator over the batches of one pass."""
        order = self.epoch_order()
        for start in range(0, self.num_samples, self.batch_size):
            stop = min(start + self.batch_size, self.num_samples)
            yield self.rows(start, stop, order)

    def on_epoch_begin(self):
        """Nothing to do: as `BatchData` has it."""

    def on_epoch_end(self):
        """Nothing to do: as `BatchData` has it."""

    def epoch_order(self):
        """Row numbers of the next epoch (int64), or None for rows as they lie."""
        if not self._shuffle:
            return None
        if self._shuffle != "batch":
            return np.random.permutation(self.num_samples)
        starts = np.random.permutation(self.num_samples // self.batch_size)
        rows = starts[:, np.newaxis] * self.batch_size + np.arange(self.batch_size)
        whole = rows.size
        return np.concatenate([rows.ravel(), np.arange(whole, self.num_samples)])


def check_batch_size(batch_size):
    """Raises ValueError unless `batch_size` is None or an integer of 1 or more."""
    if batch_size is None:
        return
    whole = isinstance(batch_size, (int, np.integer)) and batch_size is not True
    if not whole or batch_size < 1:
        raise ValueError(
            "Argument `batch_size` must be an integer of 1 or more, or None. "
            f"Received: batch_size={batch_size}"
        )


def _count_samples(**named):
    """The one number of samples that all arrays have."""
    sizes = {
        name: [a.shape[0] for a in tree.flatten(arrays) if a is not None]
        for name, arrays in named.items()
    }
    counts = {n for of_argument in sizes.values() for n in of_argument}
    if len(counts) > 1:
        told = "; ".join(
            f"'{name}' sizes: {', '.join(map(str, s))}"
            for name, s in sizes.items()
            if s
        )
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same "
            f"number of samples. Received: {told}"
        )
    if not counts:
        raise ValueError("Argument `x` holds no array. Expected at least one.")
    (count,) = counts
    if count == 0:
        shapes = [a.shape for a in tree.flatten(named["x"]) if a is not None]
        raise ValueError(
            "Argument `x` must hold at least one sample. "
            f"Received an empty array: x.shape={shapes[0]}"
        )
    return count
