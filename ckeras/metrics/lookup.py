"""Metrics by name or configuration."""

from ckeras.engine.naming import to_snake_case
from ckeras.metrics import (
    accuracy,
    confusion,
    curves,
    loss_like,
    overlap,
    reduction,
    scores,
)
from ckeras.metrics.metric import Metric
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]

_MODULES = (reduction, accuracy, confusion, curves, loss_like, overlap, scores)
_NAMES = {name: getattr(m, name) for m in _MODULES for name in m.__all__}
_TABLE = {n: cls for n, cls in _NAMES.items() if isinstance(cls, type)}
_TABLE["Metric"] = Metric
_TABLE.update({to_snake_case(n): cls for n, cls in dict(_TABLE).items()})
_SHORT = {
    "bce": loss_like.BinaryCrossentropy,
    "mae": loss_like.MeanAbsoluteError,
    "mape": loss_like.MeanAbsolutePercentageError,
    "mse": loss_like.MeanSquaredError,
    "msle": loss_like.MeanSquaredLogarithmicError,
}
_TABLE.update(_SHORT)
_TABLE.update({name.upper(): cls for name, cls in _SHORT.items()})


def serialize(metric):
    """The configuration of a metric or metric function."""
    return serialize_keras_object(metric)


def deserialize(config, custom_objects=None):
    """The metric that a configuration describes."""
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The metric that an argument such as `"mae"` stands for.

    Args:
        identifier: None, a name, a configuration, a class, or a function of
            `(y_true, y_pred)`.

    Raises:
        ValueError: if it stands for no metric.

    Example:

    >>> ckeras.metrics.get("mae")
    <MeanAbsoluteError name=mean_absolute_error>
    """
    return configured.find(identifier, _TABLE, "metric")
