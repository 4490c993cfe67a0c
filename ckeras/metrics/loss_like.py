"""Means of loss functions."""

from ckeras import ops
from ckeras.losses import crossentropy, margin, regression
from ckeras.losses.loss import squeeze_or_expand_to_same_rank
from ckeras.metrics.reduction import Mean, MeanMetricWrapper

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
]


class _MeanOfLoss(MeanMetricWrapper):
    saved = ()
    _direction = "down"


class MeanSquaredError(_MeanOfLoss):
    """Mean of the squared errors.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(regression.mean_squared_error, name, dtype)


class MeanAbsoluteError(_MeanOfLoss):
    """Mean of the absolute errors.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(regression.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(_MeanOfLoss):
    """Mean of the absolute errors, in percent of the true values.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(regression.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(_MeanOfLoss):
    """Mean of the squared errors of the logarithms.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(regression.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(_MeanOfLoss):
    """Mean logarithm of the errors' hyperbolic cosine.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(regression.log_cosh, name, dtype)


def _cosine(y_true, y_pred, axis=-1):
    return -regression.cosine_similarity(y_true, y_pred, axis)


class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine between true and predicted vectors.

    Args:
        name, dtype: see `Metric`.
        axis: axis of the vectors' elements.
    """

    saved = ()  # as in Keras, `axis` is not kept
    _direction = "up"

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(_cosine, name, dtype, axis=axis)


class RootMeanSquaredError(Mean):
    """Root of the mean of the squared errors.

    Args:
        name, dtype: see `Metric`.
    """

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self):
        return ops.sqrt(super().result())


class Hinge(_MeanOfLoss):
    """Mean hinge loss.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="hinge", dtype=None):
        super().__init__(margin.hinge, name, dtype)


class SquaredHinge(_MeanOfLoss):
    """Mean squared hinge loss.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(margin.squared_hinge, name, dtype)


class CategoricalHinge(_MeanOfLoss):
    """Mean categorical hinge loss.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(margin.categorical_hinge, name, dtype)


class KLDivergence(_MeanOfLoss):
    """Mean Kullback-Leibler divergence.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(crossentropy.kl_divergence, name, dtype)


class Poisson(_MeanOfLoss):
    """Mean Poisson loss.

    Args:
        name, dtype: see `Metric`.
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(crossentropy.poisson, name, dtype)


class BinaryCrossentropy(_MeanOfLoss):
    """Mean crossentropy of labels that are 0 or 1.

    Args:
        name, dtype: see `Metric`.
        from_logits: whether predictions are scores before a sigmoid.
        label_smoothing: how far labels are moved towards one half, 0 to 1.
    """

    saved = ("from_logits", "label_smoothing")

    def __init__(
        self,
        name="binary_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
    ):
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(crossentropy.binary_crossentropy, name, dtype, **options)


class CategoricalCrossentropy(_MeanOfLoss):
    """Mean crossentropy of one-hot labels.

    Args:
        name, dtype: see `Metric`.
        from_logits: whether predictions are scores before a softmax.
        label_smoothing: share of the labels that is spread over all classes.
        axis: axis of the classes.
    """

    saved = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name="categorical_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
        axis=-1,
    ):
        super().__init__(
            crossentropy.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(_MeanOfLoss):
    """Mean crossentropy of class numbers.

    Args:
        name, dtype: see `Metric`.
        from_logits: whether predictions are scores before a softmax.
        ignore_class: label of the places that do not count.
        axis: axis of the classes.
    """

    saved = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name="sparse_categorical_crossentropy",
        dtype=None,
        from_logits=False,
        ignore_class=None,
        axis=-1,
    ):
        super().__init__(
            crossentropy.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
