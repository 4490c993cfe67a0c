"""Every op with every number type, against what Keras returned or refused.

The calls are those of `reference/ops/op_values.py`. Where no axis, order or value
decides about an op's result alone (signs of singular vectors), the calls leave it out.
"""

import json
import math

import numpy as np
import pytest

from ckeras.engine.values.dtypes import real_type
from tests.ops.against_keras.stored import REFERENCE, outcome
from tests.ops.against_keras.value_differences import DIFFERENT
from tests.reference.ops.op_values import HALVES, as_type, value_calls

STORED = np.load(REFERENCE / "op_values.npz")
FACTS = json.loads(str(STORED["facts"]))
CALLS = dict(value_calls())
NAMES = sorted({name for name, _, _ in CALLS.values()})
# Their vectors are the same but for a sign, or a factor of size 1.
UP_TO_SIGN = {"eig", "eigh", "qr"}
# A few units in the last place, for types that keep that few.
TOLERANCE = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-5, "float64": 1e-12}


def stored_values():
    """The arrays of every result, by the call's key."""
    raw, start, found = STORED["values"].tobytes(), 0, {}
    for key, facts in FACTS.items():
        found[key] = []
        for dtype, shape in facts if isinstance(facts, list) else ():
            wanted = as_type(np.zeros(0), dtype).dtype
            count = math.prod(shape)
            array = np.frombuffer(raw, wanted, count, start)
            start += count * wanted.itemsize
            found[key].append(array.reshape(shape))
    return found


VALUES = stored_values()


def settled(dtype, given):
    """A type's name; its 32-bit relative if 64 bits of its kind did not come in.

    With 64-bit types JAX makes float64 of integers and counts in int64.
    """
    if dtype in ("int64", "uint64") and not given.endswith("int64"):
        return dtype.replace("64", "32")
    if dtype in ("float64", "complex128") and given not in ("float64", "complex128"):
        return {"float64": "float32", "complex128": "complex64"}[dtype]
    return dtype


def difference(key, results):
    """What is not as Keras has it; None if nothing."""
    facts = FACTS[key]
    if isinstance(facts, str) or isinstance(results, Exception):
        refused = isinstance(results, Exception)
        if isinstance(facts, str) and refused:
            return None
        return f"ours: {results if refused else results[0].dtype}; Keras: {facts}"
    given = key.rpartition(":")[2]
    found = [[settled(r.dtype.name, given), list(r.shape)] for r in results]
    if found != [[settled(dtype, given), shape] for dtype, shape in facts]:
        return f"types and shapes {found}; Keras: {facts}"
    for result, expected in zip(results, VALUES[key], strict=True):
        exact = real_type(result.dtype.name) not in TOLERANCE
        room = 0 if exact else TOLERANCE[real_type(result.dtype.name)]
        if not exact and given in HALVES:
            room = TOLERANCE[given]
        wide = "complex128" if result.dtype.kind == "c" else "float64"
        a, b = result.astype(wide), expected.astype(wide)
        if key.partition("#")[0] in UP_TO_SIGN:
            a, b = np.abs(a), np.abs(b)
        if not np.allclose(a, b, room, room, equal_nan=True):
            wrong = ~np.isclose(a, b, room, room, equal_nan=True)
            return f"values {a[wrong][:4]}; Keras: {b[wrong][:4]}"
    return None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
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
