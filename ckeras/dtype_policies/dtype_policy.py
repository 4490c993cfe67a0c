"""Policies: the number types of a layer's weights and of its computation."""

import numpy as np

from ckeras.engine import config
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_tensor, is_tensor

__all__ = ["DTypePolicy", "FloatDTypePolicy", "dtype_policy", "set_dtype_policy"]

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The number type that a layer computes in and keeps its weights in.

    Args:
        name: name of a number type, or "mixed_float16" or "mixed_bfloat16": computing
            in half precision with weights of float32. The global policy's by default.

    Raises:
        TypeError: if `name` is no string.
        ValueError: if it names no policy.

    Example:

    >>> ckeras.layers.Dense(2, dtype="float64").dtype_policy
    <DTypePolicy "float64">
    """

    def __init__(self, name=None):
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                "'name' must be a string, such as 'mixed_float16'. "
                f"Received: name={name} (of type {type(name)})"
            )
        try:
            self._compute_dtype = dtypes.standardize_dtype(_MIXED.get(name, name))
        except ValueError:
            raise ValueError(
                f"Cannot convert '{name}' to a DTypePolicy. Valid policies are "
                "'mixed_float16', 'mixed_bfloat16' and the names of float dtypes such "
                "as 'float32'."
            ) from None
        self._variable_dtype = "float32" if name in _MIXED else self._compute_dtype
        self._name = name

    @property
    def name(self):
        return self._name

    @property
    def compute_dtype(self):
        """The number type of computations."""
        return self._compute_dtype

    @property
    def variable_dtype(self):
        """The number type of weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self):
        return None

    def convert_input(self, x, autocast, dtype):
        """`x` as a tensor, floats cast to `dtype` if `autocast` is set.

        Integers keep their type; what is neither tensor nor array is left alone.
        """
        if hasattr(x, "_is_variable") or isinstance(x, np.ndarray):
            x = convert_to_tensor(x)
        elif not is_tensor(x) and not isinstance(x, KerasTensor):
            if not hasattr(x, "__array__"):
                return x
            x = convert_to_tensor(np.asarray(x))
        if autocast and x.dtype != dtype and dtypes.is_float(x.dtype):
            return x.astype(dtype)
        return x

    def get_config(self):
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __eq__(self, other):
        plain = (DTypePolicy, FloatDTypePolicy)
        alike = plain if type(self) in plain else (type(self),)
        return type(other) in alike and self._name == other._name

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """Another name of `DTypePolicy`, found in older files."""


_global = {"policy": None}


def dtype_policy():
    """The policy of layers that are given none: `floatx`'s unless it was set."""
    return _global["policy"] or DTypePolicy(config.floatx())


def set_dtype_policy(policy):
    """Sets the policy of layers that are given none.

    Args:
        policy: a policy, its name or its configuration.

    Raises:
        ValueError: if it is none of these.
    """
    from ckeras import dtype_policies

    if not isinstance(policy, (DTypePolicy, str, dict)):
        raise ValueError(
            "Invalid `policy` argument. Expected the name of a dtype policy (such as "
            f"'float32') or a `DTypePolicy`. Received: policy={policy} "
            f"(of type {type(policy)})"
        )
    _global["policy"] = dtype_policies.get(policy)


def reset_dtype_policy():
    """Lets the policy follow `floatx` again."""
    _global["policy"] = None
