"""Penalties on the size or the shape of weights."""

import math

from ckeras import ops
from ckeras.engine import config
from ckeras.engine.naming import to_snake_case
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "serialize",
]


class Regularizer(configured.Configured):
    """A term of the loss that depends on a weight: `regularizer(weight)`.

    Subclasses define `__call__` and `get_config`.
    """

    def __call__(self, x):
        """The penalty for the weight `x`, a scalar."""
        return 0.0

    def get_config(self):
        """The arguments that make an equal object, as data."""
        raise NotImplementedError(f"{self} does not implement get_config()")


def _factor(value, name):
    number = isinstance(value, (float, int))
    if not number or math.isinf(value) or math.isnan(value) or value < 0:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float. "
            f"Received: {name}={value}"
        )
    return float(value)


def _scaled_sum(factor, x):
    return ops.cast(factor, x.dtype) * ops.sum(x)


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x²)`.

    Args:
        l1: factor of the absolute values.
        l2: factor of the squares.

    Raises:
        ValueError: if a factor is negative or not finite.
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x):
        penalty = ops.convert_to_tensor(0.0, dtype=x.dtype)
        if self.l1:
            penalty = penalty + _scaled_sum(self.l1, ops.absolute(x))
        if self.l2:
            penalty = penalty + _scaled_sum(self.l2, ops.square(x))
        return penalty

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """`l1 * sum(|x|)`.

    Args:
        l1: factor.

    Raises:
        ValueError: if the factor is negative or not finite.
    """

    def __init__(self, l1=0.01):
        self.l1 = _factor(0.01 if l1 is None else l1, "l1")

    def __call__(self, x):
        return _scaled_sum(self.l1, ops.absolute(x))

    def get_config(self):
        # Keras keeps this factor in the default float type.
        return {"l1": float(ops.convert_to_tensor(self.l1))}


class L2(Regularizer):
    """`l2 * sum(x²)`.

    Args:
        l2: factor.

    Raises:
        ValueError: if the factor is negative or not finite.

    Example:

    >>> float(ckeras.regularizers.L2(0.5)(ckeras.ops.ones((3,))))
    1.5
    """

    def __init__(self, l2=0.01):
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x):
        return _scaled_sum(self.l2, ops.square(x))

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Pushes a matrix's rows or columns to be orthogonal.

    `factor` times the mean |cosine| over all pairs of them.

    Args:
        factor: factor of the mean.
        mode: `"rows"` or `"columns"`.

    Raises:
        ValueError: for a bad argument, or when called on a value of another rank
            than 2.
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _factor(factor, "factor")
        if mode not in ("rows", "columns"):
            raise ValueError(
                "Invalid value for argument `mode`. Expected one of "
                f'{{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, inputs):
        if len(inputs.shape) != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape={inputs.shape}"
            )
        rows = ops.convert_to_tensor(inputs)
        if self.mode == "columns":
            rows = ops.transpose(rows)
        square_norm = ops.sum(ops.square(rows), axis=1, keepdims=True)
        rows = rows * ops.rsqrt(ops.maximum(square_norm, config.epsilon()))
        size = rows.shape[0]
        cosines = ops.matmul(rows, ops.transpose(rows))
        off_diagonal = cosines * (1.0 - ops.eye(size, dtype=cosines.dtype))
        pairs = size * (size - 1.0) / 2.0
        return ops.sum(ops.absolute(off_diagonal)) * (0.5 * self.factor / pairs)

    def get_config(self):
        return {
            "factor": float(ops.convert_to_tensor(self.factor)),
            "mode": self.mode,
        }


_CLASSES = (Regularizer, L1, L2, L1L2, OrthogonalRegularizer)
_TABLE = {cls.__name__: cls for cls in _CLASSES}
_TABLE.update({to_snake_case(cls.__name__): cls for cls in _CLASSES})
_TABLE["l1_l2"] = L1L2


def serialize(regularizer):
    """The configuration of a regularizer."""
    return serialize_keras_object(regularizer)


def deserialize(config, custom_objects=None):
    """The regularizer that a configuration describes."""
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The regularizer that an argument such as `"l2"` stands for.

    Args:
        identifier: None, a name, a configuration, a class or a function of the
            weight.

    Raises:
        ValueError: if it stands for no regularizer.
    """
    return configured.find(identifier, _TABLE, "regularizer")
