"""Counts of right and wrong decisions; precision and recall."""

from ckeras import ops
from ckeras.metrics.counts import Counter, as_thresholds
from ckeras.metrics.metric import Metric

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]


class _Count(Metric):
    """The number of samples of one kind, for each threshold."""

    kind = None

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = as_thresholds(thresholds, default=0.5)
        self._counter = Counter(self.thresholds)
        self.accumulator = self.add_variable(
            (len(self.thresholds),), "zeros", name="accumulator"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        variables = {self.kind: self.accumulator}
        self._counter.update(variables, y_true, y_pred, sample_weight)

    def result(self):
        value = self.accumulator.value
        return value[0] if len(self.thresholds) == 1 else value

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Number of positive samples that are predicted positive.

    Args:
        thresholds: one or several numbers above which predictions are positive.
        name, dtype: see `Metric`.
    """

    kind = "true_positives"


class FalsePositives(_Count):
    """Number of negative samples that are predicted positive.

    Args:
        thresholds: one or several numbers above which predictions are positive.
        name, dtype: see `Metric`.
    """

    kind = "false_positives"


class TrueNegatives(_Count):
    """Number of negative samples that are predicted negative.

    Args:
        thresholds: one or several numbers above which predictions are positive.
        name, dtype: see `Metric`.
    """

    kind = "true_negatives"


class FalseNegatives(_Count):
    """Number of positive samples that are predicted negative.

    Args:
        thresholds: one or several numbers above which predictions are positive.
        name, dtype: see `Metric`.
    """

    kind = "false_negatives"


class _Ratio(Metric):
    """True positives over true positives and one other kind."""

    other = None
    _direction = "up"

    def __init__(
        self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        default = 0.5 if top_k is None else -1e10
        self.thresholds = as_thresholds(thresholds, default=default)
        self._counter = Counter(self.thresholds, top_k, class_id)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        setattr(self, self.other, self.add_variable(shape, "zeros", name=self.other))

    def update_state(self, y_true, y_pred, sample_weight=None):
        variables = {
            "true_positives": self.true_positives,
            self.other: getattr(self, self.other),
        }
        self._counter.update(variables, y_true, y_pred, sample_weight)

    def result(self):
        hits = self.true_positives.value
        value = ops.divide_no_nan(hits, hits + getattr(self, self.other).value)
        return value[0] if len(self.thresholds) == 1 else value

    def get_config(self):
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_Ratio):
    """Share of the positive predictions that are right.

    Args:
        thresholds: one or several numbers above which predictions are positive; 0.5
            by default, with `top_k` none.
        top_k: only that many highest predictions of a sample may be positive.
        class_id: the only class that counts.
        name, dtype: see `Metric`.

    Example:

    >>> metric = ckeras.metrics.Precision()
    >>> float(metric([0, 1, 1, 1], [1.0, 0.0, 1.0, 0.0]))
    0.5
    """

    other = "false_positives"


class Recall(_Ratio):
    """Share of the positive samples that are predicted positive.

    Args:
        thresholds: one or several numbers above which predictions are positive; 0.5
            by default, with `top_k` none.
        top_k: only that many highest predictions of a sample may be positive.
        class_id: the only class that counts.
        name, dtype: see `Metric`.
    """

    other = "false_negatives"
