"""Every op of empty arrays and of arrays without axes, against Keras.

The calls are those of `reference/ops/op_empty.py`.
"""

import json
import math
import pathlib

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from tests.ops.against_keras.empty_differences import DIFFERENT
from tests.reference.ops.op_empty import empty_calls

STORED = np.load(
    pathlib.Path(__file__).parents[2] / "reference" / "ops" / "op_empty.npz"
)
FACTS = json.loads(str(STORED["facts"]))
CALLS = dict(empty_calls())
NAMES = sorted({name for name, _, _ in CALLS.values()})


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
        if dtype not in (r.dtype.name, r.dtype.name.replace("64", "32")):
            return f"type {r.dtype}; Keras: {dtype}"
        found = r.astype("complex64").ravel()
        if not np.allclose(found, expected, 2e-4, 2e-5, equal_nan=True):
            return f"values {found[:6]}; Keras: {expected[:6]}"
    return None


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:You are using a softmax")
@pytest.mark.parametrize("name", NAMES)
def test_as_keras(name):
    wrong = {}
    for key, call in CALLS.items():
        if call[0] != name:
            continue
        found = difference(key, outcome(*call))
        if (found is None) == (key in DIFFERENT):
            wrong[key] = found or "as Keras has it, yet listed as different"
    assert not wrong
