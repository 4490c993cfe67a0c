"""The base class of losses: conversion, masks, weights, reduction."""

import math

from ckeras import dtype_policies, ops
from ckeras.engine import config, scope, tree
from ckeras.engine.naming import auto_name

__all__ = ["Loss", "reduce_weighted_values", "squeeze_or_expand_to_same_rank"]

_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
_REDUCTIONS = (*_MEANS, "sum", "none", None)


def _checked_reduction(reduction):
    if reduction not in _REDUCTIONS:
        raise ValueError(
            "Invalid value for argument `reduction`. Expected one of "
            f"{_REDUCTIONS}. Received: reduction={reduction}"
        )
    return reduction


class Loss:
    """How far predictions are from what is true, as a number to minimize.

    Subclasses define `call(y_true, y_pred)`, which gives a value for each sample.

    Args:
        name: name in logs.
        reduction: `"sum_over_batch_size"` (the mean over all values), `"sum"`,
            `"mean"`, `"mean_with_sample_weight"` (divides by the weights' sum), or
            None or `"none"` for one value per sample.
        dtype: number type to compute in; `floatx` by default.

    Raises:
        ValueError: for an unknown reduction.

    Example:

    >>> loss = ckeras.losses.MeanSquaredError()
    >>> float(loss([[0.0, 1.0]], [[1.0, 1.0]]))
    0.5
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = _checked_reduction(reduction)
        self._dtype = dtype_policies.get(dtype or config.floatx()).compute_dtype

    @property
    def dtype(self):
        """The number type that the loss is computed in."""
        return self._dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss.

        Args:
            y_true: labels.
            y_pred: predictions; their mask weighs samples, too.
            sample_weight: factors for the samples' losses.
        """
        in_mask = getattr(y_pred, "_keras_mask", None)
        with scope.name_scope(self.name):
            y_pred = _map_values(self._convert, y_pred)
            y_true = _map_values(self._convert_labels, y_true)
            values = self.call(y_true, y_pred)
            out_mask = getattr(values, "_keras_mask", None)
            if in_mask is not None and out_mask is not None:
                in_mask = ops.logical_and(in_mask, out_mask)
            return reduce_weighted_values(
                values,
                sample_weight=sample_weight,
                mask=out_mask if in_mask is None else in_mask,
                reduction=self.reduction,
                dtype=self.dtype,
            )

    def _convert(self, x):
        return ops.convert_to_tensor(x, dtype=self.dtype)

    def _convert_labels(self, x):
        return self._convert(x)

    def call(self, y_true, y_pred):
        """A value for each sample; to be defined by subclasses."""
        raise NotImplementedError

    def get_config(self):
        """The arguments that make an equal object, as data."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """A new loss from what `get_config` gave."""
        return cls(**config)


def _map_values(function, structure):
    """Applies `function` to each value; lists of numbers are values, too."""
    if isinstance(structure, (list, tuple)):
        leaves = tree.flatten(structure)
        if all(isinstance(leaf, (bool, int, float)) for leaf in leaves):
            return function(structure)
    return tree.map_structure(function, structure)


def squeeze_or_expand_to_same_rank(x1, x2, expand_rank_1=True):
    """Both values, after one of them lost or gained a last axis of size 1.

    Args:
        x1, x2: values whose ranks may differ by one.
        expand_rank_1: whether a vector beside a column becomes a column (rather than
            the column a vector).
    """
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == rank2 + 1 and x1.shape[-1] == 1:
        if rank2 == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, axis=-1)
        return ops.squeeze(x1, axis=-1), x2
    if rank2 == rank1 + 1 and x2.shape[-1] == 1:
        if rank1 == 1 and expand_rank_1:
            return ops.expand_dims(x1, axis=-1), x2
        return x1, ops.squeeze(x2, axis=-1)
    return x1, x2


def reduce_weighted_values(
    values,
    sample_weight=None,
    mask=None,
    reduction="sum_over_batch_size",
    dtype=None,
):
    """Weighs and masks the samples' losses and reduces them.

    Args:
        values: a loss for each sample.
        sample_weight: factors.
        mask: which samples count; means are taken over those.
        reduction: see `Loss`.
        dtype: number type to compute in.
    """
    _checked_reduction(reduction)
    values = ops.convert_to_tensor(values, dtype=dtype)
    dtype = values.dtype
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    if mask is not None:
        mask = ops.convert_to_tensor(mask, dtype=dtype)
        sample_weight = _join_mask(sample_weight, mask, reduction)
    if sample_weight is not None:
        values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
        values = values * sample_weight
    return _reduce(values, sample_weight, reduction)


def _join_mask(sample_weight, mask, reduction):
    """The weights with 0 for what is masked.

    Means divide by the number of all samples, so the others weigh `all / valid`.
    """
    if reduction in ("mean", "sum_over_batch_size"):
        count = float(math.prod(mask.shape))
        mask = mask * ops.divide_no_nan(
            ops.convert_to_tensor(count, dtype=mask.dtype), ops.sum(mask)
        )
    if sample_weight is None:
        return mask
    mask, sample_weight = squeeze_or_expand_to_same_rank(mask, sample_weight)
    return sample_weight * mask


def _reduce(values, sample_weight, reduction):
    if reduction in (None, "none") or tuple(values.shape) in ((), (0,)):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return ops.divide_no_nan(total, ops.sum(sample_weight))
    if None in values.shape:
        return ops.mean(values)
    return total / max(1.0, float(math.prod(values.shape)))
