"""Ops against what Keras returned for the same calls (`reference/ops/make_ops.py`)."""

import json
import pathlib

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from tests.reference.ops.op_calls import CALLS
from tests.reference.ops.op_types import type_calls

STORED = np.load(pathlib.Path(__file__).parents[2] / "reference" / "ops" / "ops.npz")
TYPES = json.loads(str(STORED["types"]))
TYPE_CALLS = dict(type_calls())
# Keras's own result is less exact here (float32 throughout, or an approximation).
TOLERANCE = {"erfinv": 1e-4, "lu_factor": 1e-4, "logdet": 1e-4}


def stored_keys():
    return [key for key in CALLS if f"{key}.0" in STORED]


def as_keras_sees_it(x):
    """A call's argument with the types that Keras's JAX back end stores."""
    if isinstance(x, np.ndarray) and x.dtype == np.int64:
        return x.astype("int32")
    return x


@pytest.mark.parametrize("key", stored_keys())
def test_value(key):
    name, args, kwargs = CALLS[key]
    args, kwargs = tree.map_structure(as_keras_sees_it, (args, kwargs))
    results = tree.flatten(getattr(ops, name)(*args, **kwargs))
    tolerance = TOLERANCE.get(name, 2e-5)
    for i, result in enumerate(results):
        expected = STORED[f"{key}.{i}"]
        result = np.asarray(result)
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)
    assert f"{key}.{len(results)}" not in STORED


@pytest.mark.parametrize("name", sorted({name for name, _ in TYPE_CALLS.values()}))
def test_result_types(name):
    wrong = {}
    for key, (op_name, args) in TYPE_CALLS.items():
        if op_name != name or TYPES[key].startswith("error"):
            continue
        dtype = getattr(ops, name)(*args).dtype
        # JAX by default has no 64-bit types: int32 and uint32 meet in int32 there.
        dtype = {"int64": "int32"}.get(dtype, dtype)
        if dtype != TYPES[key]:
            wrong[key] = (dtype, TYPES[key])
    assert not wrong, f"(ours, Keras's): {wrong}"
