"""Data that come as batches: datasets, generators, loaders, any iterable."""

import itertools

from ckeras.engine import tree
from ckeras.training.data.convert import as_arrays, densify
from ckeras.training.data.weights import resolve_sample_weight
from ckeras.utils.packing import unpack_x_y_sample_weight
from ckeras.utils.py_dataset import PyDataset, iterate

__all__ = ["BatchData"]


class BatchData:
    """Batches taken one at a time from an iterable.

    Args:
        source: a `PyDataset`, a generator, or any iterable of batches, each `x`,
            `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
        shuffle: whether a `PyDataset`'s batches come in a new order each epoch.
        class_weight: dict from class number to weight.
    """

    is_arrays = False

    def __init__(self, source, shuffle=False, class_weight=None):
        self._source = source
        self._shuffle = shuffle
        self._class_weight = class_weight
        self._is_dataset = isinstance(source, PyDataset)
        # A generator can be read once only: what was read ahead is kept here.
        self._once = source if iter_is_self(source) else None
        self.num_batches = _length(source)

    def first_batch(self):
        """The first batch; it will come again when batches are iterated."""
        if self._once is None:
            batches = self._iterate()
            first = next(batches, None)
            batches.close()
        else:
            first = next(self._once, None)
            if first is not None:
                self._once = itertools.chain([first], self._once)
        if first is None:
            raise self.no_batch()
        return self._standardize(first)

    def no_batch(self):
        """The error of data without any batch."""
        return ValueError(
            "Argument `x` must yield at least one batch. "
            f"Received: an empty {type(self._source).__name__}"
        )

    def batches(self):
        """An iterator over the batches of one pass, as structures of arrays."""
        for batch in self._iterate():
            yield self._standardize(batch)

    def _iterate(self):
        if self._is_dataset:
            return iterate(self._source, self._shuffle)
        return (b for b in (self._source if self._once is None else self._once))

    def on_epoch_begin(self):
        if self._is_dataset:
            self._source.on_epoch_begin()

    def on_epoch_end(self):
        if self._is_dataset:
            self._source.on_epoch_end()
            self.num_batches = _length(self._source)

    def _standardize(self, batch):
        if isinstance(batch, list):
            batch = tuple(batch)
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        x, y = densify(as_arrays(x, "x")), as_arrays(y, "y")
        sample_weight = as_arrays(sample_weight, "sample_weight")
        _check_rows(x, y, sample_weight)
        if self._class_weight is not None:
            sample_weight = resolve_sample_weight(y, sample_weight, self._class_weight)
        if not isinstance(batch, tuple):
            return x
        return (x, y, sample_weight)[: 3 if sample_weight is not None else len(batch)]


def iter_is_self(source):
    """Whether `source` is an iterator, which can be read only once."""
    return hasattr(source, "__next__") and not isinstance(source, PyDataset)


def _length(source):
    if isinstance(source, PyDataset):
        return source.num_batches
    try:
        return len(source)
    except TypeError:
        return None


def _check_rows(x, y, sample_weight):
    arrays = tree.flatten((x, y, sample_weight))
    counts = {a.shape[0] for a in arrays if a is not None}
    if len(counts) > 1:
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays of a batch contain "
            f"the same number of samples. Received sizes: {sorted(counts)}"
        )
    # The mean loss of no sample is NaN, and so would be all weights after it.
    if counts == {0} and y is not None:
        shapes = [a.shape for a in tree.flatten(x) if a is not None]
        raise ValueError(
            "A batch must hold at least one sample. "
            f"Received: an empty batch, x.shape={shapes[0] if shapes else None}"
        )
