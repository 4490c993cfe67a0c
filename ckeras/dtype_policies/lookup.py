"""Policies by name or configuration."""

from ckeras.dtype_policies.dtype_policy import (
    DTypePolicy,
    FloatDTypePolicy,
    dtype_policy,
)
from ckeras.engine.values.dtypes import standardize_dtype

__all__ = ["deserialize", "get", "serialize"]


def serialize(dtype_policy):
    """The configuration of a policy."""
    from ckeras.saving.serialization import serialize_keras_object

    return serialize_keras_object(dtype_policy)


def deserialize(config, custom_objects=None):
    """The policy that a configuration describes."""
    from ckeras.dtype_policies.dtype_policy_map import DTypePolicyMap
    from ckeras.saving.serialization import deserialize_keras_object

    return deserialize_keras_object(
        config,
        module_objects={
            c.__name__: c for c in (DTypePolicy, FloatDTypePolicy, DTypePolicyMap)
        },
        custom_objects=custom_objects,
    )


def get(identifier):
    """The policy that `identifier` stands for.

    Args:
        identifier: None for the global policy, a type's name, a policy, or a
            policy's configuration.

    Raises:
        ValueError: if it stands for no policy.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(standardize_dtype(identifier))
    except (ValueError, TypeError):
        raise ValueError(
            "Cannot interpret `dtype` argument. Expected a string or an instance of "
            f"DTypePolicy. Received: dtype={identifier}"
        ) from None
