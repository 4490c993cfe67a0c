"""Policies by the paths of layers."""

import re
from collections.abc import MutableMapping

from ckeras.dtype_policies import lookup
from ckeras.dtype_policies.dtype_policy import DTypePolicy

__all__ = ["DTypePolicyMap"]


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """A mapping from the paths of layers to policies, which may itself be a `dtype`.

    A key is a path, or a regular expression that matches whole paths; a path that
    stands in the map itself comes first.

    Args:
        default_policy: policy of paths that no key matches; None for the global one
            at the time of use.
        policy_map: dict of policies by key.

    Raises:
        ValueError: if the default is a map itself.
        TypeError: if `policy_map` is no dict.

    Example:

    >>> policies = ckeras.dtype_policies.DTypePolicyMap("float32")
    >>> policies["encoder/.*"] = "bfloat16"
    >>> policies["encoder/dense"].name
    'bfloat16'
    """

    def __init__(self, default_policy=None, policy_map=None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                "If specified, `policy_map` must be a dict. "
                f"Received: policy_map={policy_map} of type {type(policy_map)}"
            )
        self._default_policy_arg = default_policy
        self._default_policy = lookup.get(default_policy)
        self._policy_map = policy_map or {}

    @property
    def name(self):
        return f"map_{self.default_policy.name}"

    @property
    def default_policy(self):
        """The policy of paths that no key matches."""
        return lookup.get(self._default_policy)

    @property
    def compute_dtype(self):
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self):
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self):
        return self.default_policy.quantization_mode

    def __getitem__(self, key):
        """The policy for a path.

        Raises:
            ValueError: if several keys match it.
        """
        if key in self._policy_map:
            return self._policy_map[key]
        matching = [k for k in self._policy_map if re.fullmatch(k, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Path '{key}' matches multiple dtype policy specification keys: "
                f"{matching}. Please make sure each path only matches at most one "
                "dtype policy specification key in the DTypePolicyMap."
            )
        return self._policy_map[matching[0]] if matching else self.default_policy

    def __setitem__(self, key, policy):
        """Adds a policy.

        Raises:
            ValueError: if the key is there already, or `policy` stands for none.
        """
        if key in self._policy_map:
            raise ValueError(
                f"{key} already exist in the DTypePolicyMap with value "
                f"{self._policy_map[key]}. Please make sure to not use duplicated keys."
            )
        try:
            self._policy_map[key] = lookup.get(policy)
        except Exception:
            raise ValueError(
                "Cannot interpret the assigned value by `keras.dtype_policies.get`. "
                f"Received: {policy} of type {type(policy)}"
            ) from None

    def __delitem__(self, key):
        del self._policy_map[key]

    def __contains__(self, key):
        return key in self._policy_map

    def __iter__(self):
        return iter(self._policy_map)

    def __len__(self):
        return len(self._policy_map)

    # Mappings are equal where their items are; policies are told apart by identity.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        policies = serialize_keras_object(self._policy_map)
        if self._default_policy_arg is None:
            # As in Keras: what is loaded follows the global policy of that time.
            for policy in policies.values():
                if policy["class_name"] in ("DTypePolicy", "FloatDTypePolicy"):
                    policy["config"]["name"] = None
        return {"default_policy": self._default_policy_arg, "policy_map": policies}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        policies = deserialize_keras_object(
            config["policy_map"], custom_objects=custom_objects
        )
        return cls(**{**config, "policy_map": policies})

    def __repr__(self):
        mapping = [(key, policy.name) for key, policy in self._policy_map.items()]
        return (
            f"<DTypePolicyMap at {hex(id(self))} "
            f"default_policy={self._default_policy.name}, mapping={mapping}>"
        )
