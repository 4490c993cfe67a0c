"""Limits that hold for weights after every step of training."""

from ckeras import ops
from ckeras.engine import config
from ckeras.engine.naming import to_snake_case
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "serialize",
]


class Constraint(configured.Configured):
    """Projects a weight onto what is allowed: `weight = constraint(weight)`.

    Subclasses define `__call__`.
    """

    def __call__(self, w):
        """The allowed value next to `w`, of the same shape and type."""
        return w


def _norms(w, axis):
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Norms along `axis` of at most `max_value`.

    Args:
        max_value: the largest norm.
        axis: axis or axes whose elements make up one norm.
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        desired = ops.clip(norms, 0, self.max_value)
        return w * (desired / (config.epsilon() + norms))


class NonNeg(Constraint):
    """No negative elements."""

    def __call__(self, w):
        return ops.maximum(ops.convert_to_tensor(w), 0)


class UnitNorm(Constraint):
    """Norms along `axis` of 1.

    Args:
        axis: axis or axes whose elements make up one norm.
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        return w / (config.epsilon() + _norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Norms along `axis` between two bounds.

    Args:
        min_value: the smallest norm.
        max_value: the largest norm.
        rate: 1 enforces the bounds, less moves towards them by that share.
        axis: axis or axes whose elements make up one norm.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        desired = self.rate * clipped + (1 - self.rate) * norms
        return w * (desired / (config.epsilon() + norms))


_CLASSES = (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
_TABLE = {cls.__name__: cls for cls in _CLASSES}
_TABLE.update({to_snake_case(cls.__name__): cls for cls in _CLASSES})


def serialize(constraint):
    """The configuration of a constraint."""
    return serialize_keras_object(constraint)


def deserialize(config, custom_objects=None):
    """The constraint that a configuration describes."""
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The constraint that an argument such as `"non_neg"` stands for.

    Args:
        identifier: None, a name, a configuration, a class or a function of the
            weight.

    Raises:
        ValueError: if it stands for no constraint.
    """
    return configured.find(identifier, _TABLE, "constraint")
