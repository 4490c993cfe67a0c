"""F-scores, the coefficient of determination, correlations."""

from ckeras import ops
from ckeras.engine import config
from ckeras.losses.loss import squeeze_or_expand_to_same_rank
from ckeras.metrics.metric import Metric
from ckeras.metrics.reduction import MeanMetricWrapper

__all__ = [
    "ConcordanceCorrelation",
    "F1Score",
    "FBetaScore",
    "PearsonCorrelation",
    "R2Score",
    "concordance_correlation",
    "pearson_correlation",
]


def _check_2d(metric, y_true, y_pred):
    if len(y_pred.shape) != 2 or len(y_true.shape) != 2:
        raise ValueError(
            f"{metric} expects 2D inputs with shape (batch_size, output_dim). "
            f"Received input shapes: y_pred.shape={y_pred.shape} and "
            f"y_true.shape={y_true.shape}."
        )


def _type_unless_float(value):
    return "" if isinstance(value, float) else f" of type '{type(value)}'"


class FBetaScore(Metric):
    """A mean of precision and recall that weighs recall `beta` times.

    `(1 + beta²) * precision * recall / (beta² * precision + recall)`.

    Args:
        average: None for a score for each class, `"micro"` for one over all,
            `"macro"` for the classes' mean, `"weighted"` for that weighted by size.
        beta: weight of recall.
        threshold: predictions above it are positive; None for each sample's highest.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    _direction = "up"

    def __init__(
        self,
        average=None,
        beta=1.0,
        threshold=None,
        name="fbeta_score",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', "
                f"'macro', 'weighted'}}. Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0.0:
            raise ValueError(
                "Invalid `beta` argument value. It should be "
                f"{'> 0' if isinstance(beta, float) else 'a Python float'}. "
                f"Received: beta={beta}{_type_unless_float(beta)}"
            )
        in_range = isinstance(threshold, float) and 0 < threshold <= 1
        if threshold is not None and not in_range:
            wanted = "verify 0 < threshold <= 1"
            if not isinstance(threshold, float):
                wanted = "be a Python float"
            raise ValueError(
                f"Invalid `threshold` argument value. It should {wanted}. "
                f"Received: threshold={threshold}{_type_unless_float(threshold)}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._built = False

    def _build(self, y_true, y_pred):
        _check_2d(type(self).__name__, y_true, y_pred)
        shape = () if self.average == "micro" else (y_pred.shape[-1],)
        for name in (
            "true_positives",
            "false_positives",
            "false_negatives",
            "intermediate_weights",
        ):
            setattr(
                self, name, self.add_variable(shape, "zeros", self.dtype, name=name)
            )
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: labels 0 or 1, `(batch, classes)`.
            y_pred: predictions of the same shape.
            sample_weight: factors for the samples.
        """
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        if not self._built:
            self._build(y_true, y_pred)
        if self.threshold is None:
            best = ops.max(y_pred, axis=-1, keepdims=True)
            # A sample with predictions of 0 alone is positive nowhere.
            chosen = ops.logical_and(
                ops.greater_equal(y_pred, best), ops.greater(ops.abs(y_pred), 1e-9)
            )
        else:
            chosen = ops.greater(y_pred, self.threshold)
        chosen = ops.cast(chosen, self.dtype)

        def add(variable, values):
            if sample_weight is not None:
                weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
                values = values * ops.expand_dims(weight, 1)
            variable.assign_add(ops.sum(values, axis=self.axis))

        add(self.true_positives, chosen * y_true)
        add(self.false_positives, chosen * (1.0 - y_true))
        add(self.false_negatives, (1.0 - chosen) * y_true)
        add(self.intermediate_weights, y_true)

    def result(self):
        tiny = config.epsilon()
        hits = self.true_positives.value
        precision = hits / (hits + self.false_positives.value + tiny)
        recall = hits / (hits + self.false_negatives.value + tiny)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + tiny)
        score = score * (1.0 + square)
        if self.average == "weighted":
            sizes = self.intermediate_weights.value
            return ops.sum(score * (sizes / (ops.sum(sizes) + tiny)))
        return score if self.average is None else ops.mean(score)

    def get_config(self):
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    Args:
        average, threshold: see `FBetaScore`.
        name, dtype: see `Metric`.
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        config = super().get_config()
        del config["beta"]
        return config


class R2Score(Metric):
    """The coefficient of determination: the share of the variance that is predicted.

    Args:
        class_aggregation: `"uniform_average"` or `"variance_weighted_average"` over
            the outputs, or None for one score each.
        num_regressors: number of features, for the adjusted score; 0 for the plain.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation="uniform_average",
        num_regressors=0,
        name="r2_score",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        kinds = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in kinds:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{kinds}. Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, y_true, y_pred):
        _check_2d("R2Score", y_true, y_pred)
        shape = (y_pred.shape[-1],)
        self.squared_sum = self.add_variable(shape, "zeros", name="squared_sum")
        self.sum = self.add_variable(shape, "zeros", name="sum")
        self.total_mse = self.add_variable(shape, "zeros", name="residual")
        self.count = self.add_variable(shape, "zeros", name="count")
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: true values, `(batch, outputs)`.
            y_pred: predictions of the same shape.
            sample_weight: factors for the samples.
        """
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        if not self._built:
            self._build(y_true, y_pred)
        weight = 1.0 if sample_weight is None else sample_weight
        weight = ops.convert_to_tensor(weight, dtype=self.dtype)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, axis=1)
        weight = ops.broadcast_to(weight, y_true.shape)
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        error = ops.square(y_true - y_pred) * weight
        self.total_mse.assign_add(ops.sum(error, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(float(y_true.shape[0] * y_true.shape[1]))

    def result(self):
        total = self.squared_sum.value - ops.square(self.sum.value) / self.count.value
        scores = 1.0 - self.total_mse.value / total
        scores = ops.where(ops.isinf(scores), ops.zeros_like(scores), scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        if self.num_regressors == 0:
            return scores
        # The adjusted score exists for more samples than features only.
        samples = self.num_samples.value
        freedom = samples - self.num_regressors - 1.0
        exists = ops.greater(freedom, 0.0)
        freedom = ops.where(exists, freedom, ops.ones_like(freedom))
        adjusted = 1.0 - (1.0 - scores) * (samples - 1.0) / freedom
        return ops.where(exists, adjusted, scores)

    def get_config(self):
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }


def _pair(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return squeeze_or_expand_to_same_rank(y_true, y_pred)


def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation of labels and predictions along `axis`.

    Args:
        y_true: true values.
        y_pred: predictions of the same shape.
        axis: axis of what is correlated.

    Returns:
        Values from -1 to 1, without `axis`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    d_true = y_true - ops.mean(y_true, axis=axis, keepdims=True)
    d_pred = y_pred - ops.mean(y_pred, axis=axis, keepdims=True)
    d_true = d_true / ops.std(d_true, axis=axis, keepdims=True)
    d_pred = d_pred / ops.std(d_pred, axis=axis, keepdims=True)
    return ops.mean(d_true * d_pred, axis=axis)


def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance correlation along `axis`: 1 for equal, not only linear.

    Args:
        y_true: true values.
        y_pred: predictions of the same shape.
        axis: axis of what is correlated.

    Returns:
        Values from -1 to 1, without `axis`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    mean_true = ops.mean(y_true, axis=axis, keepdims=True)
    mean_pred = ops.mean(y_pred, axis=axis, keepdims=True)
    var_true = ops.var(y_true - mean_true, axis=axis, keepdims=True)
    var_pred = ops.var(y_pred - mean_pred, axis=axis, keepdims=True)
    product = (y_true - mean_pred) * (y_pred - mean_pred)
    size = var_true + var_pred + ops.square(mean_true - mean_pred)
    return ops.mean(2.0 * product / (size + config.epsilon()), axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """Mean of Pearson's correlations; see `pearson_correlation`.

    Args:
        name, dtype: see `Metric`.
        axis: axis of what is correlated.
    """

    saved = ("axis",)
    _direction = "up"

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean of concordance correlations; see `concordance_correlation`.

    Args:
        name, dtype: see `Metric`.
        axis: axis of what is correlated.
    """

    saved = ("axis",)
    _direction = "up"

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
