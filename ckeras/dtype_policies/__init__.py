"""Which number types layers compute in and keep their weights in."""

from ckeras.dtype_policies.dtype_policy import (
    DTypePolicy,
    FloatDTypePolicy,
    dtype_policy,
)
from ckeras.dtype_policies.dtype_policy import set_dtype_policy as set_dtype_policy
from ckeras.dtype_policies.lookup import deserialize, get, serialize

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "deserialize",
    "get",
    "serialize",
]
