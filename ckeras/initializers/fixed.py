"""Initializers without chance."""

import numpy as np

from ckeras import ops
from ckeras.engine.values.dtypes import standardize_dtype
from ckeras.initializers.initializer import Initializer
from ckeras.saving.serialization import deserialize_keras_object

__all__ = ["Constant", "Identity", "Ones", "Zeros"]


class Constant(Initializer):
    """Fills with a value.

    Args:
        value: a number, or an array that broadcasts to the shape.

    Example:

    >>> ckeras.initializers.Constant(3.0)(shape=(2,)).numpy()
    array([3., 3.], dtype=float32)
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        value = np.asarray(self.value, standardize_dtype(dtype))
        return ops.convert_to_tensor(np.broadcast_to(value, shape))

    @classmethod
    def from_config(cls, config):
        return cls(deserialize_keras_object(config["value"]))


class Zeros(Initializer):
    """Fills with 0."""

    def __call__(self, shape, dtype=None):
        return ops.zeros(shape, dtype=standardize_dtype(dtype))


class Ones(Initializer):
    """Fills with 1."""

    def __call__(self, shape, dtype=None):
        return ops.ones(shape, dtype=standardize_dtype(dtype))


class Identity(Initializer):
    """The identity matrix times `gain`; for matrices only.

    Args:
        gain: factor.

    Raises:
        ValueError: when called for a shape of another rank than 2.
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        dtype = standardize_dtype(dtype)
        return ops.convert_to_tensor(self.gain * np.eye(*shape), dtype=dtype)
