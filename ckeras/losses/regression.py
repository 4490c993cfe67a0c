"""Losses for predicted quantities."""

import math

from ckeras import ops
from ckeras.engine import config
from ckeras.losses.loss import squeeze_or_expand_to_same_rank
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]


def _pair(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return squeeze_or_expand_to_same_rank(y_true, y_pred)


def mean_squared_error(y_true, y_pred):
    """`mean((y_true - y_pred)²)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.

    Example:

    >>> ckeras.losses.mean_squared_error([[1.0, 3.0]], [[2.0, 1.0]]).numpy()
    array([2.5], dtype=float32)
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true, y_pred):
    """`mean(|y_true - y_pred|)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true, y_pred):
    """`100 * mean(|y_true - y_pred| / |y_true|)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    size = ops.maximum(ops.abs(y_true), config.epsilon())
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / size), axis=-1)


def mean_squared_logarithmic_error(y_true, y_pred):
    """`mean((log(1 + y_true) - log(1 + y_pred))²)` over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`; negative ones count as 0.
        y_pred: predictions of the same shape; likewise.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    log_true = ops.log(ops.maximum(y_true, config.epsilon()) + 1.0)
    log_pred = ops.log(ops.maximum(y_pred, config.epsilon()) + 1.0)
    return ops.mean(ops.square(log_pred - log_true), axis=-1)


def huber(y_true, y_pred, delta=1.0):
    """Half the squared error up to `delta`, linear beyond, mean over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        delta: error at which the loss becomes linear.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    near = 0.5 * ops.square(error)
    far = delta * size - 0.5 * delta * delta
    return ops.mean(ops.where(size <= delta, near, far), axis=-1)


def log_cosh(y_true, y_pred):
    """`mean(log(cosh(y_pred - y_true)))` over the last axis.

    Args:
        y_true: true values, `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        Values of shape `(batch, ...)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    error = y_pred - y_true
    # log(cosh(x)) = x + log(1 + exp(-2x)) - log(2) cannot overflow.
    return ops.mean(error + ops.softplus(error * -2.0) - math.log(2.0), axis=-1)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine between the vectors along `axis`.

    Args:
        y_true: true vectors.
        y_pred: predicted vectors of the same shape.
        axis: axis of the vectors' elements.

    Returns:
        Values between -1 (same direction) and 1, without `axis`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_pred = ops.normalize(y_pred, axis=axis)
    y_true = ops.normalize(y_true, axis=axis)
    return -ops.sum(y_true * y_pred, axis=axis)


class MeanSquaredError(LossFunctionWrapper):
    """Mean squared error; see `mean_squared_error`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_squared_error",
        dtype=None,
    ):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """Mean absolute error; see `mean_absolute_error`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_absolute_error",
        dtype=None,
    ):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """Mean absolute error in percent; see `mean_absolute_percentage_error`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_absolute_percentage_error",
        dtype=None,
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """Mean squared error of logarithms; see `mean_squared_logarithmic_error`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="mean_squared_logarithmic_error",
        dtype=None,
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine between vectors; see `cosine_similarity`.

    Args:
        axis: axis of the vectors' elements.
        reduction, name, dtype: see `Loss`.
    """

    saved = ()  # as in Keras, `axis` is not kept

    def __init__(
        self,
        axis=-1,
        reduction="sum_over_batch_size",
        name="cosine_similarity",
        dtype=None,
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """Squared near 0, linear far off; see `huber`.

    Args:
        delta: error at which the loss becomes linear.
        reduction, name, dtype: see `Loss`.
    """

    saved = ()  # as in Keras, `delta` is not kept

    def __init__(
        self,
        delta=1.0,
        reduction="sum_over_batch_size",
        name="huber_loss",
        dtype=None,
    ):
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """Logarithm of the error's hyperbolic cosine; see `log_cosh`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)
