"""Ops on arrays of every kind of shape, against what Keras returned or refused.

The calls are those of `reference/ops/op_shapes.py`: empty arrays, one element, no axes,
odd sizes, axes that broadcast or do not exist.
"""

import json
import math
import pathlib

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function
from tests.ops.against_keras.shape_differences import DIFFERENT
from tests.reference.ops.op_shapes import shape_calls

STORED = np.load(
    pathlib.Path(__file__).parents[2] / "reference" / "ops" / "op_shapes.npz"
)
FACTS = json.loads(str(STORED["facts"]))
CALLS = dict(shape_calls())
NAMES = sorted({name for name, _, _ in CALLS.values()})
# Their numbers decide about shapes.
CONCRETE = {"nonzero", "unique", "bincount"}


def stored_values():
    """The flat values of every result, by the call's key."""
    values, start, found = STORED["values"], 0, {}
    for key, facts in FACTS.items():
        found[key] = []
        for _, shape in facts if isinstance(facts, list) else ():
            size = math.prod(shape)
            found[key].append(values[start : start + size])
            start += size
    return found


VALUES = stored_values()


def outcome(name, args, kwargs):
    """The op's results as arrays, or the error that it raises."""
    try:
        results = tree.flatten(getattr(ops, name)(*args, **kwargs))
    except (ValueError, TypeError, IndexError) as error:
        return error
    return [np.asarray(r) for r in results]


def difference(key, results):
    """What is not as Keras has it; None if nothing."""
    facts = FACTS[key]
    if isinstance(facts, str) or isinstance(results, Exception):
        refused = isinstance(results, Exception)
        if isinstance(facts, str) and refused:
            return None
        return f"ours: {results if refused else [r.shape for r in results]}; {facts}"
    found = [[r.dtype.name, list(r.shape)] for r in results]
    if [f[1] for f in found] != [f[1] for f in facts]:
        return f"shapes and types {found}; Keras: {facts}"
    for r, (dtype, _), expected in zip(results, facts, VALUES[key], strict=True):
        if r.dtype.name.replace("64", "32") != dtype:
            return f"type {r.dtype}; Keras: {dtype}"
        found = r.astype("float32").ravel()
        if not np.allclose(found, expected, 2e-4, 2e-5, equal_nan=True):
            return f"values {found[:6]}; Keras: {expected[:6]}"
    return None


def keys_of(name):
    return [key for key, call in CALLS.items() if call[0] == name]


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("name", NAMES)
def test_as_keras(name):
    wrong = {}
    for key in keys_of(name):
        found = difference(key, outcome(*CALLS[key]))
        if (found is None) == (key in DIFFERENT):
            wrong[key] = found or "as Keras has it, yet listed as different"
    assert not wrong


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("name", sorted(set(NAMES) - CONCRETE))
def test_compiled_and_strided(name):
    for key in keys_of(name):
        _, args, kwargs = CALLS[key]
        expected = outcome(name, args, kwargs)
        places = [i for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        if isinstance(expected, Exception) or not places or name.endswith("split"):
            continue
        arrays = [args[i] for i in places]

        def call(*values, args=args, kwargs=kwargs, places=places):
            new = list(args)
            for i, value in zip(places, values, strict=True):
                new[i] = value
            return getattr(ops, name)(*new, **kwargs)

        # Every second element along each axis of an array twice as large.
        wide = [np.repeat(a, 2, -1)[..., ::2] if a.ndim else a for a in arrays]
        index = name in ("repeat", "quantile", "segment_sum", "segment_max")
        for results in [
            tree.flatten(function(call)(*arrays)) if not index else expected,
            tree.flatten(call(*wide)),
        ]:
            for found, e in zip(results, expected, strict=True):
                found = np.asarray(found)
                assert (found.dtype, found.shape) == (e.dtype, e.shape), key
                np.testing.assert_allclose(found, e, 1e-5, 1e-6, err_msg=key)
