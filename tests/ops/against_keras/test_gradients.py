"""Gradients of every op against those of Keras on JAX.

The calls are those of `reference/ops/op_gradients.py`.
"""

import json
import pathlib

import numpy as np
import pytest

from ckeras import GradientTape, ops
from ckeras.engine import tree
from ckeras.engine.function import function
from tests.reference.ops.op_gradients import gradient_calls, weights

STORED = np.load(
    pathlib.Path(__file__).parents[2] / "reference" / "ops" / "op_gradients.npz"
)
FACTS = json.loads(str(STORED["facts"]))
CALLS = {key: (call, arrays) for key, call, arrays in gradient_calls()}
KEYS = [key for key in CALLS if not isinstance(FACTS[key], str)]
# Keras's sparsemax does not add up to 1.
DIFFERENT = {"sparsemax#0"}
# Numbers decide about the shapes of their results.
CONCRETE = {"nonzero#0", "unique#0"}


def gradients(call, arrays):
    """A function of the call's arrays that returns the gradients of the floats."""
    floats = [i for i, x in enumerate(arrays) if x.dtype == np.float32]

    def all_gradients(*values):
        sources = [values[i] for i in floats]
        with GradientTape() as tape:
            tape.watch(sources)
            results = tree.flatten(call(ops, *values))
        results = [r for r in results if "float" in getattr(r, "dtype", "")]
        upstream = [
            ops.cast(weights(i, tuple(r.shape)), r.dtype) for i, r in enumerate(results)
        ]
        return tape.gradient(results, sources, upstream, unconnected_gradients="zero")

    return all_gradients


@pytest.mark.parametrize("key", [k for k in KEYS if k not in DIFFERENT])
def test_as_keras(key):
    call, arrays = CALLS[key]
    found = gradients(call, arrays)
    ways = [found(*[ops.convert_to_tensor(x) for x in arrays])]
    if key not in CONCRETE:
        ways.append(function(found)(*arrays))
    for way in ways:
        for i, gradient in enumerate(way):
            expected = STORED[f"{key}/{i}"]
            scale = max(1.0, np.nanmax(np.abs(expected), initial=0))
            np.testing.assert_allclose(gradient, expected, rtol=2e-4, atol=2e-5 * scale)


def test_nearly_all_are_there():
    assert len(KEYS) >= 370
