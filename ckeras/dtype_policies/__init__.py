"""Which number types layers compute in and keep their weights in."""

from ckeras.dtype_policies.dtype_policy import DTypePolicy, FloatDTypePolicy
from ckeras.dtype_policies.dtype_policy_map import DTypePolicyMap
from ckeras.dtype_policies.lookup import deserialize, get, serialize

__all__ = [
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "deserialize",
    "get",
    "serialize",
]
