"""Sums and means of values over batches."""

from ckeras import ops
from ckeras.losses.loss import squeeze_or_expand_to_same_rank
from ckeras.metrics.metric import Metric
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["Mean", "MeanMetricWrapper", "Sum"]


def _masked(sample_weight, mask, dtype):
    """The weights, with 0 for what is masked."""
    if mask is None:
        return sample_weight
    mask = ops.cast(mask, dtype)
    if sample_weight is None:
        return mask
    sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    mask, sample_weight = squeeze_or_expand_to_same_rank(mask, sample_weight)
    return sample_weight * mask


def _per_sample(values, sample_weight, reduce, dtype):
    """One weighted value for each sample, and the weights."""
    mask = getattr(values, "_keras_mask", None)
    values = ops.cast(values, dtype)
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
        sample_weight = _masked(sample_weight, mask, dtype)
        values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
        rank = len(sample_weight.shape)
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        sample_weight = ops.broadcast_to(sample_weight, values.shape)
        values = values * sample_weight
        if rank > 1:
            sample_weight = reduce(sample_weight, axis=tuple(range(1, rank)))
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, sample_weight


class Sum(Metric):
    """The weighted sum of all values.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(self, values, sample_weight=None):
        """Adds values.

        Args:
            values: an array of any shape.
            sample_weight: factors that broadcast to it.
        """
        values, _ = _per_sample(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self):
        return ops.cast(self.total, self.dtype)


class Mean(Metric):
    """The weighted mean of all values.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    def update_state(self, values, sample_weight=None):
        """Adds values.

        Args:
            values: an array whose first axis is the samples.
            sample_weight: factors for the samples or for all values.
        """
        values, weights = _per_sample(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values) if values.shape else values)
        if weights is not None:
            count = ops.sum(weights)
        else:
            count = float(values.shape[0]) if values.shape else 1.0
        self.count.assign_add(count)

    def result(self):
        return ops.divide_no_nan(self.total, self.count)


class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions.

    Args:
        fn: function of `(y_true, y_pred, **kwargs)` with a value for each sample.
        name, dtype: see `Metric`.
        **kwargs: further arguments of `fn`.

    Example:

    >>> metric = ckeras.metrics.MeanMetricWrapper(ckeras.losses.mean_absolute_error)
    >>> float(metric([[1.0], [2.0]], [[1.0], [4.0]]))
    1.0
    """

    # In built-in metrics: which of the function's arguments the configuration keeps.
    # None: the configuration holds the function and all of them.
    saved = None
    # What is better, for callbacks that monitor the metric: "up", "down" or None.
    _direction = None

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        for key in self.saved or ():
            setattr(self, key, kwargs[key])

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: labels.
            y_pred: predictions; where they are masked, they do not count.
            sample_weight: factors for the samples.
        """
        mask = getattr(y_pred, "_keras_mask", None)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        weights = _masked(sample_weight, mask, self.dtype)
        super().update_state(values, sample_weight=weights)

    def get_config(self):
        config = super().get_config()
        if self.saved is not None:
            return {**config, **{key: getattr(self, key) for key in self.saved}}
        fn = serialize_keras_object(self._fn)
        return {**config, "fn": fn, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config):
        if "fn" in config:
            config = deserialize_keras_object(config)
        return cls(**config)
