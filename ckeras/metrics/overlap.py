"""Intersection over union of predicted and true regions."""

import warnings

from ckeras import ops
from ckeras.engine import config
from ckeras.metrics.metric import Metric

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


class IoU(Metric):
    """Mean, over some classes, of intersection over union.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes that count.
        name: see `Metric`.
        dtype: number type of the confusion matrix; integer by default.
        ignore_class: label of the places that do not count.
        sparse_y_true, sparse_y_pred: whether labels and predictions are class numbers
            rather than a value for each class.
        axis: axis of the classes.

    Raises:
        ValueError: if a class is out of range.
    """

    _direction = "up"

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        # Counts are whole numbers unless weights say otherwise.
        super().__init__(name=name, dtype=dtype or "int32")
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes),
            "zeros",
            self.dtype,
            name="total_confusion_matrix",
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: labels.
            y_pred: predictions.
            sample_weight: factors that broadcast to the labels.
        """
        if not self.sparse_y_true:
            y_true = ops.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = ops.argmax(y_pred, axis=self.axis)
        y_true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        y_pred = ops.reshape(ops.cast(y_pred, "int32"), (-1,))
        weight = 1 if sample_weight is None else sample_weight
        if "float" in str(getattr(weight, "dtype", "")) and "int" in self.dtype:
            warnings.warn(
                f"The sample weight is float, but the metric counts in {self.dtype}: "
                "casting cuts off the weights' fractions. Use integer weights, or "
                "pass a float `dtype`.",
                stacklevel=2,
            )
        weight = ops.convert_to_tensor(weight, dtype=self.dtype)
        if len(weight.shape) > 1:
            weight = ops.reshape(weight, (-1,))
        weight = ops.broadcast_to(weight, y_true.shape)
        if self.ignore_class is not None:
            counts = ops.not_equal(y_true, self.ignore_class)
            weight = ops.where(counts, weight, ops.zeros_like(weight))
        # A class out of range has a row of zeros here, and so does not count.
        compute = "float64" if self.dtype == "float64" else "float32"
        true = ops.cast(ops.one_hot(y_true, self.num_classes), compute)
        pred = ops.cast(ops.one_hot(y_pred, self.num_classes), compute)
        weighted = true * ops.expand_dims(ops.cast(weight, compute), 1)
        matrix = ops.matmul(ops.transpose(weighted), pred)
        self.total_cm.assign_add(ops.cast(matrix, self.dtype))

    def result(self):
        matrix = ops.cast(self.total_cm, "float32")
        both = ops.diagonal(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - both
        targets = ops.convert_to_tensor(self.target_class_ids, dtype="int32")
        both, union = ops.take(both, targets), ops.take(union, targets)
        valid = ops.cast(ops.greater(union, 1e-9), "float32")
        share = valid * both / (union + config.epsilon())
        return ops.sum(share) / (ops.sum(valid) + config.epsilon())

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names):
        config = IoU.get_config(self)
        return {key: value for key, value in config.items() if key not in names}


class BinaryIoU(IoU):
    """Intersection over union of classes 0 and 1, of predictions and a threshold.

    Args:
        target_class_ids: the classes that count.
        threshold: predictions from it on are class 1.
        name, dtype: see `IoU`.
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        y_pred = ops.greater_equal(y_pred, self.threshold)
        super().update_state(y_true, y_pred, sample_weight)

    def get_config(self):
        names = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred")
        config = self._config_without(*names, "axis")
        return {**config, "threshold": self.threshold}


class MeanIoU(IoU):
    """Mean, over all classes, of intersection over union.

    Args:
        num_classes: number of classes.
        name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis: see `IoU`.
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self):
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """`IoU` for one-hot labels.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes that count.
        name, dtype, ignore_class, sparse_y_pred, axis: see `IoU`.
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            target_class_ids,
            name,
            dtype,
            ignore_class,
            False,
            sparse_y_pred,
            axis,
        )

    def get_config(self):
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` for one-hot labels.

    Args:
        num_classes: number of classes.
        name, dtype, ignore_class, sparse_y_pred, axis: see `IoU`.
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self):
        return self._config_without("target_class_ids", "sparse_y_true")
