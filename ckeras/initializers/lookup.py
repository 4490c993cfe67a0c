"""Initializers by name, configuration or value."""

import numpy as np

from ckeras.engine.naming import to_snake_case
from ckeras.engine.values.convert import convert_to_tensor, is_tensor
from ckeras.engine.values.dtypes import standardize_dtype
from ckeras.initializers.fixed import Constant, Identity, Ones, Zeros
from ckeras.initializers.initializer import Initializer
from ckeras.initializers.random import (
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from ckeras.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from ckeras.saving import configured
from ckeras.saving.serialization import serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]

_CLASSES = (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
_TABLE = {cls.__name__: cls for cls in _CLASSES}
_TABLE.update({to_snake_case(cls.__name__): cls for cls in _CLASSES})
_TABLE.update(
    {
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "normal": RandomNormal,
        "one": Ones,
        "uniform": RandomUniform,
        "zero": Zeros,
    }
)


def serialize(initializer):
    """The configuration of an initializer."""
    return serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The initializer that a configuration describes."""
    return configured.read(config, _TABLE, custom_objects)


def get(identifier):
    """The initializer that an argument such as `"zeros"` stands for.

    Args:
        identifier: a name, a configuration, a class, a function of
            `(shape, dtype=None)`, or an array that is the value itself.

    Raises:
        ValueError: if it stands for no initializer.

    Example:

    >>> ckeras.initializers.get("he_normal").scale
    2.0
    """
    if is_tensor(identifier) or isinstance(identifier, (np.generic, np.ndarray)):
        return _fixed(identifier)
    return configured.find(identifier, _TABLE, "initializer")


def _fixed(value):
    def initialize(shape, dtype=None):
        if tuple(shape) != tuple(value.shape):
            raise ValueError(
                f"Expected `shape` to be {value.shape} for direct tensor as "
                f"initializer. Received shape={shape}"
            )
        return convert_to_tensor(value, standardize_dtype(dtype))

    return initialize
