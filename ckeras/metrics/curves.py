"""Metrics over many thresholds: areas under curves, one rate at another's value."""

import numpy as np

from ckeras import ops
from ckeras.engine import config
from ckeras.metrics.counts import KINDS, Counter, even_thresholds
from ckeras.metrics.metric import Metric

__all__ = [
    "AUC",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]


class _Counts(Metric):
    """A metric of all four counts."""

    _direction = "up"

    def _add_counts(self, shape):
        for kind in KINDS:
            setattr(self, kind, self.add_variable(shape, "zeros", name=kind))

    def _count_variables(self):
        return {kind: getattr(self, kind) for kind in KINDS}

    def _values(self):
        return [getattr(self, kind).value for kind in KINDS]

    def _rates(self):
        """Precision, recall and specificity for each threshold."""
        tp, fp, tn, fn = self._values()
        return {
            "precision": ops.divide_no_nan(tp, tp + fp),
            "recall": ops.divide_no_nan(tp, tp + fn),
            "specificity": ops.divide_no_nan(tn, tn + fp),
        }


class _AtRate(_Counts):
    """The best value of one rate where another is at least what is asked for."""

    # (rate in `_rates` that is given, its argument's name, rate that is wanted)
    given = wanted = argument = None

    def __init__(self, value, num_thresholds=200, class_id=None, name=None, dtype=None):
        if value < 0 or value > 1:
            raise ValueError(
                f"Argument `{self.argument}` must be in the range [0, 1]. "
                f"Received: {self.argument}={value}"
            )
        super().__init__(name=name, dtype=dtype)
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. "
                f"Received: num_thresholds={num_thresholds}"
            )
        setattr(self, self.argument, value)
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        if num_thresholds == 1:
            self.thresholds = [0.5]
        else:
            self.thresholds = [0.0, *even_thresholds(num_thresholds), 1.0]
        self._counter = Counter(self.thresholds, class_id=class_id)
        self._add_counts((len(self.thresholds),))

    def update_state(self, y_true, y_pred, sample_weight=None):
        self._counter.update(self._count_variables(), y_true, y_pred, sample_weight)

    def result(self):
        rates = self._rates()
        wanted = rates[self.wanted]
        feasible = ops.greater_equal(rates[self.given], self.value)
        return ops.max(ops.where(feasible, wanted, ops.zeros_like(wanted)))

    def get_config(self):
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self.argument: self.value,
        }


class SensitivityAtSpecificity(_AtRate):
    """The best recall of thresholds with at least a given specificity.

    Args:
        specificity: 0 to 1.
        num_thresholds: number of thresholds tried.
        class_id: the only class that counts.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    given, argument, wanted = "specificity", "specificity", "recall"

    def __init__(
        self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_AtRate):
    """The best specificity of thresholds with at least a given recall.

    Args:
        sensitivity: 0 to 1.
        num_thresholds: number of thresholds tried.
        class_id: the only class that counts.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    given, argument, wanted = "recall", "sensitivity", "specificity"

    def __init__(
        self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_AtRate):
    """The best precision of thresholds with at least a given recall.

    Args:
        recall: 0 to 1.
        num_thresholds: number of thresholds tried.
        class_id: the only class that counts.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    given, argument, wanted = "recall", "recall", "precision"

    def __init__(
        self, recall, num_thresholds=200, class_id=None, name=None, dtype=None
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_AtRate):
    """The best recall of thresholds with at least a given precision.

    Args:
        precision: 0 to 1.
        num_thresholds: number of thresholds tried.
        class_id: the only class that counts.
        name, dtype: see `Metric`.

    Raises:
        ValueError: for an argument out of range.
    """

    given, argument, wanted = "precision", "precision", "recall"

    def __init__(
        self, precision, num_thresholds=200, class_id=None, name=None, dtype=None
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)


def _choice(value, allowed, name):
    for option in allowed:
        if value in (option, option.lower(), option.capitalize()):
            return option
    raise ValueError(
        f'Invalid AUC {name} value: "{value}". Expected one of: {list(allowed)}'
    )


class AUC(_Counts):
    """The area under a curve of two rates, over thresholds.

    Args:
        num_thresholds: number of thresholds from 0 to 1.
        curve: `"ROC"` (recall over false positive rate), `"PR"` (precision over
            recall) or `"PRGAIN"`.
        summation_method: `"interpolation"`, `"minoring"` or `"majoring"`: mean,
            smaller or larger side of each strip.
        name, dtype: see `Metric`.
        thresholds: the thresholds themselves, in place of their number.
        multi_label: whether each label has a curve of its own, whose areas are
            averaged.
        num_labels: number of labels.
        label_weights: weights of the labels.
        from_logits: whether predictions are scores before a sigmoid.

    Raises:
        ValueError: for an argument out of range.

    Example:

    >>> metric = ckeras.metrics.AUC(num_thresholds=3)
    >>> float(metric([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _choice(curve, ("ROC", "PR", "PRGAIN"), "curve")
        methods = ("interpolation", "majoring", "minoring")
        self.summation_method = _choice(summation_method, methods, "summation method")
        self._own_thresholds = thresholds is not None
        if thresholds is None:
            if num_thresholds <= 1:
                raise ValueError(
                    "Argument `num_thresholds` must be an integer > 1. "
                    f"Received: num_thresholds={num_thresholds}"
                )
            inner = even_thresholds(num_thresholds)
        else:
            inner = sorted(thresholds)
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        # Ends just outside of [0, 1] make up for rounding.
        edge = config.epsilon()
        self._thresholds = np.array([-edge, *inner, 1.0 + edge])
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        self._counter = Counter(self._thresholds, multi_label=multi_label)
        self._built = False
        if not multi_label:
            self._build(None)
        elif num_labels:
            self._build((None, num_labels))

    @property
    def thresholds(self):
        """The thresholds, with the two ends outside of [0, 1]."""
        return list(self._thresholds)

    def _build(self, shape):
        counts = (self.num_thresholds,)
        if self.multi_label:
            if len(shape) != 2:
                raise ValueError(
                    "`y_pred` must have rank 2 when `multi_label=True`. Found rank "
                    f"{len(shape)}. Full shape received for `y_pred`: {shape}"
                )
            counts = (self.num_thresholds, shape[1])
        self._add_counts(counts)
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: labels 0 or 1.
            y_pred: predictions of the same shape.
            sample_weight: factors for the samples.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        if not self._built:
            self._build(y_pred.shape)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        weights = None
        if self.label_weights is not None and not self.multi_label:
            weights = ops.convert_to_tensor(self.label_weights, dtype=self.dtype)
        variables = self._count_variables()
        self._counter.update(variables, y_true, y_pred, sample_weight, weights)

    def result(self):
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._mean_over_labels(self._interpolated_pr())
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = ops.minimum(y[:-1], y[1:])
        else:
            heights = ops.maximum(y[:-1], y[1:])
        return self._mean_over_labels((x[:-1] - x[1:]) * heights)

    def _points(self):
        tp, fp, tn, fn = self._values()
        if self.curve != "PRGAIN":
            rates = self._rates()
            if self.curve == "PR":
                return rates["recall"], rates["precision"]
            return ops.divide_no_nan(fp, fp + tn), rates["recall"]
        ratio = ops.divide_no_nan(tp + fn, tn + fp)
        recall_gain = 1.0 - ratio * ops.divide_no_nan(fn, tp)
        precision_gain = 1.0 - ratio * ops.divide_no_nan(fp, tp)
        none = ops.equal(tp, 0.0)
        recall_gain = ops.where(none, ops.zeros_like(tp), recall_gain)
        precision_gain = ops.where(none, ops.ones_like(tp), precision_gain)
        return ops.maximum(recall_gain, 0.0), precision_gain

    def _interpolated_pr(self):
        """Strips under the precision-recall curve (Davis and Goadrich, 2006).

        Between two thresholds true positives are linear in all positives, so that
        the precision there has an integral in closed form.
        """
        tp, fp, _, fn = self._values()
        positive = tp + fp
        low, high = positive[1:], positive[:-1]
        d_tp = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(d_tp, ops.maximum(high - low, 0.0))
        intercept = tp[1:] - slope * low
        both = ops.logical_and(ops.greater(high, 0.0), ops.greater(low, 0.0))
        ratio = ops.where(
            both,
            ops.divide_no_nan(high, ops.maximum(low, 0.0)),
            ops.ones_like(low),
        )
        return ops.divide_no_nan(
            slope * (d_tp + intercept * ops.log(ratio)),
            ops.maximum(tp[1:] + fn[1:], 0.0),
        )

    def _mean_over_labels(self, strips):
        if not self.multi_label:
            return ops.sum(strips)
        areas = ops.sum(strips, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        weights = ops.convert_to_tensor(self.label_weights, dtype=self.dtype)
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))

    def get_config(self):
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        if self._own_thresholds:
            config["thresholds"] = self.thresholds[1:-1]
        return config
