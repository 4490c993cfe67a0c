"""Policies by the paths of layers."""

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.dtype_policies import DTypePolicy, DTypePolicyMap


def _example():
    policies = DTypePolicyMap("float32")
    policies["encoder/first"] = "bfloat16"
    policies["encoder/.*"] = DTypePolicy("float16")
    return policies


def test_paths_and_patterns():
    policies = _example()
    assert policies["encoder/first"].name == "bfloat16"
    assert policies["encoder/second"].name == "float16"
    assert policies["encoder"].name == policies["decoder/first"].name == "float32"
    assert len(policies) == 2 and list(policies) == ["encoder/first", "encoder/.*"]
    assert "encoder/.*" in policies and "encoder/second" not in policies
    assert policies.name == "map_float32" and policies.compute_dtype == "float32"
    policies["encoder/s.*"] = "float64"
    with pytest.raises(ValueError, match="matches multiple dtype policy"):
        policies["encoder/second"]
    del policies["encoder/s.*"]
    with pytest.raises(KeyError):
        del policies["encoder/second"]


def test_bad_arguments():
    with pytest.raises(ValueError, match="cannot be a `DTypePolicyMap`"):
        DTypePolicyMap(DTypePolicyMap())
    with pytest.raises(TypeError, match="must be a dict"):
        DTypePolicyMap(policy_map=[])
    policies = _example()
    with pytest.raises(ValueError, match="already exist"):
        policies["encoder/.*"] = "float32"
    with pytest.raises(ValueError, match="Cannot interpret the assigned value"):
        policies["other"] = 3


def test_configuration():
    policies = _example()
    config = ckeras.dtype_policies.serialize(policies)
    loaded = ckeras.dtype_policies.deserialize(config)
    assert loaded.default_policy.name == "float32"
    assert {k: p.name for k, p in loaded.items()} == {
        "encoder/first": "bfloat16",
        "encoder/.*": "float16",
    }
    # Without a default all follow the global policy, as in Keras.
    free = DTypePolicyMap(policy_map={"a": DTypePolicy("float16")})
    loaded = DTypePolicyMap.from_config(free.get_config())
    assert loaded["a"].name == "float32"
    assert free["a"].name == "float16"


def test_as_the_type_of_a_layer():
    policies = DTypePolicyMap("float32", {"net/half": DTypePolicy("mixed_bfloat16")})
    inputs = layers.Input((3,))
    with ckeras.name_scope("net"):
        half = layers.Dense(2, dtype=policies, name="half")
        full = layers.Dense(2, dtype=policies, name="full")
        outputs = half(inputs), full(inputs)
    assert [y.dtype for y in outputs] == ["bfloat16", "float32"]
    assert half.path == "net/half" and half.compute_dtype == "bfloat16"
    assert half.kernel.dtype == "float32"
    half.dtype_policy = "mixed_float16"
    assert policies["net/half"].name == "mixed_float16"
    assert half(np.ones((1, 3), "float32")).dtype == "float16"
    again = layers.Dense.from_config(full.get_config())
    assert isinstance(again.dtype_policy, DTypePolicyMap)
    assert again.dtype_policy["net/half"].name == "mixed_float16"
